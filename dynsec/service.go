package dynsec

import (
	"context"
	"log/slog"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Control is the way to the broker's dynamic security plugin; broker.Session is one.
type Control interface {
	// Do sends the commands as one message and returns the answers in their order. Errors are faults:
	// Unavailable when nothing was sent, Uncertain when it is not known what the broker did.
	Do(ctx context.Context, commands ...broker.Command) ([]broker.Response, error)
	// Sync returns when everything that the broker had answered to anybody before the call has been delivered
	// as an event.
	Sync(ctx context.Context) error
	// OnEvent registers a function that hears what nobody of ours asked for; it must not block.
	OnEvent(func(broker.Event))
	// Status says how well the plugin can be reached.
	Status() broker.Status
}

// Offline changes the dynamic security file while the broker is stopped.
type Offline interface {
	// EditDynsec stops the broker, lets edit change its file, and starts it again. When anything fails the old
	// file is put back.
	EditDynsec(ctx context.Context, edit func(*broker.DynsecFile) error) error
	// ReadDynsec returns the file as it is.
	ReadDynsec() ([]byte, error)
}

// Options are what a Service needs. Control is required; the rest has defaults that allow nothing special.
type Options struct {
	Control Control
	Logger  *slog.Logger
	Clock   func() time.Time // time.Now when nil

	// Own and OwnRoles name the usernames and roles that BunkerM itself works with. No route changes them.
	Own      []string
	OwnRoles []string

	// Actor names who asks, for our log.
	Actor func(ctx context.Context) string
	// Record keeps what was changed: action as in client.create, object as in client/name, and the object
	// before and after, nil where there was none. The objects hold no passwords.
	Record func(ctx context.Context, action, object string, before, after any)
	// Allowed reports whether whoever asks has a permission beyond the route's own, such as dynsec:admin.
	Allowed func(ctx context.Context, permission string) bool

	// Sessions counts the live sessions of a user; known is false where they cannot be told.
	Sessions func(username string) (n int, known bool)
	// Offline edits the broker's file while it is stopped; nil when the broker is not ours.
	Offline Offline
	// BeforeWrite runs before each write is sent; a managed broker keeps a good copy of its file there.
	BeforeWrite func()
	// Keep keeps the state as it is before an import, and by after what it is then; nil: nobody does. An error keeps the import
	// from beginning.
	Keep func(ctx context.Context, comment string) (after func(ctx context.Context), err error)
}

// Service answers what there is and changes it. Its methods may be called by any number of goroutines; errors are
// faults.
type Service struct {
	o      Options
	log    *slog.Logger
	mirror *mirror
	own    protected

	// turn holds one token; whoever has it is the only one who changes something or reads everything again.
	turn chan struct{}
}

// requestTime bounds how long a request waits for its turn and for what it reads, and then how long for the answer to what it
// sends.
const requestTime = 5 * time.Second

// New returns a service that listens to the events of o.Control. Call it before the session starts, and Run to
// keep the mirror loaded while nobody asks.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Actor == nil {
		o.Actor = func(context.Context) string { return "" }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if o.Allowed == nil {
		o.Allowed = func(context.Context, string) bool { return false }
	}
	if o.Sessions == nil {
		o.Sessions = func(string) (int, bool) { return 0, false }
	}
	if o.Keep == nil {
		o.Keep = func(context.Context, string) (func(context.Context), error) { return func(context.Context) {}, nil }
	}
	if o.BeforeWrite == nil {
		o.BeforeWrite = func() {}
	}
	s := &Service{o: o, log: o.Logger, own: newProtected(o.Own, o.OwnRoles), turn: make(chan struct{}, 1)}
	s.mirror = newMirror(o.Control, o.Clock, s.own)
	o.Control.OnEvent(s.mirror.event)
	return s
}

// Run keeps the mirror loaded until ctx ends, so that the first reader after a change finds it ready.
func (s *Service) Run(ctx context.Context) error {
	const retry = time.Second
	again := time.NewTimer(retry)
	defer again.Stop()
	for {
		err := s.reloadIfStale(ctx)
		if err != nil && ctx.Err() == nil {
			// Each request that meets this is answered with the fault itself; here it only means to try again.
			s.log.Debug("the dynamic security state cannot be read", "error", err)
			again.Reset(retry)
		} else {
			again.Stop()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.mirror.wake:
		case <-again.C:
		}
	}
}

// Changed says that another part of the program has changed the broker's state over the session that we share. What others
// change over their own, the session tells us.
func (s *Service) Changed() {
	s.mirror.distrust()
	s.mirror.awake()
}

func (s *Service) reloadIfStale(ctx context.Context) error {
	if s.mirror.at(s.mirror.changes.Load()) != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	_, err := s.state(ctx)
	return err
}

// Status is how the service feels, for /readyz.
type Status struct {
	Ready   bool   // the state of the broker is known and nothing is missing
	Clients int    // how many there are, our own left out; meaningful once the state is known
	Detail  string // what is the matter, one sentence without a full stop; empty when all is well
	Hint    string // what the operator can do about it; may be empty
}

// Status returns the present state. It never waits.
func (s *Service) Status() Status {
	session := s.o.Control.Status()
	if session.State != broker.StateConnected {
		return Status{Detail: session.Detail, Hint: session.Hint}
	}
	st := s.mirror.latest()
	if st == nil {
		return Status{Detail: "the dynamic security state is being read"}
	}
	status := Status{Ready: true, Clients: s.own.countOthers(st)}
	if missing := s.own.missing(st); missing != "" {
		status.Ready = false
		status.Detail = "BunkerM's own " + missing + " is missing from the broker"
		status.Hint = "run `bunkerm repair`; until then the broker may shut BunkerM out when it restarts"
	}
	return status
}
