package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Queries runs statements inside a transaction. Statements are prepared once per connection and kept, so their text
// must not carry values. A Queries is good only until the function it was handed to returns, and for one goroutine.
//
// A statement whose context ends is interrupted, except between two rows of a Query: a scan that may take long
// needs a bound of its own in its text.
type Queries interface {
	Exec(ctx context.Context, query string, args ...any) (sql.Result, error)
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) *sql.Row
}

// longestRead is how long a Read may take: as long as it runs, the WAL cannot be given back.
const longestRead = time.Minute

// Read runs f in one consistent snapshot. Several run at once, and none waits for the writer. Read ends f's context
// after a minute. It may be called within Write, and does not see what that has written.
func (db *DB) Read(ctx context.Context, f func(ctx context.Context, q Queries) error) error {
	if inside(ctx, db)&isReading != 0 {
		return errNested()
	}
	ctx, cancel := context.WithTimeout(ctx, longestRead)
	defer cancel()
	defer context.AfterFunc(db.ended, cancel)()
	return db.with(ctx, db.reading, readerSetup(), func(c *connection) (bool, error) {
		return db.run(ctx, ctx, c, "BEGIN", func(ctx context.Context, q Queries) error {
			return f(mark(ctx, db, isReading), q)
		})
	})
}

// Write runs f in a transaction that is committed when f returns nil, and undone otherwise. One runs at a time; the
// lock of another process is waited for until ctx ends, 30 s where ctx has no deadline, and then the error is a fault
// of kind Unavailable. Neither Write nor Read may be called within it with its context, except Read.
func (db *DB) Write(ctx context.Context, f func(ctx context.Context, q Queries) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(db.ended, cancel)()
	return db.write(ctx, ctx, normal, f)
}

// durability is how sure a commit is when the machine loses power.
type durability bool

const (
	normal durability = false
	sure   durability = true // on the disk before Write returns
)

// write is Write with a context for waiting and another for f, which may do without an end: the driver starts a
// goroutine for each statement whose context can end, and that is a third of the cost of a small insert.
func (db *DB) write(wait, ctx context.Context, d durability, f func(ctx context.Context, q Queries) error) error {
	if inside(wait, db) != 0 {
		return errNested()
	}
	return db.with(wait, db.writer, writerSetup(), func(c *connection) (healthy bool, err error) {
		if d == sure {
			if err := c.configure(wait, "PRAGMA synchronous = FULL"); err != nil {
				return false, err
			}
			defer func() {
				back := c.configure(context.WithoutCancel(wait), "PRAGMA synchronous = NORMAL")
				healthy = healthy && back == nil
			}()
		}
		healthy, err = db.run(wait, ctx, c, "BEGIN IMMEDIATE", func(ctx context.Context, q Queries) error {
			return f(mark(ctx, db, isWriting), q)
		})
		if err == nil {
			db.recover(ctx)
		}
		return healthy, err
	})
}

// with hands f the connection of a slot. A connection that f calls unhealthy is closed, and opened anew the next time.
func (db *DB) with(
	ctx context.Context, slots chan *connection, setup []string, f func(*connection) (healthy bool, err error),
) (err error) {
	c, err := db.take(ctx, slots, setup)
	if err != nil {
		db.suffer(ctx, err)
		return db.explain(err)
	}
	healthy := false // also when f panics: what state the connection is in is not known then
	defer func() {
		if !healthy {
			err = errors.Join(err, c.close())
			c = nil
		}
		slots <- c
	}()
	healthy, err = f(c)
	db.suffer(ctx, err)
	return db.explain(err)
}

// run runs f between begin and COMMIT.
func (db *DB) run(
	wait, ctx context.Context, c *connection, begin string, f func(ctx context.Context, q Queries) error,
) (healthy bool, err error) {
	if err := db.begin(wait, c, begin); err != nil {
		return causeOf(err) == locked, err
	}
	err = f(ctx, c)
	c.finish()
	// Not with ctx: a transaction is to be ended whatever happens.
	always := context.Background()
	if err == nil {
		if _, err = c.Exec(always, "COMMIT"); err == nil {
			return true, nil
		}
		err = fmt.Errorf("committing: %w", err)
	}
	// After some errors SQLite has undone the transaction already, and says that there is none. The connection is
	// opened anew then, as after everything else that is not an everyday error.
	_, undo := c.Exec(always, "ROLLBACK")
	return undo == nil && (causeOf(err) == unknown || causeOf(err) == refused), err
}

// begin begins a transaction and waits for the lock of another process within the context.
func (db *DB) begin(ctx context.Context, c *connection, begin string) error {
	for {
		_, err := c.Exec(ctx, begin)
		if err == nil {
			return nil
		}
		if _, bounded := ctx.Deadline(); bounded && causeOf(err) == locked && ctx.Err() == nil {
			continue // lockWait is over, the caller's time is not
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		// The lock is the only thing that a BEGIN waits for.
		return fmt.Errorf("%w: %w", errLocked, err)
	}
}

// where says in which transactions of a DB a context is.
type where uint8

const (
	isReading where = 1 << iota
	isWriting
)

type whereKey struct{ db *DB }

func inside(ctx context.Context, db *DB) where {
	w, _ := ctx.Value(whereKey{db}).(where)
	return w
}

func mark(ctx context.Context, db *DB, w where) context.Context {
	return context.WithValue(ctx, whereKey{db}, inside(ctx, db)|w)
}

// errNested is for a transaction begun within another: it would wait for itself, at the latest when all connections
// are in use.
func errNested() error {
	return fault.New(fault.Internal, "a transaction was begun inside another").Hint("this is a defect of BunkerM; report it")
}

// WriteSurely is Write, and what it has committed is on the disk when it returns: a person has decided it, and it is to
// survive a power cut. It costs a sync of the file.
func (db *DB) WriteSurely(ctx context.Context, f func(ctx context.Context, q Queries) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(db.ended, cancel)()
	return db.write(ctx, ctx, sure, f)
}
