package broker

import (
	"context"
	"sync"

	"github.com/bunkerm/bunkerm/fault"
)

// barrierCommand is a name that the plugin does not know: it answers at once, changes nothing and, unlike for every
// command it knows, writes no line into the broker's log (seen with 2.0.11 and 2.1.2).
const barrierCommand = "bunkermBarrier"

// barrier lets callers of Sync share round trips. A caller cannot use a round trip that is under way, because the
// broker may have answered it before the caller asked; all who come meanwhile share the next one.
type barrier struct {
	mu      sync.Mutex
	running bool
	next    *syncRound
}

type syncRound struct {
	done chan struct{}
	err  error
}

// Sync returns when every answer that the broker gave before Sync was called has been delivered to the listeners. It
// costs one round trip. The error is a fault as of Do, except that nothing can be changed by it: it is Unavailable
// whenever the broker did not answer.
func (s *Session) Sync(ctx context.Context) error {
	round, err := s.joinRound()
	if err != nil {
		return err
	}
	select {
	case <-round.done:
		return round.err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "the broker does not answer in time").Because(ctx.Err())
	}
}

func (s *Session) joinRound() (*syncRound, error) {
	// The session's lock is the one under which Close ends it: no goroutine may begin after that.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return nil, Status{State: StateClosed}.fault()
	}
	b := &s.barrier
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = &syncRound{done: make(chan struct{})}
	}
	if !b.running {
		b.running = true
		s.wg.Go(s.syncRounds)
	}
	return b.next, nil
}

// syncRounds runs rounds until nobody asks for one. Its exchanges are bounded by SessionOptions.Timeout and end with
// the session, not with the context of one of the callers.
func (s *Session) syncRounds() {
	for {
		s.barrier.mu.Lock()
		round := s.barrier.next
		s.barrier.next = nil
		s.barrier.running = round != nil
		s.barrier.mu.Unlock()
		if round == nil {
			return
		}
		_, err := s.Do(s.ctx, Command{"command": barrierCommand})
		if fault.Is(err, fault.Uncertain) {
			err = fault.New(fault.Unavailable, "the broker does not answer").Because(err)
		}
		round.err = err
		close(round.done)
	}
}
