package audit

import (
	"context"
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
	mostIdle  = 3072 // of which this many may be such that nobody waits for, so that they do not push out people's
	patience  = 2 * time.Second
	retry     = time.Second
)

// urgency says who waits for an entry.
type urgency bool

const (
	later  urgency = false // nobody
	atOnce urgency = true  // somebody whose act is not acknowledged before it is committed
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
}

// waiting is an entry on its way to the table.
type waiting struct {
	entry Entry
	how   urgency
	done  chan struct{} // closed when it is written, or never will be
}

// Open prepares the record. Entries are written while Run runs.
func Open(o Options) (*Log, error) {
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
	return l, nil
}

// Add keeps what was done. It returns when that is committed, which outlives a kill -9, so that what was acknowledged is recorded; but an act
// that has happened cannot be undone by a full disk, so after two seconds it returns all the same, and the entry is
// written when that is possible again.
func (l *Log) Add(ctx context.Context, e Entry) {
	done := l.put(e, atOnce)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// AddLater keeps what was done without waiting: by BunkerM itself, or behind its back.
func (l *Log) AddLater(e Entry) { l.put(e, later) }

// put queues an entry. Texts that others choose are bounded.
func (l *Log) put(e Entry, how urgency) <-chan struct{} {
	if e.Time.IsZero() {
		e.Time = l.o.Clock()
	}
	e.Time = e.Time.UTC().Truncate(time.Millisecond)
	e.Count = max(e.Count, 1)
	if e.Outcome == "" {
		e.Outcome = Done
	}
	for _, text := range []*string{&e.Actor, &e.Address, &e.Action, &e.Object, &e.RequestID} {
		*text = bounded(*text)
	}
	w := &waiting{entry: e, how: how, done: make(chan struct{})}
	most := mostQueue
	if how == later {
		most = mostIdle
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= most {
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

// Status is how the record is doing.
type Status struct {
	Writing bool   // whether entries get into the table
	Queued  int    // how many wait
	Dropped int64  // how many were lost because too many waited
	Detail  string // what is not well; empty where all is
	Hint    string // what to do about it
}

// Status returns how the record is doing.
func (l *Log) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Status{Writing: l.trouble == nil, Queued: len(l.queue), Dropped: l.dropped}
	switch {
	case !s.Writing:
		s.Detail = "what is changed cannot be recorded, and waits in memory"
		s.Hint = "see what /readyz says of the database"
	case l.file != nil && l.file.failing.Load():
		s.Detail = "the file of --audit-log cannot be written; the database has its entries"
		s.Hint = "see BunkerM's log for the reason"
	}
	return s
}

// write writes everything that waits in one transaction, in the order in which it came. The floor of free space below
// which events are not recorded any more does not count here: an entry is small, and who did what on a full disk is what
// somebody will ask.
func (l *Log) write(ctx context.Context) error {
	l.mu.Lock()
	batch := l.queue
	l.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	entries := make([]Entry, len(batch))
	for i, w := range batch {
		entries[i] = w.entry
	}
	// Not WriteSurely: to wait for the disk would make creating a client many times slower, and what is recorded here, the
	// broker has only handed to the file system too.
	err := l.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		// A statement whose context can end costs a goroutine, and somebody waits for this. Nothing in it is slow.
		return extend(context.WithoutCancel(ctx), q, l.o.Store.Broker(), entries)
	})
	if err != nil {
		return fmt.Errorf("writing the audit: %w", err)
	}
	l.mu.Lock()
	l.queue = l.queue[len(batch):]
	if l.trouble != nil {
		l.log.Info("the audit is written again")
	}
	l.trouble = nil
	l.mu.Unlock()
	if l.file != nil {
		l.file.write(entries, l.log)
	}
	for _, w := range batch {
		close(w.done)
	}
	return nil
}
