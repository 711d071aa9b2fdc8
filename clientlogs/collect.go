package clientlogs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/bunkerm/bunkerm/stream"
)

const (
	// mostQueued is how many events wait for the database at most. Then the log is not read on: it waits in its files.
	mostQueued = 200_000
	// pieceEvents is how many events one transaction stores, about: others who write wait that long.
	pieceEvents = 5000
	// ringEvents is how many events are kept in memory for the streams: more than wait for the database as a rule, and what
	// is older is read from there. They take some 260 bytes each for as long as we run, and the garbage collector as much again.
	ringEvents = 16_384
)

// sourceKeeper is the SourceName of the log that our own keeper writes.
const sourceKeeper = "keeper"

// collector is the half of the service that writes: lines become events, events get ids and go to the streams at once
// and to the database in pieces.
//
// A piece holds the events of some lines, the sessions that they changed, what is being counted together, and the place
// behind the lines. It is stored in one transaction. So when we are killed, reading goes on exactly behind what is
// stored, with the tracker as it was there: the lines behind it give the same events again, and, since ids are given in
// order, with the same ids. (Not the tracker's quotas, which are full after a start: a client that was being folded may
// then be told of one by one for a moment.) An event of Record has no line; when we are killed before it is stored, it
// is lost, and the ids behind it are given to others.
type collector struct {
	o       Options
	log     *slog.Logger
	storage *storage
	ring    *stream.Ring[*Event]

	mu      sync.Mutex // guards the tracker and everything down to the empty line
	tracker *Tracker
	begun   bool    // the last run's end has been loaded; begins is closed then
	early   []Event // of Record before that
	lastID  int64
	open    *piece                // what was read last
	full    []*piece              // closed and not stored yet, the oldest first
	storing []*Event              // of the piece that the writer has taken and not stored yet
	fresh   []stream.Item[*Event] // not handed to the streams yet
	queued  int                   // events that are not stored yet
	room    chan struct{}         // closed, and made anew, when fewer events wait
	reading reading

	begins  chan struct{}
	beganAt int64         // the newest id of the last run; may be read when begins is closed
	wake    chan struct{} // has one element when a piece is full
	stored  atomic.Int64  // every event up to this id is stored, or never will be
	written atomic.Int64
	dropped atomic.Int64
	saving  saving
}

func newCollector(o Options, w *words) *collector {
	c := &collector{
		o: o, log: o.Logger, storage: newStorage(o.Store, w), ring: stream.NewRing[*Event](ringEvents),
		room: make(chan struct{}), begins: make(chan struct{}), wake: make(chan struct{}, 1), reading: reading{atEnd: o.AtEnd},
	}
	c.tracker = NewTracker(TrackerOptions{
		Own: o.Own, Wants: o.Wants, Emit: c.emit, Session: c.sessionChanged, Managed: o.SourceName == sourceKeeper,
	})
	c.open = newPiece("", 0)
	return c
}

func newPiece(position string, lastID int64) *piece {
	return &piece{sessions: map[string]SessionChange{}, position: position, lastID: lastID}
}

// run collects until ctx ends, then stores what is left.
func (c *collector) run(ctx context.Context) error {
	last, err := c.storage.load(ctx)
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // whoever ended it does not want to know
	case err != nil:
		return err
	}
	c.begin(last)
	var running sync.WaitGroup
	running.Go(func() { c.follow(ctx) })
	running.Go(func() { c.tick(ctx) })
	running.Go(func() { c.save(ctx) })
	running.Wait()
	return c.saveRest(ctx)
}

// begin goes on where the last run ended.
func (c *collector) begin(last lastRun) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tracker.Restore(last.sessions)
	c.tracker.resume(last.held)
	c.lastID = last.lastID
	c.stored.Store(last.lastID)
	c.ring.Begin(last.lastID)
	c.open = newPiece(last.position, last.lastID)
	c.open.held = last.held
	c.begun, c.beganAt = true, last.lastID
	close(c.begins)
	for _, e := range c.early {
		c.emit(e)
	}
	c.early = nil
	c.deliver()
}

// emit gives an event its id. The caller, or the tracker's caller, holds mu.
func (c *collector) emit(e Event) {
	if !tellsMore(&e) {
		e.Raw = ""
	}
	clean(&e)
	c.lastID++
	e.ID = c.lastID
	c.open.events = append(c.open.events, &e)
	c.open.lastID = e.ID
	c.queued++
	c.fresh = append(c.fresh, stream.Item[*Event]{ID: e.ID, Value: &e})
}

func (c *collector) sessionChanged(change SessionChange) {
	c.open.sessions[string(change.Saved.Key)] = change
}

// deliver hands what has come of the last lines to the streams, and closes a piece that is large enough. It is called
// only where open.position is behind everything that the tracker has been told. The caller holds mu.
func (c *collector) deliver() {
	c.ring.Add(c.fresh...)
	clear(c.fresh)
	c.fresh = c.fresh[:0]
	// What is held is written with each piece, so there are fewer pieces where much is held.
	if len(c.open.events) < max(pieceEvents, 2*c.tracker.holding()) {
		return
	}
	c.closePiece()
	select {
	case c.wake <- struct{}{}:
	default: // the writer knows already
	}
}

// closePiece makes open ready to be stored. The caller holds mu.
func (c *collector) closePiece() {
	c.tracker.Settle()
	c.open.held = c.tracker.hold()
	c.full = append(c.full, c.open)
	c.open = newPiece(c.open.position, c.lastID)
}

// mostEarly is how many events of Record wait for the beginning; what is more is dropped and counted.
const mostEarly = 1000

// record takes an event that is not from the log.
func (c *collector) record(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.begun:
		c.emit(e)
		c.deliver()
	case len(c.early) < mostEarly:
		c.early = append(c.early, e)
	default:
		c.dropped.Add(1)
	}
}

// sessions are those that are open, if that is known.
func (c *collector) sessions() ([]Session, bool) {
	c.mu.Lock()
	c.reading.settle(c.o.Clock())
	known := c.reading.caughtUp
	c.mu.Unlock()
	return c.tracker.Sessions(), known
}
