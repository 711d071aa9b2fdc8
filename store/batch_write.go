package store

import (
	"context"
	"errors"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	firstPause = 50 * time.Millisecond // before a write that failed is tried again; it doubles each time
	mostPause  = 2 * time.Second
	// batchLockWait is how long a batch waits for the lock before the Batcher says that it is failing.
	batchLockWait = time.Second
	// mostUnclear is how often a batch is tried whose failures are neither the database's nor known to be its rows'.
	mostUnclear = 5
)

// step takes rows when it has none, and tries to write them once. more reports that the queue is not empty. It needs
// the turn.
func (b *Batcher[T]) step(ctx context.Context) (more bool, err error) {
	b.fill()
	if len(b.batch) == 0 {
		return false, nil
	}
	if !b.db.Recording() {
		b.settle(len(b.batch), false)
		b.succeed()
		return b.waiting() > 0, nil
	}
	n := min(b.attempt, len(b.batch))
	called := false
	wait, cancel := context.WithTimeout(ctx, batchLockWait)
	err = b.db.write(wait, context.WithoutCancel(ctx), normal, func(ctx context.Context, q Queries) error {
		called = true
		return b.o.Write(ctx, q, b.batch[:n])
	})
	cancel()
	if err != nil && called && b.o.RolledBack != nil {
		b.o.RolledBack()
	}
	switch {
	case err == nil:
		b.settle(n, true)
		b.succeed()
		b.attempt = min(2*n, b.o.Size)
	case ctx.Err() != nil && !called:
		return true, ctx.Err() // it was not the database that failed
	case !b.rowsFault(err):
		b.fail(ctx, err)
		return true, err
	case n > 1:
		b.attempt = (n + 1) / 2 // one of them cannot be written: look for it in the first half
	default:
		b.report.warn(ctx, b.db.o.Logger, "a row cannot be written and is dropped", "rows", b.o.Name, "error", inOneLine(err))
		b.settle(1, false)
	}
	return len(b.batch) > 0 || b.waiting() > 0, nil
}

// fill takes rows from the queue when all that were taken are written.
func (b *Batcher[T]) fill() {
	if len(b.batch) > 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.batch = b.queue.pop(b.batch[:0], b.o.Size)
	b.taken, b.attempt, b.unclear = len(b.batch), b.o.Size, 0
}

// settle counts the first n rows of the batch as written, or as dropped, and makes room.
func (b *Batcher[T]) settle(n int, written bool) {
	rest := copy(b.batch, b.batch[n:])
	clear(b.batch[rest:])
	b.batch = b.batch[:rest]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken = rest
	b.left += int64(n)
	if written {
		b.stats.Written += int64(n)
	} else {
		b.stats.Dropped += int64(n)
	}
	close(b.room)
	b.room = make(chan struct{})
}

// rowsFault reports whether the rows are to blame. Also when the same rows have failed several times and nobody knows
// why: one of them must not stop all others for ever.
func (b *Batcher[T]) rowsFault(err error) bool {
	if fault.Is(err, fault.Invalid) || causeOf(err) == refused || b.unclear >= mostUnclear {
		return true
	}
	if causeOf(err) == unknown && !fault.Is(err, fault.Unavailable) && !errors.Is(err, context.DeadlineExceeded) {
		b.unclear++
	}
	return false
}

// fail remembers that writing does not work, and for how long.
func (b *Batcher[T]) fail(ctx context.Context, err error) {
	b.mu.Lock()
	b.pause = min(max(2*b.pause, firstPause), mostPause)
	first := b.stats.Failing == ""
	b.stats.Failing = reason(err)
	if first {
		b.stats.FailingSince = b.db.o.Clock()
	}
	b.mu.Unlock()
	if first {
		b.db.o.Logger.WarnContext(ctx, "rows cannot be written now; they are kept and tried again",
			"rows", b.o.Name, "error", inOneLine(err))
	}
}

// succeed ends a failure.
func (b *Batcher[T]) succeed() {
	b.mu.Lock()
	b.pause = 0
	failed, since := b.stats.Failing != "", b.stats.FailingSince
	b.stats.Failing, b.stats.FailingSince = "", time.Time{}
	b.mu.Unlock()
	if failed {
		b.db.o.Logger.Info("rows are written again", "rows", b.o.Name, "after", b.db.o.Clock().Sub(since).Round(time.Millisecond))
	}
}

// reason is an error in words that are safe to show.
func reason(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message
	}
	return "the rows cannot be written, for a reason that is in BunkerM's log"
}
