package clientlogs

import (
	"context"
	"errors"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

const (
	// quiet is how long a log has to be silent before we believe that we have read it to its end.
	quiet = 300 * time.Millisecond
	// tickEvery is how often the clock ends what is being counted. Where there are lines, their time does.
	tickEvery = 250 * time.Millisecond
	// followAgain is how long a log that cannot be followed is left alone.
	followAgain = time.Second
)

// reading is how the log is being read. The collector's mutex guards it.
type reading struct {
	began    time.Time // when we last began to follow the log
	lastTake time.Time // when it last gave us something
	lastLine time.Time // the time of the newest line
	waiting  bool      // for room in the queue
	caughtUp bool      // the log was read to its end once
	atEnd    func() bool
	trouble  trouble
}

// trouble is why something does not work, safe to show. The zero value is none.
type trouble struct {
	since        time.Time
	detail, hint string
}

// follow reads the log until ctx ends.
func (c *collector) follow(ctx context.Context) {
	if c.o.Source == nil {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		c.mu.Lock()
		position := c.open.position
		c.reading.began = c.o.Clock()
		c.mu.Unlock()
		err := c.o.Source.Follow(ctx, position, func(b broker.LogBatch) error { return c.take(ctx, b) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the log has ended")
		}
		c.cannotFollow(ctx, err)
		pause(ctx, followAgain)
	}
}

// cannotFollow notes why the log cannot be followed, and logs it once.
func (c *collector) cannotFollow(ctx context.Context, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.reading.trouble.since.IsZero() {
		return
	}
	c.log.WarnContext(ctx, "the broker's log cannot be followed", "error", err)
	c.reading.trouble = trouble{since: c.o.Clock(), detail: "the broker's log cannot be followed"}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		c.reading.trouble.detail, c.reading.trouble.hint = f.Message, f.HintText
	}
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// take takes a piece of the log from the source. While too many events wait it does not return.
func (c *collector) take(ctx context.Context, b broker.LogBatch) error {
	if !c.waitForRoom(ctx) {
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading.trouble = trouble{}
	if b.Gap != "" {
		at := c.o.Clock()
		if len(b.Lines) > 0 && !b.Lines[0].Time.IsZero() {
			at = b.Lines[0].Time
		}
		c.tracker.Gap(b.Gap, at)
	}
	for _, line := range b.Lines {
		if line.Time.After(c.reading.lastLine) {
			// The clock of the lines and not ours, or the same lines would not give the same events when they are read again.
			c.tracker.Tick(line.Time)
			c.reading.lastLine = line.Time
		}
		c.tracker.Line(line)
	}
	c.open.position = b.Position
	c.reading.lastTake = c.o.Clock()
	c.reading.settle(c.reading.lastTake)
	c.deliver()
	return nil
}

// waitForRoom waits until events may be queued. It reports false when ctx has ended.
func (c *collector) waitForRoom(ctx context.Context) bool {
	for {
		c.mu.Lock()
		room := c.room
		enough := c.queued < mostQueued
		c.reading.waiting = !enough
		c.mu.Unlock()
		if enough {
			return ctx.Err() == nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return false
		}
	}
}

// tick lets the clock end what is being counted, once the log has been read to its end.
func (c *collector) tick(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		c.mu.Lock()
		now := c.o.Clock()
		c.reading.settle(now)
		if c.reading.caughtUp && c.reading.silent(now) {
			c.tracker.Tick(now)
			c.deliver()
		}
		c.mu.Unlock()
	}
}

// settle finds out whether the log has been read to its end since we began: also when the newest line is younger than our
// beginning.
func (r *reading) settle(now time.Time) {
	if !r.caughtUp && !r.began.IsZero() {
		r.caughtUp = !r.lastLine.Before(r.began) || r.silent(now)
	}
}

// silent reports whether there is nothing to be read now.
func (r *reading) silent(now time.Time) bool {
	last := r.began
	if r.lastTake.After(last) {
		last = r.lastTake
	}
	// The source may be at the end of a file and about to hand over what it has read there.
	return !r.waiting && now.Sub(last) >= quiet && (r.atEnd == nil || r.atEnd())
}
