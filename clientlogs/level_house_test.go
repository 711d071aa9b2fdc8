package clientlogs

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// lever is a debug log that remembers how it was switched. The managed broker's own is tested with the broker.
type lever struct {
	mu     sync.Mutex
	on     bool
	err    error // why nothing is switched
	hangs  bool  // nothing is ever answered
	orders []order
}

type order struct {
	at time.Time
	on bool
}

func (l *lever) DebugLog() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.on
}

func (l *lever) SetDebugLog(ctx context.Context, on bool) error {
	l.mu.Lock()
	l.orders = append(l.orders, order{time.Now(), on})
	hangs, err := l.hangs, l.err
	if !hangs && err == nil && ctx.Err() == nil {
		l.on = on
	}
	l.mu.Unlock()
	if hangs {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// becomes is what happens to the broker without us.
func (l *lever) becomes(change func(l *lever)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// ordered are the times at which it was switched, or tried to be, since a moment.
func (l *lever) ordered(on bool, since time.Time) (times []time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.orders {
		if o.on == on && !o.at.Before(since) {
			times = append(times, o.at.Sub(since))
		}
	}
	return times
}

// loggedText is a log that is read while it is written.
type loggedText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *loggedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *loggedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// levelHouse is Levels with a database, a lever and a load that the test makes.
type levelHouse struct {
	t      *testing.T
	db     *store.DB
	lever  *lever
	levels *Levels
	log    loggedText
	stop   func() error // ends Run

	mu   sync.Mutex
	load float64

	delivered float64
	clients   int  // connected
	mute      bool // how many clients there are is not told

	events []Event
}

// inLevels runs a test in a bubble, where hours pass at once.
func inLevels(t *testing.T, test func(h *levelHouse)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &levelHouse{t: t, db: storetest.Open(t), lever: &lever{}}
		h.start()
		test(h)
		if err := h.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if h.lever.DebugLog() {
			t.Error("the debug log is on when we have gone")
		}
	})
}

// start begins as after a start of the program.
func (h *levelHouse) start() {
	h.t.Helper()
	levels, err := NewLevels(h.t.Context(), LevelOptions{
		Store: h.db, Switch: h.lever,
		Available: Available{PublishEvents: true, Denied: true, Subscriptions: true, Source: sourceKeeper},
		Rate:      func() float64 { h.mu.Lock(); defer h.mu.Unlock(); return h.load },
		Delivered: func() float64 { h.mu.Lock(); defer h.mu.Unlock(); return h.delivered },
		Clients:   func() (int, bool) { h.mu.Lock(); defer h.mu.Unlock(); return h.clients, !h.mute },
		Version:   func() string { return "2.1.2" },
		Record:    func(e Event) { h.mu.Lock(); defer h.mu.Unlock(); h.events = append(h.events, e) },
		Actor:     func(context.Context) string { return "tester" },
		Logger:    slog.New(slog.NewTextHandler(&h.log, nil)),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.levels = levels
	ctx, cancel := context.WithCancel(h.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- levels.Run(ctx) }()
	h.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	synctest.Wait()
}

// passes lets time pass, and waits until what happens then has happened.
func (h *levelHouse) passes(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// busy is the load from now on, in messages a second.
func (h *levelHouse) busy(load float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.load = load
}

// told are the events so far.
func (h *levelHouse) told() []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

// set changes the settings as a PUT does.
func (h *levelHouse) set(p PublishEventsFields) PublishEventsAnswer {
	h.t.Helper()
	a, err := h.levels.SetSettings(h.t.Context(), SettingsFields{PublishEvents: &p})
	if err != nil {
		h.t.Fatal(err)
	}
	return a.PublishEvents
}

// want checks the state and the lever.
func (h *levelHouse) want(state PublishState, on bool) PublishEventsAnswer {
	h.t.Helper()
	is := h.levels.Settings().PublishEvents
	if is.State != state || h.lever.DebugLog() != on {
		h.t.Fatalf("state %s (%s), debug log on: %v; want %s, %v", is.State, is.Reason, h.lever.DebugLog(), state, on)
	}
	if (is.Reason == "") != (state == PublishesRecorded) {
		h.t.Errorf("state %s with the reason %q", is.State, is.Reason)
	}
	return is
}
