package clientlogs

import (
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// TrackerOptions are what a Tracker needs. All functions are called on the goroutine that calls the Tracker, outside of
// its lock, and may be nil.
type TrackerOptions struct {
	// Own tells BunkerM's own sessions: their connects and disconnects are marked, what they subscribe to, publish and
	// read is left out.
	Own func(clientID, username string) bool
	// Wants tells whether a publish is to be recorded. nil wants every one.
	Wants func(clientID, topic []byte) bool
	// Emit gets every event, in order, without an ID.
	Emit func(Event)
	// Session gets every change of a session that must be saved so that Restore can bring it back: at once when one
	// begins or ends, at the next Settle for the rest.
	Session func(SessionChange)
	// Managed says that the log is one of a keeper's, whose own lines alone tell when the broker starts and ends.
	Managed bool
	Limits  Limits
}

// Limits bound what a Tracker keeps; zero values mean the defaults.
type Limits struct{}

// Tracker turns lines into events and sessions. One goroutine calls Line, Tick, Gap, Settle, Flush, Confirm and
// Restore; any goroutine may call Sessions, Counts and Session.
type Tracker struct{ options TrackerOptions }

// NewTracker begins without any session.
func NewTracker(options TrackerOptions) *Tracker { return &Tracker{options: options} }

// Line takes the next line of the log.
func (t *Tracker) Line(line broker.LogLine) {}

// Tick lets time pass: it emits what has been counted together for long enough. Call it about every second.
func (t *Tracker) Tick(now time.Time) {}

// Gap says that lines are missing before the next one: every session becomes Unsure.
func (t *Tracker) Gap(text string, at time.Time) {}

// Settle reports every session that has changed since the last call. Call it before each transaction that saves the
// place in the log.
func (t *Tracker) Settle() {}

// Flush emits everything that is still being counted together, for a shutdown, and settles.
func (t *Tracker) Flush() {}

// Restore brings back saved sessions, before the first Line.
func (t *Tracker) Restore(saved []SavedSession) {}

// Confirm asks about every Unsure session whether its client is still connected.
func (t *Tracker) Confirm(live func(Session) (alive, known bool), at time.Time) {}

// Sessions returns a copy of every session, in no order.
func (t *Tracker) Sessions() []Session { return nil }

// Session returns the session of one client.
func (t *Tracker) Session(clientID string) (Session, bool) { return Session{}, false }

// Counts returns how much the Tracker holds and what it had to let go.
func (t *Tracker) Counts() Counts { return Counts{} }

// Counts is how much a Tracker holds and what it had to let go.
type Counts struct {
	Sessions int // connected now
	Unsure   int // of them, those that may have ended
}

// SessionChange is one thing to save.
type SessionChange struct {
	Removed bool // forget what was saved under this key
	Saved   SavedSession
}

// SavedSession is a session as Restore wants it back.
type SavedSession struct {
	Key       []byte // names it: the client id byte for byte as the log has it
	Connected bool   // false for a persistent session whose client is away
	Session   Session
	Filters   []byte // the subscriptions in a compact form; nil where they are unknown
}
