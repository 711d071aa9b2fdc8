package broker

import (
	"context"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// State is how well a session can speak with the dynamic security plugin.
type State string

// The states of a session.
const (
	StateConnecting State = "connecting" // no connection yet, or not any more; Detail says why
	StateConnected  State = "connected"  // the plugin answers
	StateRefused    State = "refused"    // the broker does not let our account in
	StateNoPlugin   State = "no_plugin"  // connected, and nothing answers control commands
	StateNoRights   State = "no_rights"  // connected, and our account may not send commands or read the answers
	StateClosed     State = "closed"     // Close was called
)

// Status is a session's state for people: /readyz and the errors of calls show it.
type Status struct {
	State   State
	Version string    // of the broker, as in 2.0.11; empty when it does not say
	Since   time.Time // when State began
	Detail  string    // what is the matter, one sentence without a full stop; empty when all is well
	Hint    string    // what the operator can do about it; may be empty
}

// Status returns the present state. It never waits.
func (s *Session) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := s.status
	status.Version = s.sys.version()
	return status
}

// Ready waits until commands can be sent. It returns the fault that Do would return, at once when waiting will not
// help (the account is refused, has no rights, or there is no plugin) and else when ctx ends.
func (s *Session) Ready(ctx context.Context) error {
	for {
		_, status, changed := s.now()
		switch status.State {
		case StateConnected:
			return nil
		case StateConnecting:
		default:
			return status.fault()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return status.fault().Because(ctx.Err())
		}
	}
}

// now returns the link to send over, nil when there is none, the state, and a channel that is closed when either
// changes.
func (s *Session) now() (*link, Status, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usable, s.status, s.changed
}

// condition is what is the matter, with the event that it makes.
type condition struct {
	Trouble
	takenOver bool // as in Event
}

// become enters a state. For StateConnected l is the link to use from now on.
func (s *Session) become(l *link, c *condition) {
	// Events are delivered in the order of the changes, so both happen under one lock; listeners may ask for the
	// status, so it is not the lock of the status.
	s.emitMu.Lock()
	defer s.emitMu.Unlock()
	_, before, _ := s.now()
	if before.State == StateClosed {
		return
	}
	// Attempts that fail like the one before are not worth a line each.
	if before.State != c.State || before.Detail != c.Detail {
		c.Log(s.log, "control session", s.options.Endpoint.Name)
	}
	// Listeners come first, so that whoever finds the session ready knows that they know it too.
	switch {
	case c.State == StateConnected && before.State != StateConnected:
		s.emit(Event{Kind: Connected, Changes: true})
	case c.State != StateConnected && before.State == StateConnected:
		s.emit(Event{Kind: Disconnected, Reason: c.Detail, TakenOver: c.takenOver})
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.State, s.status.Detail, s.status.Hint = c.State, c.Detail, s.options.Endpoint.hintFor(c)
	if before.State != c.State {
		s.status.Since = time.Now()
	}
	s.usable, s.open = nil, l
	if c.State == StateConnected {
		s.usable = l
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// fault is the error of a call that cannot be made in this state: nothing was sent.
func (st Status) fault() *fault.Error {
	message, again := "the broker cannot be reached", time.Second
	switch st.State {
	case StateRefused:
		message, again = "the broker does not let BunkerM in", 5*time.Second
	case StateNoPlugin:
		message, again = "the broker does not answer control commands", 5*time.Second
	case StateNoRights:
		message, again = "BunkerM's broker account may not manage dynamic security", 5*time.Second
	case StateClosed:
		message = "BunkerM is shutting down"
	case StateConnecting, StateConnected:
		if st.Detail != "" {
			message = st.Detail
		}
	}
	return fault.New(fault.Unavailable, message).Hint(st.Hint).After(again)
}
