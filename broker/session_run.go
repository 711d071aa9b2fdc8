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
	var delay backoff
	for s.ctx.Err() == nil {
		began := time.Now()
		state := s.connectOnce()
		if time.Since(began) > settled {
			delay.reset()
		}
		wait := delay.next()
		if state == StateRefused {
			wait = max(wait, refusedDelay)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-s.ctx.Done():
			timer.Stop()
		}
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
	return reason.state
}

// backoff yields delays that grow from firstDelay to lastDelay. They are spread by a quarter, so that several
// consoles of one broker do not come back in the same instant.
type backoff struct{ delay time.Duration }

func (b *backoff) reset() { b.delay = 0 }

func (b *backoff) next() time.Duration {
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
