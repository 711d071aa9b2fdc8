package broker

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// The delays between attempts to connect.
const (
	firstDelay = 50 * time.Millisecond
	lastDelay  = 5 * time.Second
	// refusedDelay is the shortest delay after the broker refused us: it writes a line into its log each time.
	refusedDelay = time.Second
	// settled is how long a connection must have lasted for the next delay to be short again. Somebody who takes
	// over our session as soon as they see it ends connections that were made successfully.
	settled = 10 * time.Second
)

// run connects, stays connected, and begins again, until the session is closed.
//
// It uses the MQTT client of paho.golang directly and not autopaho: a client id that is new at every attempt, delays
// that grow after connections that were cut at once, and a status that says why are all decided here.
func (s *Session) run() {
	var delay Backoff
	for s.ctx.Err() == nil {
		began := time.Now()
		state := s.connectOnce()
		delay.Wait(s.ctx, time.Since(began), state, s.hurry)
	}
}

// Hurry makes the session try at once, and then with short delays again: whoever calls it knows that the broker has just
// been started. A session that is connected takes it to heart at its next loss.
func (s *Session) Hurry() { token(s.hurry) }

// token leaves one where there is none.
func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// connectOnce makes one connection and returns when it is over, with the state that this left the session in.
func (s *Session) connectOnce() State {
	l, err := s.dial(s.ctx)
	if err == nil {
		err = l.serve(s.ctx)
		// Nobody is told that the session is ready to be used over this link any more before its callers are told
		// that theirs is over.
		s.sys.forget()
	}
	if s.ctx.Err() != nil {
		if l != nil {
			l.end(err)
		}
		return StateClosed
	}
	reason, known := errors.AsType[*condition](err)
	if !known {
		reason = lostConnection(err)
	}
	s.become(nil, reason)
	if l != nil {
		l.end(err)
	}
	return reason.State
}

// Backoff yields the delays between attempts to connect, which grow from 50 ms to 5 s. They are spread by a quarter, so
// that several consoles of one broker do not come back in the same instant. The zero value is ready.
type Backoff struct{ delay time.Duration }

// After is how long to wait after a connection, or an attempt at one, that lasted so long and ended in this state.
func (b *Backoff) After(lasted time.Duration, state State) time.Duration {
	if lasted > settled {
		b.reset()
	}
	wait := b.next()
	if state == StateRefused {
		wait = max(wait, refusedDelay)
	}
	return wait
}

// Wait waits for as long as After says, until ctx ends, or until somebody knows better: then the delays begin anew.
func (b *Backoff) Wait(ctx context.Context, lasted time.Duration, state State, hurry <-chan struct{}) {
	timer := time.NewTimer(b.After(lasted, state))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-hurry:
		b.reset()
	case <-ctx.Done():
	}
}

func (b *Backoff) reset() { b.delay = 0 }

func (b *Backoff) next() time.Duration {
	if b.delay == 0 {
		b.delay = firstDelay
	}
	wait := b.delay
	b.delay = min(b.delay*3/2, lastDelay)
	return wait*7/8 + rand.N(wait/4)
}

// within bounds one step of making a connection.
func (s *Session) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.Timeout)
}
