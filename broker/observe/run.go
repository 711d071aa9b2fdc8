package observe

import (
	"context"
	"errors"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// run connects, stays connected, and begins again, until the stream is closed.
func (s *Stream) run() {
	var delay broker.Backoff
	for s.ctx.Err() == nil {
		began := time.Now()
		state := s.connectOnce()
		delay.Wait(s.ctx, time.Since(began), state, s.hurry)
	}
}

// Hurry makes the stream try at once, and then with short delays again: whoever calls it knows that the broker has just
// been started.
func (s *Stream) Hurry() {
	select {
	case s.hurry <- struct{}{}:
	default:
	}
}

// connectOnce makes one connection and returns when it is over, with the state that this left the stream in.
func (s *Stream) connectOnce() broker.State {
	l, err := s.dial(s.ctx)
	if err == nil {
		s.begin(l)
		err = l.serve(s.ctx)
		l.close()
	}
	t, known := errors.AsType[*broker.Trouble](err)
	if !known {
		t = s.options.Endpoint.Lost(0, err)
	}
	if s.ctx.Err() != nil {
		t = &broker.Trouble{State: broker.StateClosed, Detail: "the observation was ended"}
	}
	if l != nil {
		s.end(l, t.Detail)
	}
	if s.ctx.Err() == nil {
		s.become(t)
	}
	return t.State
}

// begin makes l the present connection.
func (s *Stream) begin(l *link) {
	s.mu.Lock()
	s.status.Generation++
	s.status.ClientID = l.clientID
	s.subscriptions = l.subscriptions
	l.generation = s.status.Generation
	s.mu.Unlock()
	for _, c := range s.consumers {
		c.announce(Block{Kind: Connected, At: s.options.Clock(), Generation: l.generation, ClientID: l.clientID})
	}
	s.become(nil)
}

// end tells the consumers that l is over, and why.
func (s *Stream) end(l *link, reason string) {
	s.mu.Lock()
	s.subscriptions = nil
	s.mu.Unlock()
	for _, c := range s.consumers {
		c.announce(Block{
			Kind: Disconnected, At: s.options.Clock(), Generation: l.generation, Reason: reason,
			Delivered: l.delivered, DeliveredBytes: l.deliveredBytes,
		})
	}
}

// within bounds one step of making a connection.
func (s *Stream) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.options.Timeout)
}

// wanted is what is to be observed.
func (s *Stream) wanted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filters
}
