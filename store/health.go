package store

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// health is what is wrong with the database, if anything.
type health struct {
	mu      sync.Mutex
	trouble problem // with writing; ends when something could be written
	damage  problem // stays: a damaged file does not heal
	moved   problem // the file was removed or replaced
	paused  problem // the disk is too full
	watcher problem // the disk cannot be asked how full it is
	notice  string  // what people must know of how the database was opened
}

// problem is one thing that is wrong; the zero value is nothing.
type problem struct {
	message, hint string
	since         time.Time
}

func (p problem) exists() bool { return p.message != "" }

// set replaces a problem; one that goes on keeps its beginning. It reports whether it is a new one.
func (h *health) set(p *problem, message, hint string, now time.Time) (begins bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	begins = !p.exists()
	*p = problem{message: message, hint: hint, since: p.since}
	if begins {
		p.since = now
	}
	return begins
}

// clear ends a problem, and reports whether there was one.
func (h *health) clear(p *problem) (ended bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ended = p.exists()
	*p = problem{}
	return ended
}

// is reports whether a problem exists.
func (h *health) is(p *problem) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return p.exists()
}

// suffer remembers what an error says about the database itself; other errors say nothing.
func (db *DB) suffer(ctx context.Context, err error) {
	if err == nil || !db.opened.Load() {
		return
	}
	c := causeOf(err)
	message, hint := db.describe(c)
	switch {
	case message == "":
	case c != damaged:
		if db.health.set(&db.health.trouble, message, hint, db.o.Clock()) {
			db.o.Logger.WarnContext(ctx, "the database cannot be used now", "error", inOneLine(err))
		}
	case db.health.set(&db.health.damage, message, hint, db.o.Clock()):
		db.tell(ctx, "The database is damaged ("+inOneLine(err)+"). "+hint+".")
		db.suspect(ctx, err)
	}
}

// recover ends a trouble: something could be written.
func (db *DB) recover(ctx context.Context) {
	if db.health.clear(&db.health.trouble) {
		db.o.Logger.InfoContext(ctx, "the database can be used again")
	}
}

// tell says something that people must know.
func (db *DB) tell(ctx context.Context, sentence string) {
	db.o.Logger.ErrorContext(ctx, sentence)
	if db.o.Notice != nil {
		db.o.Notice(sentence)
	}
}

// suspectSuffix names the file that says that damage was met while we were running. At the next start it makes us look
// at the whole database, whatever its size.
const suspectSuffix = ".suspect"

func (db *DB) suspect(ctx context.Context, cause error) {
	if err := os.WriteFile(db.path+suspectSuffix, []byte(inOneLine(cause)+"\n"), 0o600); err != nil {
		db.o.Logger.WarnContext(ctx, "the damage cannot be noted for the next start", "error", err)
	}
}

// probe tries to write after a trouble, so that it ends also where nothing else is written. It takes room, as what
// failed did.
func (db *DB) probe(ctx context.Context) {
	if !db.health.is(&db.health.trouble) || !db.Recording() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, batchLockWait)
	defer cancel()
	err := db.Write(ctx, func(ctx context.Context, q Queries) error {
		_, err := q.Exec(ctx, "UPDATE brokers SET seen = $1 WHERE id = $2", db.o.Clock().UnixMilli(), db.broker)
		return err
	})
	if err != nil && !fault.Is(err, fault.Unavailable) && !errors.Is(err, context.Canceled) {
		db.o.Logger.WarnContext(ctx, "the database cannot be tried", "error", inOneLine(err))
	}
}

// watchFile looks whether the file at our path is still the one that is open. SQLite would go on with a file that
// nobody finds any more.
func (db *DB) watchFile(ctx context.Context) {
	now, err := os.Stat(db.path)
	if err == nil && os.SameFile(now, db.identity) {
		if db.health.clear(&db.health.moved) {
			db.o.Logger.InfoContext(ctx, "the database file is back")
		}
		return
	}
	if db.health.set(&db.health.moved, "the database file was removed or replaced while it was in use",
		"put "+db.name+" back, or restart BunkerM to begin a new one: what is recorded now is lost with the old file",
		db.o.Clock()) {
		db.o.Logger.ErrorContext(ctx, "the database file was removed or replaced while it was in use", "file", db.path)
	}
}
