package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/stream"
)

// Options are what a Service needs. Store is required, and so are Consumer and Observation for a service that runs;
// what else is nil is not known, not shown or not allowed.
type Options struct {
	Logger *slog.Logger     // nil discards
	Clock  func() time.Time // time.Now when nil

	Store *store.DB
	// Consumer reads what is observed, $SYS/broker/# included; the Service is its only reader.
	Consumer *observe.Consumer
	// Observation is how well the broker can be seen.
	Observation func() observe.Status
	// AskAgain makes the broker tell its figures once more, where some may have been lost on the way to Consumer; nil
	// where that cannot be had.
	AskAgain func()
	// Process says what the broker's process does (running, starting, stopped), where it is ours.
	Process func() (state string, since time.Time, known bool)

	// OwnSessions and OwnSubscriptions count ours at the broker now. OwnTraffic is what our connections other than the
	// observation have cost the broker since our process began.
	OwnSessions      func() int
	OwnSubscriptions func() int
	OwnTraffic       func() Traffic

	// Sessions are the clients that are connected; known is false while that cannot be told. The slice is the
	// caller's own.
	Sessions func() (sessions []Session, known bool)
	// SessionChanges returns up to n sessions that began or ended after a position, the new position, and a channel
	// that is closed when there are more. Position 0 asks for the present position alone.
	SessionChanges func(after int64, n int) (changes []SessionChange, next int64, changed <-chan struct{})
	// Check counts the connections of each user in another way than Sessions does; ok is false where that cannot be
	// had.
	Check func(ctx context.Context) (connections map[string]int, ok bool)
	// TopicChanges is Topics.Changes.
	TopicChanges func(after int64, most int) ([]TopicDelta, int64)

	// Streams are the open event streams.
	Streams *stream.Group

	// Defaults hold until somebody stores settings; what is zero in them gets the product's own default.
	Defaults ObservationSettings
	// Apply puts settings to work: the filters that are observed, and those whose values are kept out of memory. It is
	// called once at the start and after each change, with valid settings. Errors are faults.
	Apply func(ObservationSettings) error
	// Record keeps what was changed: the action settings.update, the object settings/monitor, before and after.
	Record func(ctx context.Context, action, object string, before, after any)
}

// Service answers how the broker is doing, now and over time, and who is connected. Its methods may be called by any
// number of goroutines; errors are faults.
type Service struct {
	o        Options
	log      *slog.Logger
	table    [figureCount]Figure
	byName   map[string]figure
	collect  *collector
	record   *recorder
	settings settingsHolder
	check    sessionCheck
}

// New returns a service with the settings that are stored. Nothing is read from the broker before Run.
func New(ctx context.Context, o Options) (*Service, error) {
	o = o.withDefaults()
	s := &Service{o: o, log: o.Logger, table: figureTable(), byName: map[string]figure{}}
	for i := range s.table {
		s.byName[s.table[i].Name] = figure(i)
	}
	if err := s.loadSettings(ctx); err != nil {
		return nil, err
	}
	s.collect = newCollector(&s.o, &s.table, s.sampled)
	s.record = newRecorder(o.Store, o.Clock, o.Logger)
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Observation == nil {
		o.Observation = func() observe.Status { return observe.Status{} }
	}
	if o.Process == nil {
		o.Process = func() (string, time.Time, bool) { return "", time.Time{}, false }
	}
	none := func() int { return 0 }
	if o.OwnSessions == nil {
		o.OwnSessions = none
	}
	if o.OwnSubscriptions == nil {
		o.OwnSubscriptions = none
	}
	if o.OwnTraffic == nil {
		o.OwnTraffic = func() Traffic { return Traffic{} }
	}
	if o.Sessions == nil {
		o.Sessions = func() ([]Session, bool) { return nil, false }
	}
	if o.Streams == nil {
		o.Streams = new(stream.Group)
	}
	if o.Apply == nil {
		o.Apply = func(ObservationSettings) error { return nil }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	return o
}

// Run reads the broker's figures and writes history until ctx ends. What is not written then, it writes in the end.
func (s *Service) Run(ctx context.Context) error {
	saved, err := s.record.open(ctx)
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // whoever ended it does not want to know
	case err != nil:
		return err
	}
	if saved != nil {
		s.collect.ledger.restore(*saved)
	}
	var running sync.WaitGroup
	running.Go(func() { s.record.run(ctx, s.now, s.collect.ours.Load) })
	running.Go(func() { s.check.run(ctx, s) })
	err = s.collect.run(ctx, s.o.Consumer)
	<-ctx.Done()
	running.Wait()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("reading the broker's figures: %w", err)
	}
	return nil
}

// sampled is told of each sample by the collector.
func (s *Service) sampled(ofTick bool) {
	if ofTick {
		values, _, _ := s.now()
		s.record.take(&values, s.o.Clock())
	}
}

// Figures are the numbers that the service knows, in the order in which it knows them.
func (s *Service) Figures() []Figure { return s.table[:] }

// Kinds is what the service keeps, for the store's retention.
func (s *Service) Kinds() []store.Kind { return s.kinds() }
