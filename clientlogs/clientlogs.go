package clientlogs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/stream"
)

// Options are what a Service needs. Store is required; the rest has defaults.
type Options struct {
	Store *store.DB
	// Source is the broker's log; nil where there is none to be had, so that there are no sessions and no new events.
	Source broker.LogSource
	// SourceName says in answers where the events come from: keeper, file or topic.
	SourceName string
	// AtEnd reports whether the source has handed over everything that is in the log; nil where the source cannot tell:
	// then it is concluded from its silence.
	AtEnd func() bool

	Logger *slog.Logger
	Clock  func() time.Time // time.Now when nil

	// Own recognises BunkerM's own sessions, which lists leave out.
	Own func(clientID, username string) bool
	// OnControl is told of each command to the dynamic security plugin that did not come from us, when it is stored.
	// It must not wait. Nil: nobody.
	OnControl func(Event)
	// Wants says whether a publish by this client to this topic is to be recorded; Levels has one. Nil: all are.
	Wants func(clientID, topic []byte) bool
	// Streams is the group in which event streams are opened; nil: one of the service's own.
	Streams *stream.Group

	// EventsAge and PublishesAge say how long events and publish events are kept; nil: 90 days and 7 days.
	EventsAge, PublishesAge func() time.Duration
}

// How long events are kept unless the options say otherwise.
const (
	defaultEventsAge    = 90 * 24 * time.Hour
	defaultPublishesAge = 7 * 24 * time.Hour
)

// Service reads the broker's log and answers what every client did. Its methods may be called by any number of
// goroutines; errors are faults.
type Service struct {
	o     Options
	log   *slog.Logger
	db    *store.DB
	codes *codes
	words *words
	sweep sweep

	scanTime time.Duration // how long a page may be searched for
	*collector
}

// New returns a service whose tables are in o.Store (Migrations). It begins to collect with Run.
func New(o Options) (*Service, error) {
	if o.Store == nil {
		return nil, errors.New("clientlogs: the store is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Own == nil {
		o.Own = func(string, string) bool { return false }
	}
	if o.Wants == nil {
		o.Wants = func([]byte, []byte) bool { return true }
	}
	if o.Streams == nil {
		o.Streams = new(stream.Group)
	}
	if o.EventsAge == nil {
		o.EventsAge = func() time.Duration { return defaultEventsAge }
	}
	if o.PublishesAge == nil {
		o.PublishesAge = func() time.Duration { return defaultPublishesAge }
	}
	s := &Service{o: o, log: o.Logger, db: o.Store, codes: newCodes(), words: newWords(), scanTime: scanTime}
	s.collector = newCollector(o, s.words)
	return s, nil
}

// Run collects until ctx ends, then stores what it has read. It returns an error when what is stored cannot be read.
func (s *Service) Run(ctx context.Context) error { return s.run(ctx) }

// Record puts an event of our own making into the stream, behind all that happened before. It never waits.
func (s *Service) Record(e Event) { s.record(e) }

// Sessions are the sessions that are open now. known is false while the log has not been read to its end for the first
// time since our start, and where there is no log.
func (s *Service) Sessions() (sessions []Session, known bool) { return s.sessions() }
