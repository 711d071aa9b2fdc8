package clientlogs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// DebugSwitch switches the broker's debug log, in which alone it says who publishes what, while it runs.
type DebugSwitch interface {
	// DebugLog reports whether the debug log is on.
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
	Record    func(Event)    // where the events about pauses go; nil nowhere

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

	mu       sync.Mutex
	settings storedSettings
	judge    judge
	trouble  *fault.Error // why the debug log is not as it should be; nil when it is
	since    time.Time    // when the present state began
	state    PublishState
	pausedAt time.Time // when the present or last pause began
	retry    time.Time // when the switch is tried again
	patience time.Duration
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
	if o.Record == nil {
		o.Record = func(Event) {}
	}
	if o.Actor == nil {
		o.Actor = func(context.Context) string { return "" }
	}
	l := &Levels{o: o, log: o.Logger, wake: make(chan struct{}, 1), settings: defaultSettings(), state: PublishesOff, since: o.Clock()}
	if _, err := o.Store.Setting(ctx, settingName, &l.settings); err != nil {
		return nil, err
	}
	l.apply()
	return l, nil
}

// Wants reports whether a publish is to be recorded. It is called for every line about one, and allocates nothing.
func (l *Levels) Wants(clientID, topic []byte) bool { return (*l.wants.Load())(clientID, topic) }

// EventsAge and PublishesAge are how long events and publish events are kept.
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
	all, none := func(_, _ []byte) bool { return true }, func(_, _ []byte) bool { return false }
	wants := all
	switch l.settings.Mode {
	case ModeOff:
		wants = none
	case ModeTrace:
		wants = newTrace(l.settings.Trace.ClientIDs, l.settings.Trace.Topics).wants
	case ModeAuto, ModeFull:
	}
	l.wants.Store(&wants)
	l.judge.threshold = float64(l.settings.Threshold)
	l.retry = time.Time{}
}

// Run switches the debug log as the settings and the broker's load demand, until ctx ends. Then it switches it off: a
// broker that goes on without us should not pay for it.
func (l *Levels) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		l.look(ctx)
		select {
		case <-tick.C:
		case <-l.wake:
		case <-ctx.Done():
			return l.end(context.WithoutCancel(ctx))
		}
	}
}

// endWithin bounds the last switch.
const endWithin = 3 * time.Second

func (l *Levels) end(ctx context.Context) error {
	if l.o.Switch == nil || !l.o.Switch.DebugLog() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	return l.o.Switch.SetDebugLog(ctx, false)
}

// look decides what should be, and makes it so.
func (l *Levels) look(ctx context.Context) {
	now := l.o.Clock()
	l.endTrace(ctx, now)
	l.mu.Lock()
	mode := l.settings.Mode
	if mode == ModeAuto && l.o.Switch != nil {
		if rate := l.o.Rate(); l.judge.look(now, rate) {
			l.tellPause(now, rate)
		}
	}
	on := mode == ModeFull || mode == ModeTrace || mode == ModeAuto && !l.judge.paused
	waiting := now.Before(l.retry)
	l.mu.Unlock()

	var trouble *fault.Error
	if l.o.Switch != nil && l.o.Switch.DebugLog() != on {
		if waiting && on {
			return
		}
		if err := l.o.Switch.SetDebugLog(ctx, on); err != nil {
			if ctx.Err() != nil {
				return
			}
			trouble = fault.From(err)
		}
	}
	l.note(now, on, trouble)
}

// note keeps how it went.
func (l *Levels) note(now time.Time, on bool, trouble *fault.Error) {
	const firstPatience, lastPatience = 5 * time.Second, time.Minute
	l.mu.Lock()
	defer l.mu.Unlock()
	if trouble == nil {
		l.trouble, l.patience, l.retry = nil, 0, time.Time{}
	} else {
		if l.trouble == nil || l.trouble.Message != trouble.Message {
			l.log.Warn("the broker's debug log cannot be switched", "on", on, "error", trouble)
		}
		l.patience = min(max(2*l.patience, firstPatience), lastPatience)
		l.trouble, l.retry = trouble, now.Add(l.patience)
	}
	state := l.stateNow(on)
	if state != l.state {
		l.state, l.since = state, now
	}
}

// stateNow is the state that follows from what is wanted and what went wrong. The caller holds mu.
func (l *Levels) stateNow(on bool) PublishState {
	switch {
	case l.settings.Mode == ModeOff:
		return PublishesOff
	case l.o.Switch == nil && !l.o.Available.PublishEvents:
		return PublishesUnavailable
	case !on && l.o.Switch != nil:
		return PublishesPaused
	case l.trouble != nil:
		return PublishesUnavailable
	default:
		return PublishesRecorded
	}
}

// tellPause records that a pause begins or ends. The caller holds mu; Record does not come back.
func (l *Levels) tellPause(now time.Time, rate float64) {
	e := Event{Time: now, Kind: Recording, Count: 1, Reason: RecordingPaused, Topic: pausedSentence(rate, l.judge.threshold)}
	if !l.judge.paused {
		e.Reason, e.Topic, e.Until = RecordingResumed, resumedSentence(l.judge.peak), now
		e.Time = l.pausedAt
	}
	l.pausedAt = now
	l.log.Info("publish events", "state", string(e.Reason), "messages_per_second", int(rate))
	l.o.Record(e)
}

// endTrace goes back to the mode before when a trace has lasted long enough.
func (l *Levels) endTrace(ctx context.Context, now time.Time) {
	l.writing.Lock()
	defer l.writing.Unlock()
	s := l.stored()
	if s.Mode != ModeTrace || now.Before(s.Trace.Until) {
		return
	}
	l.log.Info("the trace of publish events has ended")
	s.Mode, s.Trace = s.Before, traceSettings{}
	if err := l.save(ctx, s); err != nil {
		l.use(s) // what is stored ends at the next start
		l.log.Warn("the end of a trace could not be stored", "error", err)
	}
}

// save stores settings and puts them to work.
func (l *Levels) save(ctx context.Context, s storedSettings) error {
	if err := l.o.Store.SetSetting(ctx, settingName, s); err != nil {
		return err
	}
	l.use(s)
	return nil
}

// use puts settings to work.
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
