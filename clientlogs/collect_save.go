package clientlogs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	// saveEvery is how long an event waits at most before it is stored, and saveHeld how much longer for each that is
	// being counted together, because all of those are written with every piece.
	saveEvery = 200 * time.Millisecond
	saveHeld  = 100 * time.Microsecond
	saveLate  = 2 * time.Second // but not longer than this
	// publishesEvery is how long publishes wait, where nothing else has happened. Each transaction writes pages of the
	// database anew that the one before has written: forty devices that publish once a second make 33 GB a day of it when
	// they wait for 200 ms, which a memory card does not take for long. Streams and lists have them at once, and a kill
	// loses none, since the place in the log waits with them.
	publishesEvery = 10 * time.Second
	// positionEvery is how often the place in the log is stored while no line tells anything.
	positionEvery = 2 * time.Second

	longestRetry = 5 * time.Second
	// saveAtEnd is how long the end may take.
	saveAtEnd = 10 * time.Second
)

// NotRecorded is the Reason of a Recording event: events from Time to Until, Count of them, were not stored. Raw says why.
const NotRecorded Reason = "not_recorded"

// saving is how the writer is doing.
type saving struct {
	mu      sync.Mutex
	trouble trouble

	position string // of the piece that was stored last. The collector's mutex guards it
	carry    *piece // what could not be stored because recording is paused: all but the events. Only the writer uses it
	lost     loss
}

// loss is the events that were dropped since recording was paused.
type loss struct {
	count int
	first time.Time
	why   string
}

// save stores pieces until ctx ends.
func (c *collector) save(ctx context.Context) {
	last := time.Now()
	for ctx.Err() == nil {
		c.waitForPiece(ctx, last)
		for ctx.Err() == nil {
			p := c.nextPiece(time.Since(last))
			if p == nil {
				break
			}
			c.store(ctx, p)
			last = time.Now()
		}
	}
}

// waitForPiece waits until a piece is full, or until what was read last has waited for long enough.
func (c *collector) waitForPiece(ctx context.Context, last time.Time) {
	c.mu.Lock()
	wait := min(saveEvery+time.Duration(c.tracker.holding())*saveHeld, saveLate)
	c.mu.Unlock()
	timer := time.NewTimer(max(wait-time.Since(last), saveEvery/4))
	defer timer.Stop()
	select {
	case <-c.wake:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// nextPiece takes the oldest piece that is to be stored, nil when there is none. One without events is taken when it is
// due, and one of publishes alone when they have waited. since is how long ago one was stored.
func (c *collector) nextPiece(since time.Duration) *piece {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.full) == 0 {
		c.tracker.Settle()
		if since < publishesEvery && c.open.onlyPublishes() {
			return nil
		}
		moved := since >= positionEvery && (c.open.position != c.saving.position || c.saving.carry != nil)
		if len(c.open.events) == 0 && len(c.open.sessions) == 0 && !moved {
			return nil
		}
		c.closePiece()
	}
	p := c.full[0]
	c.full[0] = nil
	c.full = c.full[1:]
	c.storing = p.events
	return p
}

// onlyPublishes reports whether there are publishes, and nothing else that somebody may wait for.
func (p *piece) onlyPublishes() bool {
	other := func(e *Event) bool { return e.Kind != Publish }
	return len(p.events) > 0 && !slices.ContainsFunc(p.events, other)
}

// store stores a piece, however often it has to try, or drops its events while recording is paused.
func (c *collector) store(ctx context.Context, p *piece) {
	events, told := len(p.events), p.events
	retry := saveEvery
	for {
		if !c.o.Store.Recording() {
			c.drop(p)
			break
		}
		if c.saving.carry != nil {
			p.follow(c.saving.carry)
			c.saving.carry = nil
		}
		err := c.storage.write(ctx, p)
		if err == nil {
			c.written.Add(int64(events))
			c.works()
			break
		}
		if ctx.Err() != nil {
			c.giveBack(p)
			return
		}
		c.fails(ctx, err)
		pause(ctx, retry)
		retry = min(2*retry, longestRetry)
	}
	c.mu.Lock()
	c.saving.position = p.position
	c.queued -= events
	c.storing = nil
	close(c.room)
	c.room = make(chan struct{})
	c.mu.Unlock()
	c.stored.Store(p.lastID)
	c.tellControl(told)
	c.tellLoss()
}

// tellControl tells of the commands of others, also where recording is paused.
func (c *collector) tellControl(events []*Event) {
	if c.o.OnControl == nil {
		return
	}
	for _, e := range events {
		if e.Kind == Control && !e.Own {
			c.o.OnControl(*e)
		}
	}
}

// giveBack puts a piece back that could not be stored before the end.
func (c *collector) giveBack(p *piece) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full = append([]*piece{p}, c.full...)
	c.storing = nil
}

// follow puts what is to be stored of an earlier piece before p.
func (p *piece) follow(earlier *piece) {
	sessions := earlier.sessions
	maps.Copy(sessions, p.sessions)
	p.sessions = sessions
	p.events = append(earlier.events, p.events...)
}

// drop counts a piece's events as lost and keeps the rest, which is small.
func (c *collector) drop(p *piece) {
	if n := len(p.events); n > 0 {
		lost := &c.saving.lost
		if lost.count == 0 {
			lost.first, lost.why = p.events[0].Time, c.o.Store.Status().Detail
			c.log.Warn("events are not recorded", "reason", lost.why)
		}
		lost.count += n
		c.dropped.Add(int64(n))
	}
	p.events = nil
	if c.saving.carry != nil {
		p.follow(c.saving.carry)
	}
	c.saving.carry = p
}

// tellLoss puts an event into the stream when recording goes on.
func (c *collector) tellLoss() {
	lost := &c.saving.lost
	if lost.count == 0 || !c.o.Store.Recording() {
		return
	}
	c.log.Info("events are recorded again", "dropped", lost.count)
	e := Event{Kind: Recording, Reason: NotRecorded, Time: lost.first, Until: c.o.Clock(), Count: lost.count, Raw: lost.why}
	*lost = loss{}
	c.record(e)
}

func (c *collector) works() {
	c.saving.mu.Lock()
	defer c.saving.mu.Unlock()
	c.saving.trouble = trouble{}
}

// fails notes why storing does not work, and logs it once.
func (c *collector) fails(ctx context.Context, err error) {
	c.saving.mu.Lock()
	defer c.saving.mu.Unlock()
	if !c.saving.trouble.since.IsZero() {
		return
	}
	c.log.WarnContext(ctx, "events cannot be stored", "error", err)
	f := fault.From(err)
	c.saving.trouble = trouble{since: c.o.Clock(), detail: f.Message, hint: f.HintText}
}

// saveRest stores what is left when everything else has ended. While recording is paused it does not: the log is read
// again from the place that was stored last, and then there may be room.
func (c *collector) saveRest(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveAtEnd)
	defer cancel()
	c.mu.Lock()
	c.tracker.Flush()
	c.deliver()
	c.mu.Unlock()
	for ctx.Err() == nil {
		p := c.nextPiece(publishesEvery)
		if p == nil || !c.o.Store.Recording() {
			return nil
		}
		c.store(ctx, p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(fmt.Errorf("%d events could not be stored at the end; they are read again at the next start", c.queued), ctx.Err())
}
