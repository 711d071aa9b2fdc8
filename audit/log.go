package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// Options are what a Log needs. Store is required.
type Options struct {
	Store  *store.DB
	Logger *slog.Logger
	Clock  func() time.Time // time.Now when nil
	// File gets the same entries as JSON lines, mode 0600; none when empty. It may be renamed away at any time.
	File string
	// Record keeps that the log itself was exported: who, and which part.
	Record func(ctx context.Context, action, object string, before, after any)
}

const (
	keptFor   = 400 * 24 * time.Hour
	mostQueue = 4096 // entries that wait to be written
	patience  = 2 * time.Second
	retry     = time.Second
)

// Log is the record. Its methods may be called by any number of goroutines.
type Log struct {
	o    Options
	log  *slog.Logger
	file *lines

	mu      sync.Mutex
	queue   []*waiting
	folds   map[fold]*folded
	wake    chan struct{}
	dropped int64
	trouble error

	lastID   int64  // only Run uses these two
	lastHash string // of the entry written last, "" before the first
}

// waiting is an entry on its way to the table.
type waiting struct {
	entry Entry
	done  chan struct{} // closed when it is written, or will be
}

// Open reads the end of the record. Entries are written while Run runs.
func Open(ctx context.Context, o Options) (*Log, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	l := &Log{o: o, log: o.Logger, folds: map[fold]*folded{}, wake: make(chan struct{}, 1)}
	if o.File != "" {
		l.file = &lines{path: o.File}
		if err := l.file.open(); err != nil {
			return nil, err
		}
	}
	err := o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		last, hash, err := lastOf(ctx, q, o.Store.Broker())
		l.lastID, l.lastHash = last, hash
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the audit: %w", err)
	}
	return l, nil
}

// Add keeps what was done. It returns when that is written, so that what was acknowledged is recorded; but an act that
// has happened cannot be undone by a full disk, so after two seconds it returns all the same, and the entry is written
// when that is possible again. before and after are encoded as JSON, with secrets masked.
func (l *Log) Add(ctx context.Context, e Entry, before, after any) {
	e.Before, e.After = view(before), view(after)
	done := l.put(e)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// put queues an entry. Texts that others choose are bounded.
func (l *Log) put(e Entry) <-chan struct{} {
	now := l.o.Clock().UTC().Truncate(time.Millisecond)
	if e.Time.IsZero() {
		e.Time = now
	}
	e.Time = e.Time.UTC().Truncate(time.Millisecond)
	e.Count = max(e.Count, 1)
	if e.Outcome == "" {
		e.Outcome = Done
	}
	e.Actor, e.Object, e.Action = bounded(e.Actor), bounded(e.Object), bounded(e.Action)
	w := &waiting{entry: e, done: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= mostQueue {
		l.dropped++
		close(w.done)
		return w.done
	}
	l.queue = append(l.queue, w)
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return w.done
}

// bounded shortens a text to 1 KiB at the end of a character, and makes it valid UTF-8.
func bounded(text string) string {
	const most = 1 << 10
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Run writes entries until ctx ends, and then what is still waiting.
func (l *Log) Run(ctx context.Context) error {
	ticker := time.NewTicker(retry)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			l.unfold(true)
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if l.file != nil {
				defer l.file.close()
			}
			return l.write(last)
		case <-l.wake:
		case <-ticker.C:
			l.unfold(false)
		}
		if err := l.write(ctx); err != nil && ctx.Err() == nil {
			l.suffer(err)
		}
	}
}

// suffer remembers that entries cannot be written, and says it once.
func (l *Log) suffer(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble == nil {
		l.log.Error("the audit cannot be written, entries wait in memory", "error", err)
	}
	l.trouble = err
}

// Status says whether entries are being written, how many wait, and how many were lost because too many waited.
func (l *Log) Status() (writing bool, queued int, dropped int64, detail string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble != nil {
		return false, len(l.queue), l.dropped, "what is changed cannot be recorded; it waits in memory"
	}
	if l.file != nil {
		detail = l.file.detail()
	}
	return true, len(l.queue), l.dropped, detail
}

// write writes everything that waits in one transaction, in the order in which it came.
func (l *Log) write(ctx context.Context) error {
	l.mu.Lock()
	batch := l.queue
	l.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	id, hash := l.lastID, l.lastHash
	broker := l.o.Store.Broker()
	sealed := make([]Entry, len(batch))
	err := l.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		id, hash = l.lastID, l.lastHash
		for i, w := range batch {
			e := w.entry
			id++
			e.ID = id
			e.seal(hash)
			hash = e.Hash
			sealed[i] = e
			if err := insert(ctx, q, broker, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing the audit: %w", err)
	}
	l.lastID, l.lastHash = id, hash
	l.mu.Lock()
	l.queue = l.queue[len(batch):]
	if l.trouble != nil {
		l.log.Info("the audit is written again")
	}
	l.trouble = nil
	l.mu.Unlock()
	for _, w := range batch {
		close(w.done)
	}
	if l.file != nil {
		l.file.write(sealed, l.log)
	}
	return nil
}

// lastOf returns the id and the hash of the newest entry, or of the newest that retention has taken away.
func lastOf(ctx context.Context, q store.Queries, broker int64) (id int64, hash string, err error) {
	err = q.QueryRow(ctx, `SELECT id, hash FROM audit_entries WHERE broker = $1 ORDER BY id DESC LIMIT 1`, broker).Scan(&id, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return anchorOf(ctx, q, broker)
	}
	return id, hash, err
}

// anchorOf returns the entry before the oldest that is kept: where the chain begins.
func anchorOf(ctx context.Context, q store.Queries, broker int64) (id int64, hash string, err error) {
	err = q.QueryRow(ctx, `SELECT id, hash FROM audit_anchors WHERE broker = $1`, broker).Scan(&id, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return id, hash, err
}

// AddForeign keeps what was done behind our back, when the broker's log tells of it. It never waits.
func (l *Log) AddForeign(e Entry) { l.put(e) }
