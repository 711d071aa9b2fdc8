package anomaly

import (
	"context"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/stream"
)

// Options are what a Service needs. Store and Matches are required; what else is nil is not known, not sent or not allowed.
type Options struct {
	Store  *store.DB
	Logger *slog.Logger     // nil discards
	Clock  func() time.Time // time.Now when nil

	// Matches tells whether a topic is matched by a filter, and CheckFilter what is wrong with a filter.
	Matches     func(filter, topic string) bool
	CheckFilter func(filter string) error
	// SnapshotFile is where what has been learned is kept between two starts; empty: nowhere.
	SnapshotFile string

	Notify *notify.Service
	// URL is where people read of an incident, empty where that is not known.
	URL func(id int64) string
	// Group are the usernames and client ids of a group.
	Group func(ctx context.Context, name string) ([]string, error)
	// Figures are the broker's own, asked for every ten seconds; none while they are not known.
	Figures func() []Figure
	// Memory is told now and then how many bytes the detectors take.
	Memory func(bytes int)
	// Conditions are what BunkerM itself finds wrong, asked for every few seconds.
	Conditions func(ctx context.Context) []Condition

	Actor   func(ctx context.Context) string                                    // who asks
	Allowed func(ctx context.Context, permission string) bool                   // has a permission beyond the route's own
	Record  func(ctx context.Context, action, object string, before, after any) // keeps what was changed
	Streams *stream.Group
}

// Service notices what is strange. Its methods may be called by any number of goroutines; errors are faults.
type Service struct {
	o        Options
	log      *slog.Logger
	settings atomic.Pointer[Settings]
	changing sync.Mutex // held by whoever changes settings, rules or maintenance
	events   *events
	rows     *store.Batcher[row]
	outgoing outgoing

	mu     sync.Mutex // guards watch; held for microseconds, but for lists of everything
	watch  *watch
	saving sync.Mutex // held by whoever writes incidents, so that an older state never follows a newer one
	news   string     // what is to be said of what was learned before; empty: nothing

	hurry atomic.Bool // what people have said is not kept yet: it has to outlive a kill
}

// New returns a service with what is stored and what was learned before. Nothing is watched before it is told.
func New(ctx context.Context, o Options) (*Service, error) {
	o = o.withDefaults()
	s := &Service{o: o, log: o.Logger, events: newEvents()}
	s.rows = store.NewBatcher(o.Store, store.BatchOptions[row]{Name: "anomalies", DropWhenFull: true, Write: s.saveRows})
	open, last, err := s.loadIncidents(ctx)
	if err != nil {
		return nil, err
	}
	now := o.Clock().UnixMilli()
	s.watch = newWatch(o.Matches, func(words incident.Words) *incident.Book { return incident.NewBook(last, now, open, words) })
	s.restore(now)
	s.watch.missed(now, true)
	if err := s.loadSettings(ctx); err != nil {
		return nil, err
	}
	if err := s.loadRules(ctx); err != nil {
		return nil, err
	}
	if err := s.outgoing.load(ctx, s); err != nil {
		return nil, err
	}
	return s, s.loadMaintenance(ctx)
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.CheckFilter == nil {
		o.CheckFilter = func(string) error { return nil }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if o.Actor == nil {
		o.Actor = func(context.Context) string { return "" }
	}
	if o.Allowed == nil {
		o.Allowed = func(context.Context, string) bool { return false }
	}
	if o.URL == nil {
		o.URL = func(int64) string { return "" }
	}
	return o
}

// Messages takes messages in that were read at a time.
func (s *Service) Messages(at time.Time, all iter.Seq[*Message]) {
	ms := at.UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	for m := range all {
		s.watch.message(ms, m)
	}
}

// Missed says that messages may have passed by unseen until now; restarted, that the broker or our connection began anew,
// after which devices need a while to come back.
func (s *Service) Missed(at time.Time, restarted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.missed(at.UnixMilli(), restarted)
}

// Client takes what a client did in.
func (s *Service) Client(e *ClientEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.client(e)
}

const (
	tickEvery      = time.Second / 2
	figuresEvery   = 10 * time.Second
	snapshotEvery  = 5 * time.Minute
	conditionEvery = 5 * time.Second
	memoryStep     = 4 << 20 // bytes
)

// Run lets time pass, stores and sends until ctx ends; then it keeps what has been learned.
func (s *Service) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.rows.Run(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("findings are not stored any more", "error", err)
		}
	})
	defer running.Wait()
	if s.o.Conditions != nil {
		running.Go(func() { s.watchConditions(ctx) })
	}
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	var figures, snapshot, minute time.Time
	snapshot = s.o.Clock()
	told := s.tellMemory(-memoryStep)
	for {
		select {
		case <-ctx.Done():
			s.Tick(context.WithoutCancel(ctx), s.o.Clock())
			s.snapshot(true)
			return nil
		case <-tick.C:
		}
		now := s.o.Clock()
		if s.o.Figures != nil && now.Sub(figures) >= figuresEvery {
			figures = now
			s.Figures(now, s.o.Figures())
		}
		s.Tick(ctx, now)
		told = s.tellMemory(told)
		if now.Sub(minute) >= time.Minute {
			minute = now
			s.everyMinute(ctx)
		}
		if now.Sub(snapshot) >= snapshotEvery || s.hurry.Swap(false) {
			snapshot = now
			s.snapshot(false)
		}
	}
}

