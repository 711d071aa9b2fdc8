package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Snapshot writes the database as it is at one moment to a new file, which others can open as a database. Writers go on
// meanwhile. It takes as much room as the database uses, and 0.3 s for 90 MB that are in the page cache (measured).
func (db *DB) Snapshot(ctx context.Context, to string) error {
	if err := Snapshot(ctx, db.path, to); err != nil {
		return db.explain(err)
	}
	return nil
}

// Snapshot is DB.Snapshot of a file that nobody has to have open. Nothing is migrated or mended. The error wraps fs.ErrNotExist
// where there is no such file.
func Snapshot(ctx context.Context, path, to string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	if err := create(to); err != nil { // SQLite would give it a mode that lets others read
		return fmt.Errorf("copying the database: %w", err)
	}
	defer func() {
		if err != nil {
			if gone := os.Remove(to); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}()
	if err := once(ctx, path, "VACUUM INTO $1", to); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	// The journal mode stands in the file, is not copied, and Open chooses it for new files alone.
	if err := once(ctx, to, "PRAGMA journal_mode = WAL"); err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	return nil
}

// Vacuum writes the database anew, so that nothing that was deleted or overwritten is left in its file. Nobody may have it open. It takes
// as much room as the database uses, twice, and leaves the file as it was when there is not enough.
func Vacuum(ctx context.Context, path string) error {
	if err := once(ctx, path, "VACUUM"); err != nil {
		return fmt.Errorf("writing the database anew: %w", err)
	}
	return nil
}

// once runs one statement on a connection of its own.
func once(ctx context.Context, path, statement string, args ...any) (err error) {
	pool, err := newPool(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	c, err := connect(ctx, pool, busyTimeout(lockWait))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	_, err = c.conn.ExecContext(ctx, statement, args...)
	return err
}
