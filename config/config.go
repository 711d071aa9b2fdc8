package config

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/stream"
)

// Session is our own connection to the broker.
type Session interface {
	// Ready returns when the session can be used.
	Ready(ctx context.Context) error
	// Hurry makes it try at once: the broker has just been started.
	Hurry()
	// Sys is the last value of a figure of the broker's, and when it came.
	Sys(name string) (value string, at time.Time, ok bool)
}

// Options are what the service works with and on.
type Options struct {
	Store  *store.DB
	Logger *slog.Logger
	Clock  func() time.Time // time.Now when nil

	Site   broker.Site // nil: neither the broker's files nor its process can be reached
	WhyNot string      // what to do about that
	// Try has the broker's program try a configuration out; nil where there is no such program on this host.
	Try func(ctx context.Context, c *conf.Config) (Trial, error)
	// Listeners asks the running broker whether each listener does what the configuration says, and returns what does not.
	Listeners func(ctx context.Context, c *conf.Config) []conf.Problem
	// AsBroker runs f with the rights of the broker's user, to see what it could read; nil: our own are as good.
	AsBroker  func(f func()) error
	OtherUser func() bool // the broker may have rights that we lack, so what we may not reach is no error; nil: it has none
	BrokerDir string      // where relative names in the configuration begin; absolute

	Session Session
	OwnPort int // of the listener over which the session is connected; 0: it is another way, which no change cuts
	// Sessions counts the clients that are connected, ours left out; known is false where they cannot be told.
	Sessions func() (n int, known bool)

	// Dynsec is dynamic-security.json as it is on disk; nil where it cannot be reached.
	Dynsec      func() ([]byte, error)
	Control     dynsecfile.Control
	Offline     dynsecfile.Offline // nil: the broker cannot be stopped for another file
	Own         []string           // the usernames that BunkerM works with
	OwnRoles    []string           // and its roles
	BeforeWrite func()             // runs before each message that changes clients, roles or groups
	AfterWrite  func()             // runs when they may have changed

	// Refusals are the last hundred of the broker's log, the newest first; nil: the log is not known.
	Refusals func(ctx context.Context) ([]Refusal, error)

	// Dangerous allows what runs code or reaches files elsewhere; Paths are more folders in which new files may be named.
	Dangerous  bool
	Paths      []string
	PathsAlone bool // new files may be named in none but those: BrokerDir is not the broker's own

	Actor   func(ctx context.Context) string                                    // who asks
	Allowed func(ctx context.Context, permission string) bool                   // has a permission beyond the route's own
	Record  func(ctx context.Context, action, object string, before, after any) // keeps what was done
	Streams *stream.Group
}

// Trial is what came of trying a configuration out.
type Trial struct {
	Problems []conf.Problem // in the broker's own words, at the lines of the user's files
	Tried    bool           // false where it could not be tried
	Skipped  []string       // what was left out, because to try it would do something
}

// Service changes the broker's configuration. Its methods may be called by many goroutines at once; changes come one
// after the other.
type Service struct {
	o      Options
	events *events

	changing sync.Mutex // one change at a time

	mu   sync.Mutex
	runs runs // what the broker is known to run with
}

// New makes the service. Run must be called for it to notice changes from outside.
func New(o Options) *Service {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, events: newEvents()}
}

// site is where the files and the process are; the fault says what to do where they cannot be reached.
func (s *Service) site() (broker.Site, error) {
	if s.o.Site == nil {
		return nil, fault.New(fault.Conflict, "BunkerM can reach neither the files nor the process of this broker").Hint(s.o.WhyNot)
	}
	return s.o.Site, nil
}

// maySecrets refuses whoever may not see secrets, and records who sees them.
func (s *Service) maySecrets(ctx context.Context, object string) error {
	if !s.o.Allowed(ctx, permissionSecrets) {
		return fault.New(fault.Forbidden, "your role may not see secrets").Hint("leave secrets out, or ask an admin")
	}
	s.o.Record(ctx, "config.reveal", object, nil, nil)
	return nil
}