// everyMinute does what need not be done more often.
func (s *Service) everyMinute(ctx context.Context) {
	s.mu.Lock()
	groups := slices.ContainsFunc(s.watch.quiet, func(m Maintenance) bool { return m.Scope == ScopeGroup })
	s.mu.Unlock()
	if !groups {
		return
	}
	if err := s.loadMaintenance(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("maintenance could not be read again", "error", err)
	}
}

// tellMemory tells how much memory the detectors take when that differs enough from what was told, and returns what has been
// told. Whoever bounds the garbage collector by it must hear of it soon: with a bound below what is in use it works without
// a pause.
func (s *Service) tellMemory(told int) int {
	s.mu.Lock()
	bytes := s.watch.topics.bytes
	s.mu.Unlock()
	if s.o.Memory == nil || max(bytes-told, told-bytes) < memoryStep {
		return told
	}
	s.o.Memory(bytes)
	return bytes
}

// Figures takes the broker's own figures in.
func (s *Service) Figures(at time.Time, figures []Figure) {
	if len(figures) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.figures(at.UnixMilli(), figures)
}

// Tick lets time pass until now, stores what has changed, and tells people.
func (s *Service) Tick(ctx context.Context, now time.Time) {
	s.mu.Lock()
	s.watch.tick(now.UnixMilli())
	s.mu.Unlock()
	if err := s.flush(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("incidents could not be stored; they are tried again", "error", err)
	}
	s.outgoing.tick(ctx, s, now)
}

// flush stores what has changed and hands it on.
func (s *Service) flush(ctx context.Context) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	rows, changes := s.watch.rows, s.watch.changes
	s.watch.rows, s.watch.changes = nil, nil
	changed := s.watch.book.Changed()
	details := make([]detail, len(changed))
	for i := range changed {
		details[i] = detail{changed[i], s.watch.chart(&changed[i])}
	}
	s.mu.Unlock()
	if len(rows) > 0 {
		_ = s.rows.Add(ctx, rows...) // it counts what it drops
	}
	var err error
	if len(details) > 0 {
		if err = s.store(ctx, details); err != nil {
			s.mu.Lock()
			for i := range changed {
				s.watch.book.Again(changed[i])
			}
			s.mu.Unlock()
		}
	}
	for i := range changes {
		s.outgoing.change(ctx, s, &changes[i])
	}
	if len(changes) > 0 {
		s.outgoing.save(ctx, s)
	}
	if len(details) > 0 {
		s.events.alerts(details)
	}
	return err
}

// words are those of incidents.
func (s *Service) words() incident.Words { return incident.Words{Location: s.Location} }

// Location is where the people are.
func (s *Service) Location() *time.Location { return s.settings.Load().location() }
