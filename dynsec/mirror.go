package dynsec

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

const (
	// maxSilence is how old the last proof may be that we have heard of every change.
	maxSilence = 500 * time.Millisecond
	// minReloadGap is how long after a full read the next one may begin, so that a storm of foreign changes does
	// not make the broker list everything all the time. It is three times as long as the read has taken, and at most
	// maxReloadGap: where reading takes seconds, a request must still come to it within its time.
	minReloadGap = 250 * time.Millisecond
	maxReloadGap = requestTime / 4
)

// mirror holds the last known State and knows how fresh it is. Every change that somebody else makes, and every
// interruption in which one could be missed, gets a number; a State knows up to which number it has them in it.
type mirror struct {
	control Control
	clock   func() time.Time
	own     protected

	changes atomic.Uint64 // the number of the latest change that we heard of
	wake    chan struct{} // tells Run that there is one

	mu        sync.Mutex
	state     *State
	asOf      uint64    // state holds every change up to this number
	unsure    uint64    // a state that does not hold this change is of no use to anybody, whenever they asked
	heardAt   time.Time // when the request was sent whose answer proves that we have heard of everything before it
	readAt    time.Time // when the last full read ended
	readTook  time.Duration
	connected uint64 // counts interruptions, so that an old proof is not taken for a new one
}

func newMirror(control Control, clock func() time.Time, own protected) *mirror {
	m := &mirror{control: control, clock: clock, own: own, wake: make(chan struct{}, 1)}
	m.changes.Store(1) // nothing has been read yet
	return m
}

// event hears from the session. It is called in the order in which things happened and does not block.
func (m *mirror) event(e broker.Event) {
	if !e.Changes && e.Kind != broker.Disconnected {
		return
	}
	if e.Kind == broker.Disconnected || e.Kind == broker.Connected {
		m.mu.Lock()
		m.connected++
		m.heardAt = time.Time{}
		m.mu.Unlock()
	}
	m.doubt()
	m.awake()
}

// awake has the mirror loaded anew before anybody asks.
func (m *mirror) awake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// doubt says that the state may have changed in a way that nobody will tell us.
func (m *mirror) doubt() { m.changes.Add(1) }

// distrust is doubt because of what we have sent ourselves. Those who wait for the turn have asked before, and must not
// decide on a state of before it either.
func (m *mirror) distrust() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unsure = m.changes.Add(1)
}

// latest is the last known state, however old; nil when none was ever read.
func (m *mirror) latest() *State {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// at returns the state if it holds every change up to the given number.
func (m *mirror) at(change uint64) *State {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil || m.asOf < max(change, m.unsure) {
		return nil
	}
	return m.state
}

// adopt takes the state that follows from our own write. It keeps the number: what others did meanwhile is still
// missing in it.
func (m *mirror) adopt(st *State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = st
}

// hear makes sure that every change which the broker made before some moment of the last half second has reached
// event. Any answer of the broker to us proves that, so it costs a round trip only after a silence.
func (m *mirror) hear(ctx context.Context) error {
	m.mu.Lock()
	fresh := m.clock().Sub(m.heardAt) < maxSilence
	connection := m.connected
	m.mu.Unlock()
	if fresh {
		return nil
	}
	asked := m.clock()
	if err := m.control.Sync(ctx); err != nil {
		return asUnread(err)
	}
	m.heard(asked, connection)
	return nil
}

// need is the number of the latest change that a state must hold to be shown to somebody who asks now.
func (m *mirror) need(ctx context.Context) (uint64, error) {
	if err := m.hear(ctx); err != nil {
		return 0, err
	}
	return m.changes.Load(), nil
}

// heard notes that an answer came to something that was sent at the given time, over the given connection.
func (m *mirror) heard(asked time.Time, connection uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.connected == connection && asked.After(m.heardAt) {
		m.heardAt = asked
	}
}

// do sends commands and counts the answer as proof that we have heard of everything before.
func (m *mirror) do(ctx context.Context, commands ...broker.Command) ([]broker.Response, error) {
	m.mu.Lock()
	connection := m.connected
	m.mu.Unlock()
	asked := m.clock()
	responses, err := m.control.Do(ctx, commands...)
	if err == nil {
		m.heard(asked, connection)
	}
	return responses, err
}

// awaitSlot waits until the next full read may begin.
func (m *mirror) awaitSlot(ctx context.Context) error {
	m.mu.Lock()
	wait := m.readAt.Add(min(max(minReloadGap, 3*m.readTook), maxReloadGap)).Sub(m.clock())
	m.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return asUnread(ctx.Err())
	}
}

// read reads everything from the broker. The caller has the turn.
func (m *mirror) read(ctx context.Context) (*State, error) {
	began := m.clock()
	st, asOf, err := m.readAll(ctx)
	if err != nil {
		return nil, asUnread(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state, m.asOf = st, asOf
	m.readAt = m.clock()
	m.readTook = m.readAt.Sub(began)
	return st, nil
}

// asUnread turns whatever kept us from reading into what a reader has to know: the broker cannot be asked now. A
// read that got no answer has an outcome as certain as one that was never sent.
func asUnread(err error) error {
	f := fault.From(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), f.Kind == fault.Uncertain:
		return fault.New(fault.Unavailable, "the broker does not answer, so its present state is not known").
			Hint("nothing was changed; try again in a moment").After(time.Second).Because(err)
	case f.Kind == fault.Unavailable && f.HintText == "":
		return f.Hint("nothing was changed; try again in a moment")
	default:
		return err
	}
}

// state returns the state of the broker as it was at some moment of the last half second or later, and never one
// that was known to be outdated when it was asked for. It waits until ctx ends and then says that the broker cannot
// be asked.
func (s *Service) state(ctx context.Context) (*State, error) {
	need, err := s.mirror.need(ctx)
	if err != nil {
		return nil, err
	}
	if st := s.mirror.at(need); st != nil {
		return st, nil
	}
	release, err := s.takeTurn(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return s.stateSince(ctx, need)
}

// stateInTurn is state for whoever has the turn.
func (s *Service) stateInTurn(ctx context.Context) (*State, error) {
	need, err := s.mirror.need(ctx)
	if err != nil {
		return nil, err
	}
	return s.stateSince(ctx, need)
}

// stateSince returns a state with every change up to the given number, for whoever has the turn. Those who waited
// for the turn are served by what the one before them read: in a storm of foreign changes all of them wait for one
// reading and not each for another.
func (s *Service) stateSince(ctx context.Context, need uint64) (*State, error) {
	if st := s.mirror.at(need); st != nil {
		return st, nil
	}
	if err := s.mirror.awaitSlot(ctx); err != nil {
		return nil, err
	}
	return s.mirror.read(ctx)
}

// takeTurn waits for the turn. Nothing has been sent when it fails.
func (s *Service) takeTurn(ctx context.Context) (release func(), err error) {
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "other changes are still waiting for the broker").
			Hint("nothing was changed; try again in a moment").After(time.Second).Because(ctx.Err())
	}
}
