package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// applicationID stands in the header of our databases ("BkrM"): what lacks it belongs to somebody else.
const applicationID = 0x426b724d

// Open opens the database at o.Path, or begins a new one where there is none, and brings its tables to the newest form.
// A file that is no database, or a damaged one, is set aside and a new one begun: Options.Notice and Status.Notice
// say so. The database of another program, and one of a newer version of ours, is a fault of kind Conflict; a lock that
// does not pass within ctx, a full disk and missing permissions are faults of kind Unavailable.
func Open(ctx context.Context, o Options) (*DB, error) {
	o = o.withDefaults()
	migrations := slices.Concat(ownMigrations(), o.Migrations)
	if err := checkMigrations(migrations); err != nil {
		return nil, err
	}
	db, err := openFile(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := db.enter(ctx, migrations); err != nil {
		return nil, errors.Join(err, db.Close(ctx))
	}
	return db, nil
}

// enter brings an open file to where it can be used.
func (db *DB) enter(ctx context.Context, migrations []Migration) error {
	if err := db.migrate(ctx, migrations); err != nil {
		return err
	}
	var err error
	db.broker, err = db.enterBroker(ctx)
	return err
}

// enterBroker finds the id of the broker, or gives it one. Where it has one nothing is written, so that a database can
// be opened and read while the disk is full.
func (db *DB) enterBroker(ctx context.Context) (id int64, err error) {
	err = db.Read(ctx, func(ctx context.Context, q Queries) error {
		return q.QueryRow(ctx, "SELECT id FROM brokers WHERE name = $1", db.o.Broker).Scan(&id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		now := db.o.Clock().UnixMilli()
		err = db.write(ctx, ctx, sure, func(ctx context.Context, q Queries) error {
			return q.QueryRow(ctx, `INSERT INTO brokers (name, created, seen) VALUES ($1, $2, $2)
ON CONFLICT (name) DO UPDATE SET seen = excluded.seen RETURNING id`, db.o.Broker, now).Scan(&id)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("finding the broker %q in the database: %w", db.o.Broker, err)
	}
	return id, nil
}

// initialize makes a database of an empty file. The order matters: auto_vacuum has to be chosen before anything is
// written, and the application id comes last, because it says that the rest is done.
func initialize(ctx context.Context, c *connection) error {
	for _, pragma := range []string{
		"PRAGMA auto_vacuum = INCREMENTAL", // deleted rows give their room back in small steps
		"PRAGMA journal_mode = WAL",
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
	} {
		if _, err := c.Exec(ctx, pragma); err != nil {
			return fmt.Errorf("beginning the database (%s): %w", pragma, err)
		}
	}
	return nil
}

// conflict is a file that we must not touch.
func conflict(format string, args ...any) *fault.Error {
	return fault.Newf(fault.Conflict, format, args...).
		Hint("move the file away, or name another one")
}

// stamp is the time in the name of a file that was set aside.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
