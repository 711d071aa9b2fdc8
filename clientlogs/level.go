package clientlogs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// DebugSwitch switches the broker's debug log, in which alone it says who publishes what, while it runs.
type DebugSwitch interface {
	// DebugLog reports whether the debug log is on. It is asked four times a second and must not wait.
	DebugLog() bool
	// SetDebugLog switches it. Errors are faults that say why nothing was switched.
	SetDebugLog(ctx context.Context, on bool) error
}

// Available is what can be had of a broker's log.
type Available struct {
	PublishEvents bool   `json:"publish_events" doc:"Who published what"`
	Denied        bool   `json:"denied" doc:"Who was denied what"`
	Subscriptions bool   `json:"subscriptions" doc:"Who subscribed to what"`
	Source        string `json:"source" doc:"Where the log comes from: keeper, file or topic"`
	WhyNot        string `json:"why_not,omitempty" doc:"Why something cannot be had, or only with the right configuration of the broker"`
}

// LevelOptions are what Levels need. Store is required.
type LevelOptions struct {
	Store     *store.DB
	Switch    DebugSwitch    // nil where the debug log cannot be switched
	Available Available      // without a Switch, PublishEvents says that the log has debug lines anyway
	Rate      func() float64 // messages that clients publish in a second; nil is 0
	Delivered func() float64 // messages that the broker delivers to others than BunkerM in a second; nil is 0
	Version   func() string  // the broker's, as in 2.0.11; nil or empty where unknown
	// Clients is how many are connected; false while that is not known. Nil is none.
	Clients func() (n int, known bool)
	Record  func(Event) // where the events about pauses go; nil nowhere
	// RecordChange keeps who changed the settings: the action settings.update, the object settings/clientlogs, before and
	// after. Nil: nobody does.
	RecordChange func(ctx context.Context, action, object string, before, after any)

	Actor  func(context.Context) string // who changes settings, for the log
	Logger *slog.Logger                 // nil discards
	Clock  func() time.Time             // time.Now when nil
}

// Mode says which publishes are recorded.
type Mode string

// The modes.
const (
	ModeAuto  Mode = "auto"  // all, while the broker is quiet enough not to notice
	ModeFull  Mode = "full"  // all, whatever it costs the broker
	ModeTrace Mode = "trace" // those of some clients and topics, for a while
	ModeOff   Mode = "off"   // none
)

// PublishState says whether publishes are being recorded.
type PublishState string

// The states.
const (
	PublishesRecorded    PublishState = "recording"
	PublishesPaused      PublishState = "paused"      // the broker is too busy
	PublishesUnavailable PublishState = "unavailable" // the debug log cannot be switched on at the moment
	PublishesOff         PublishState = "off"
)

// Levels decide which publishes are recorded, and switch the broker's debug log for it. Methods may be called by any
// number of goroutines.
type Levels struct {
	o     LevelOptions
	log   *slog.Logger
	wants atomic.Pointer[func(clientID, topic []byte) bool]
	wake  chan struct{}

	writing sync.Mutex // one change of the settings at a time

	over context.Context // ends with Run, and with it a switch under way
	end  context.CancelFunc

	turn  chan struct{} // holds one element during a look, or the end: one at a time; taken before writing
	judge judge         // of whoever has the turn
	began time.Time     // the first look

	mu       sync.Mutex // guards the rest, and is taken last
	settings storedSettings
	rate     smoothed
	attempt  attempt
	state    PublishState
	reason   string    // of the state; empty while all is recorded
	since    time.Time // when the state began
}

// NewLevels reads the stored settings. Nothing is switched before Run.
func NewLevels(ctx context.Context, o LevelOptions) (*Levels, error) {
	if o.Store == nil {
		return nil, errors.New("clientlogs: the levels' store is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Rate == nil {
		o.Rate = func() float64 { return 0 }
	}
	if o.Delivered == nil {
		o.Delivered = func() float64 { return 0 }
	}
	if o.Version == nil {
		o.Version = func() string { return "" }
	}
	if o.Clients == nil {
		o.Clients = func() (int, bool) { return 0, true }
	}
	if o.Record == nil {
		o.Record = func(Event) {}
	}
	if o.RecordChange == nil {
		o.RecordChange = func(context.Context, string, string, any, any) {}
	}
	if o.Actor == nil {
		o.Actor = func(context.Context) string { return "" }
	}
	l := &Levels{o: o, log: o.Logger, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1), settings: defaultSettings()}
	l.over, l.end = context.WithCancel(context.WithoutCancel(ctx))
	if _, err := o.Store.Setting(ctx, settingName, &l.settings); err != nil {
		return nil, err
	}
	l.settings = l.settings.sound()
	if _, err := o.Store.Setting(ctx, pauseName, &l.judge.pause); err != nil {
		return nil, err
	}
	l.apply()
	now := o.Clock()
	l.note(now, l.wanted())
	if l.state == PublishesPaused && !l.judge.pause.Since.After(now) {
		l.since = l.judge.pause.Since
	}
	return l, nil
}

// Wants reports whether a publish is to be recorded. It is called for every line about one, and allocates nothing. While
// auto pauses it is true: what the broker says nevertheless is worth keeping.
func (l *Levels) Wants(clientID, topic []byte) bool { return (*l.wants.Load())(clientID, topic) }

// EventsAge is how long all events but publish events are kept.
func (l *Levels) EventsAge() time.Duration { return days(l.stored().EventsDays) }

// PublishesAge is how long publish events are kept.
func (l *Levels) PublishesAge() time.Duration { return days(l.stored().PublishesDays) }

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

func (l *Levels) stored() storedSettings {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settings
}

// apply puts the settings to work. The caller holds mu, or nobody else knows l yet.
func (l *Levels) apply() {
	wants := func(_, _ []byte) bool { return true }
	switch l.settings.Mode {
	case ModeOff:
		wants = func(_, _ []byte) bool { return false }
	case ModeTrace:
		wants = newTrace(l.settings.Trace.ClientIDs, l.settings.Trace.Topics).wants
	case ModeAuto, ModeFull:
	}
	l.wants.Store(&wants)
	l.attempt.again = time.Time{} // somebody who changes something wants to see what comes of it
}

// use puts changed settings to work.
func (l *Levels) use(s storedSettings) {
	l.mu.Lock()
	l.settings = s
	l.apply()
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
