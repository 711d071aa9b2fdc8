package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// readers is how many reading transactions run at once. Each has a page cache of up to 2 MiB. More than there are cores
// would not be faster; a few more keep short reads from waiting behind a long one.
const readers = 4

// DB is an open database. Any number of goroutines may use it.
type DB struct {
	o      Options
	path   string // without symbolic links
	name   string // the last element of path, for people
	pool   *sql.DB
	broker int64

	// The connections, as slots: whoever has taken a slot may use the connection in it, and opens one where it is nil.
	writer  chan *connection
	reading chan *connection

	mu                    sync.Mutex
	batchers              []batcher
	kinds                 []*keeping
	running               atomic.Bool // Run was called
	usedBytes, limitBytes int64

	shrunk   atomic.Bool // pages were given back: the file becomes smaller with the next checkpoint
	opened   atomic.Bool // Open has found the file to be good
	identity os.FileInfo // of the file that is open
	health   health
	paused   atomic.Bool // the disk is too full: the same as health.paused, to be asked for each batch
	space    atomic.Pointer[DiskSpace]

	closing  chan struct{} // closed when the DB is being closed
	closed   sync.Once
	closeErr error
	ended    context.Context // ends running transactions when Close cannot wait any longer
	end      context.CancelFunc
}

// Broker is the id of this broker's rows.
func (db *DB) Broker() int64 { return db.broker }

// newDB prepares the connections to the file at path; none is opened yet.
func newDB(path string, o Options) (*DB, error) {
	pool, err := newPool(path)
	if err != nil {
		return nil, err
	}
	db := &DB{
		o: o, path: path, name: filepath.Base(path), pool: pool,
		writer:  make(chan *connection, 1),
		reading: make(chan *connection, readers),
		closing: make(chan struct{}),
	}
	db.ended, db.end = context.WithCancel(context.Background())
	db.writer <- nil
	for range readers {
		db.reading <- nil
	}
	return db, nil
}

// writerSetup is how the writing connection is set up.
//
// synchronous NORMAL: a commit is in the operating system's hands, so nothing that was acknowledged is lost when we are
// killed; when the machine loses power the newest transactions can be missing, and the file is whole. FULL would cost a
// sync for each batch, five a second, on SD cards that do not like it. What a person has set is written with FULL.
// wal_autocheckpoint is a net below DB.Run, which moves the WAL into the file long before.
// journal_size_limit: what a WAL has grown to in a bad hour is given back.
func writerSetup() []string {
	return []string{
		busyTimeout(lockWait),
		"PRAGMA synchronous = NORMAL",
		"PRAGMA foreign_keys = ON",
		"PRAGMA trusted_schema = OFF",
		"PRAGMA cache_size = -8192",
		fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", autoCheckpointPages),
		fmt.Sprintf("PRAGMA journal_size_limit = %d", walKept),
	}
}

// readerSetup is how the reading connections are set up. query_only holds what Read promises. In WAL mode a reader
// waits for a lock only while another process recovers the WAL or has taken the file for itself.
func readerSetup() []string {
	return []string{
		"PRAGMA busy_timeout = 5000",
		"PRAGMA query_only = ON",
		"PRAGMA trusted_schema = OFF",
	}
}

// take gets a slot's connection.
func (db *DB) take(ctx context.Context, slots chan *connection, setup []string) (*connection, error) {
	select {
	case <-db.closing:
		return nil, errClosed()
	default:
	}
	var c *connection
	select {
	case c = <-slots:
	case <-ctx.Done():
		return nil, db.tooLate(ctx.Err(), "the database is busy", "try again in a moment")
	case <-db.closing:
		return nil, errClosed()
	}
	if c != nil {
		return c, nil
	}
	c, err := connect(ctx, db.pool, setup...)
	if err != nil {
		slots <- nil
		return nil, err
	}
	return c, nil
}

func errClosed() error {
	return fault.New(fault.Unavailable, "the database is closed").Hint("BunkerM is ending")
}

// Close ends the database. It waits until running transactions are done; when ctx ends before, they are interrupted.
// Batchers are to end before. Closing twice is no error.
func (db *DB) Close(ctx context.Context) error {
	db.closed.Do(func() { db.closeErr = db.shut(ctx) })
	return db.closeErr
}

// interrupted is how long transactions get to end after they were interrupted.
const interrupted = 5 * time.Second

func (db *DB) shut(ctx context.Context) error {
	close(db.closing)
	defer db.end()
	defer context.AfterFunc(ctx, db.end)()
	patience, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer context.AfterFunc(db.ended, func() { time.AfterFunc(interrupted, cancel) })()

	var errs []error
	// The readers first: the last connection moves the WAL into the file, and they would be in its way.
	errs = append(errs, closeSlots(patience, db.reading, readers), closeSlots(patience, db.writer, 1))
	if err := db.pool.Close(); err != nil {
		errs = append(errs, fmt.Errorf("closing the database: %w", err))
	}
	return errors.Join(errs...)
}

// closeSlots takes all n slots and closes their connections.
func closeSlots(ctx context.Context, slots chan *connection, n int) error {
	var errs []error
	for range n {
		select {
		case c := <-slots:
			if c != nil {
				errs = append(errs, c.close())
			}
		case <-ctx.Done():
			return errors.Join(append(errs, errors.New("closing the database: a transaction does not end"))...)
		}
	}
	return errors.Join(errs...)
}
