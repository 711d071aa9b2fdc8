package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Beside the database lie its WAL and the shared memory that goes with it.
const (
	walSuffix = "-wal"
	shmSuffix = "-shm"
)

// applicationID stands in the header of our databases ("BkrM"): what lacks it belongs to somebody else.
const applicationID = 0x426b724d

const (
	// wholeCheck is up to which size the structure of the whole file is checked at each start. PRAGMA quick_check reads
	// all of it: 0.25 s for 100 MiB that are in the page cache (measured), which is 40 ms for these 16 MiB, and most of a
	// second from an SD card of 20 MiB/s. Of larger files both ends of each table are read, a few pages each, which is what a file that
	// was cut off or overwritten from its beginning does not survive.
	wholeCheck = 16 << 20
	// suspectWait bounds the check of a database in which damage was met before. It takes 3 s for 100 MiB.
	suspectWait = time.Minute
)

// inspect looks at what the file is, and whether it is whole as far as that can be seen cheaply.
func (db *DB) inspect(ctx context.Context) error {
	err := db.with(ctx, db.writer, writerSetup(), func(c *connection) (bool, error) {
		defer c.finish()
		err := db.inspectWith(ctx, c)
		return err == nil, err
	})
	if err == nil {
		db.identity, err = os.Stat(db.path)
	}
	return err
}

func (db *DB) inspectWith(ctx context.Context, c *connection) error {
	var id, tables int64
	err := c.QueryRow(ctx, "PRAGMA application_id").Scan(&id)
	if err == nil {
		err = c.QueryRow(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables)
	}
	if err != nil {
		return fmt.Errorf("reading what %s is: %w", db.name, err)
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return fault.Newf(fault.Conflict, "%s is the database of another program", db.name).
			Hint("move the file away, or name another one")
	}
	for _, suffix := range []string{"", walSuffix, shmSuffix} {
		if err := os.Chmod(db.path+suffix, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			return unusableFile(db.path, err)
		}
	}
	if id != applicationID {
		return initialize(ctx, c)
	}
	return db.checkWhole(ctx, c)
}

// initialize makes a database of an empty file. The order matters: auto_vacuum has to be chosen before anything is
// written, and the application id comes last, because it says that the rest is done.
func initialize(ctx context.Context, c *connection) error {
	for _, pragma := range []string{
		"PRAGMA auto_vacuum = INCREMENTAL", // deleted rows give their room back in small steps
		"PRAGMA journal_mode = WAL",
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
	} {
		if err := c.configure(ctx, pragma); err != nil {
			return err
		}
	}
	return nil
}

// checkWhole looks for damage: at everything where the file is small or damage was met before, else at the edges.
func (db *DB) checkWhole(ctx context.Context, c *connection) error {
	info, err := os.Stat(db.path)
	if err != nil {
		return unusableFile(db.path, err)
	}
	suspected, err := os.ReadFile(db.path + suspectSuffix)
	if err == nil {
		return db.checkSuspect(ctx, c, strings.TrimSpace(string(suspected)))
	}
	if info.Size() <= wholeCheck {
		return check(ctx, c, "PRAGMA quick_check(1)")
	}
	return checkEdges(ctx, c)
}

// checkSuspect looks at everything, indexes too. Where that takes too long SQLite's word from before stands.
func (db *DB) checkSuspect(ctx context.Context, c *connection, before string) error {
	db.o.Logger.WarnContext(ctx, "the database is checked, because damage was met in it", "error", before)
	ctx, cancel := context.WithTimeout(ctx, suspectWait)
	defer cancel()
	err := check(ctx, c, "PRAGMA integrity_check(1)")
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %s", errDamaged, before)
	}
	if err != nil {
		return err
	}
	if err := os.Remove(db.path + suspectSuffix); err != nil {
		return unusableFile(db.path, err)
	}
	return nil
}

// check runs one of SQLite's own checks.
func check(ctx context.Context, c *connection, pragma string) error {
	var found string
	if err := c.QueryRow(ctx, pragma).Scan(&found); err != nil {
		return fmt.Errorf("checking the database: %w", err)
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, found)
	}
	return nil
}

// checkEdges reads the first and the last row of each table.
func checkEdges(ctx context.Context, c *connection) error {
	rows, err := c.Query(ctx, "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")
	if err != nil {
		return fmt.Errorf("reading the tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return fmt.Errorf("reading the tables: %w", err)
		}
		quoted := `"` + strings.ReplaceAll(table, `"`, `""`) + `"`
		var first, last any
		// In one SELECT without parts, min and max together would read the whole table.
		query := "SELECT (SELECT min(rowid) FROM " + quoted + "), (SELECT max(rowid) FROM " + quoted + ")"
		err := c.conn.QueryRowContext(ctx, query).Scan(&first, &last)
		if causeOf(err) != unknown { // a table without rowids is no damage
			return fmt.Errorf("reading the table %s: %w", table, err)
		}
	}
	return rows.Err()
}
