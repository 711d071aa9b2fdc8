package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// BatchOptions say how rows of one kind are written. Name and Write are required.
type BatchOptions[T any] struct {
	Name  string        // for Status, logs and metrics
	Size  int           // rows of one transaction; 0: 1000
	Queue int           // rows that may wait; 0: 100,000
	Every time.Duration // how long a row waits at most for others; 0: 200 ms

	// DropWhenFull throws rows away, and counts them, when the queue is full. Otherwise Add waits for room.
	DropWhenFull bool

	// Write writes rows within a transaction. It may be called again with the same rows, or with fewer of them. Where a
	// row can never be written (a fault of kind Invalid, a constraint), the rows around it are written without it, and
	// it is dropped, counted and logged. After any other error the rows are kept and written later.
	Write func(ctx context.Context, q Queries, rows []T) error
	// RolledBack is called when what Write has done was undone, so that it can forget what it has learnt in there, such
	// as the ids of rows that do not exist now. May be nil.
	RolledBack func()
}

// BatchStats is how a Batcher is doing. The counters count rows, and begin at 0 with each start.
type BatchStats struct {
	Name         string
	Written      int64
	Queued       int64     // wait, or are being written now
	Dropped      int64     // were thrown away: the queue or the disk was full, or they could not be written
	Failing      string    // why writing does not work now; empty where it does
	FailingSince time.Time // zero where it works
}

// Batcher writes many rows in one transaction. Rows are on their way when Add has returned, and stored when Written
// counts them or Flush has returned.
type Batcher[T any] struct {
	db *DB
	o  BatchOptions[T]

	mu     sync.Mutex
	queue  queue[T]
	taken  int // rows of the batch that is being written
	stats  BatchStats
	added  int64         // rows that were ever queued
	left   int64         // rows that have been written or dropped after they were queued
	ended  bool          // Run has returned
	filled chan struct{} // has one element when Run is to look at the queue
	room   chan struct{} // closed, and made anew, when the queue has become shorter
	pause  time.Duration // before the next try

	// Who has the turn writes. batch is what it has taken from the queue and not written yet.
	turn    chan struct{}
	batch   []T
	attempt int // how many rows of batch are tried at once: less than Size while a bad row is looked for
	unclear int // how often the batch has failed in a way that we do not understand
	report  sparingly
}

const (
	defaultBatchSize  = 1000
	defaultBatchQueue = 100_000
	defaultBatchEvery = 200 * time.Millisecond
)

// NewBatcher makes a Batcher, which is shown in the Status of the database from now on. Nothing is written before Run.
func NewBatcher[T any](db *DB, o BatchOptions[T]) *Batcher[T] {
	if o.Size <= 0 {
		o.Size = defaultBatchSize
	}
	if o.Queue <= 0 {
		o.Queue = defaultBatchQueue
	}
	if o.Every <= 0 {
		o.Every = defaultBatchEvery
	}
	b := &Batcher[T]{
		db: db, o: o, stats: BatchStats{Name: o.Name},
		filled: make(chan struct{}, 1), room: make(chan struct{}), turn: make(chan struct{}, 1),
	}
	db.register(b)
	return b
}

// Add queues rows. Where the queue is full it waits for room until ctx ends, or drops the newest (DropWhenFull). After
// the end of Run it returns an error. Rows that are not queued when it returns an error are not counted as dropped: the
// caller knows of them.
func (b *Batcher[T]) Add(ctx context.Context, rows ...T) error {
	for {
		b.mu.Lock()
		if b.ended {
			b.mu.Unlock()
			return b.errEnded()
		}
		n := min(len(rows), b.o.Queue-b.taken-b.queue.len())
		if n > 0 {
			b.queue.push(rows[:n])
			b.added += int64(n)
			rows = rows[n:]
		}
		if b.o.DropWhenFull {
			b.stats.Dropped += int64(len(rows))
			rows = nil
		}
		room := b.room
		b.mu.Unlock()
		select {
		case b.filled <- struct{}{}:
		default: // Run knows already
		}
		if len(rows) == 0 {
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("queueing %d rows of %s: %w", len(rows), b.o.Name, ctx.Err())
		}
	}
}

func (b *Batcher[T]) errEnded() error {
	return fault.Newf(fault.Unavailable, "nothing is recorded any more of %s", b.o.Name).Hint("BunkerM is ending")
}

// Stats returns the counters.
func (b *Batcher[T]) Stats() BatchStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.stats
	s.Queued = b.added - b.left
	return s
}

// flushAtEnd is how long Run tries to write what is queued when its context has ended.
const flushAtEnd = 5 * time.Second

// Run writes what is added, until ctx ends. Then it writes what is queued, for at most 5 s, and returns an error when
// rows are left, which are dropped. It may be called once.
func (b *Batcher[T]) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if b.wait(ctx) {
			b.cycle(ctx)
		}
	}
	return b.finish(ctx)
}

// wait waits until rows are due: a full batch, or some that have waited long enough.
func (b *Batcher[T]) wait(ctx context.Context) bool {
	var due <-chan time.Time
	for {
		switch n := b.waiting(); {
		case n >= b.o.Size:
			return true
		case n > 0 && due == nil:
			timer := time.NewTimer(b.o.Every)
			defer timer.Stop()
			due = timer.C
		}
		select {
		case <-b.filled:
		case <-due:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

func (b *Batcher[T]) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.queue.len()
}

// cycle writes until the queue is empty, and waits between tries while that does not work. The turn is not kept while it
// waits: a Flush may be faster.
func (b *Batcher[T]) cycle(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case b.turn <- struct{}{}:
		case <-ctx.Done():
			return
		}
		more, err := b.step(ctx)
		<-b.turn
		if err != nil {
			b.rest(ctx)
		} else if !more {
			return
		}
	}
}

// Flush writes everything that was added before, and returns when it is stored, or dropped. The error says why it could
// not be written; the rows are kept then. It works before, during and after Run.
func (b *Batcher[T]) Flush(ctx context.Context) error {
	b.mu.Lock()
	target := b.added
	b.mu.Unlock()
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("writing %s: %w", b.o.Name, ctx.Err())
	}
	defer func() { <-b.turn }()
	for {
		b.mu.Lock()
		done := b.left >= target
		b.mu.Unlock()
		if done {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("writing %s: %w", b.o.Name, err)
		}
		if _, err := b.step(ctx); err != nil {
			return fmt.Errorf("writing %s: %w", b.o.Name, err)
		}
	}
}

// finish takes no more rows and writes what is left.
func (b *Batcher[T]) finish(ctx context.Context) error {
	b.mu.Lock()
	b.ended = true
	close(b.room) // whoever waits in Add learns that it is over
	b.room = make(chan struct{})
	b.mu.Unlock()

	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushAtEnd)
	defer cancel()
	var err error
	for {
		if err = b.Flush(last); err == nil || last.Err() != nil {
			break
		}
		b.rest(last)
	}
	if err == nil {
		return nil
	}
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	b.mu.Lock()
	lost := b.added - b.left
	b.left = b.added
	b.stats.Dropped += lost
	b.queue, b.batch, b.taken = queue[T]{}, nil, 0
	b.mu.Unlock()
	return errors.Join(fmt.Errorf("%d rows of %s could not be written at the end", lost, b.o.Name), err)
}

// rest waits for the pause between two tries.
func (b *Batcher[T]) rest(ctx context.Context) {
	b.mu.Lock()
	timer := time.NewTimer(b.pause)
	b.mu.Unlock()
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
