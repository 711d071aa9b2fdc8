package observe

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Options are what a Stream needs. Only Endpoint is required.
type Options struct {
	Endpoint broker.Endpoint
	// Filters are the topic filters to observe at first. One that matches nothing but what another matches costs
	// nothing. They may overlap, which costs the broker a second delivery of what two of them match.
	Filters []string
	Logger  *slog.Logger // where changes of state go; nil discards them
	// KeepAlive is how long the connection may be silent before it is tested, and how long the broker may take to
	// answer that, in whole seconds; default 30 s.
	KeepAlive time.Duration
	// Retry is how long a refused filter waits before it is asked for again; default 10 s. A right that was given is
	// noticed only so: mosquitto ends the connections of an account that gets another role, and not those of one whose
	// role gets another right (both versions).
	Retry time.Duration
	// Timeout is how long making the connection and logging in may take; default 5 s.
	Timeout time.Duration
	// Clock tells the time of blocks; nil is time.Now.
	Clock func() time.Time
}

// Stream is the connection over which a broker is observed. It connects, and connects again, by itself. Its methods may
// be called by any number of goroutines.
type Stream struct {
	options   Options
	log       *slog.Logger
	consumers []*Consumer
	listeners []func(Status)
	slabs     slabPool
	counts    counts

	tellMu sync.Mutex // held while listeners are called

	mu            sync.Mutex
	status        Status // without what is counted
	filters       []string
	subscriptions *subscriptions // of the present connection; nil when there is none
	again         []string       // filters for which the broker is to tell once more what it keeps
	changed       chan struct{}  // gets a token when filters or again has changed; holds one
	started       bool
	hurry         chan struct{} // gets a token when the broker has been started; holds one

	ctx    context.Context // ends when Close is called
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// New returns a stream that does nothing until Start.
func New(o Options) *Stream {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.KeepAlive < time.Second {
		o.KeepAlive = 30 * time.Second
	}
	if o.Retry <= 0 {
		o.Retry = 10 * time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	s := &Stream{
		options: o, log: o.Logger, filters: unique(o.Filters), changed: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		status: Status{State: broker.StateConnecting, Since: o.Clock(), Detail: "the broker has not been reached yet",
			Hint: "try again in a moment"},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Consumer registers a reader of the stream whose queue may hold queueBytes, at least 2 MiB. What it holds in the end
// may be two buffers more, 512 KiB or, with messages of more than that, 2 MiB: the one being filled and the one being
// read. Call it before Start; from then on the consumer has to be read, or it loses messages.
func (s *Stream) Consumer(name string, queueBytes int) *Consumer {
	c := newConsumer(name, queueBytes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.consumers = append(s.consumers, c)
	return c
}

// OnStatus registers a function that is called after each change of the state, of what is the matter, and of a filter's
// state, with the status at that time and never twice at a time. It must not block or call Close. Register before Start.
func (s *Stream) OnStatus(fn func(Status)) { s.listeners = append(s.listeners, fn) }

// Start begins to connect and returns at once. The context bounds Start only, the stream lives until Close. It is an
// error to start a stream twice, or after Close.
func (s *Stream) Start(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.ctx.Err() != nil {
		return fmt.Errorf("starting to observe %s: it was started before", s.options.Endpoint.Name)
	}
	s.started = true
	s.wg.Go(s.run)
	return nil
}

// Close disconnects and returns when nothing of the stream runs any more, or when ctx ends. Consumers get what they
// have queued and then ErrClosed. Closing twice does nothing.
func (s *Stream) Close(ctx context.Context) error {
	s.mu.Lock()
	s.cancel() // under the lock, so that Start cannot begin something after it
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		s.become(&broker.Trouble{State: broker.StateClosed, Detail: "the observation was ended"})
		for _, c := range s.consumers {
			c.close()
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("ending the observation of %s: %w", s.options.Endpoint.Name, ctx.Err())
	}
}

// SetFilters changes what is observed, without losing a message of what was and still is. The broker delivers what it
// keeps for the topics that are new, as Stored.
func (s *Stream) SetFilters(filters []string) {
	s.mu.Lock()
	s.filters = unique(filters)
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// AskAgain makes the broker tell once more what it keeps for a filter that is observed, as Stored: where it may have
// told something that did not reach us, because it had more for us than it queues, and tells a thing again only when
// that changes. Without a connection nothing happens: the next one begins with what is kept anyhow.
func (s *Stream) AskAgain(filter string) {
	s.mu.Lock()
	if s.subscriptions != nil && !slices.Contains(s.again, filter) {
		s.again = append(s.again, filter)
	}
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// takeAgain are the filters that AskAgain has named since the last time.
func (s *Stream) takeAgain() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	filters := s.again
	s.again = nil
	return filters
}

// unique returns the filters without repetition, in their order.
func unique(filters []string) []string {
	var kept []string
	for _, f := range filters {
		if !slices.Contains(kept, f) {
			kept = append(kept, f)
		}
	}
	return kept
}

// become enters a state and tells the listeners. nil is connected.
func (s *Stream) become(t *broker.Trouble) {
	if t == nil {
		t = &broker.Trouble{State: broker.StateConnected}
	}
	s.mu.Lock()
	before := s.status
	if before.State == broker.StateClosed {
		s.mu.Unlock()
		return
	}
	s.status.State, s.status.Detail, s.status.Hint = t.State, t.Detail, t.Hint
	if before.State != t.State {
		s.status.Since = s.options.Clock()
	}
	s.mu.Unlock()
	// Attempts that fail like the one before are not worth a line each.
	if before.State != t.State || before.Detail != t.Detail {
		t.Log(s.log, "observation", s.options.Endpoint.Name)
		s.tell()
	}
}

// tellFilters tells the listeners that a filter has another state now, and logs those that are not observed.
func (s *Stream) tellFilters(now []FilterStatus) {
	for _, f := range now {
		if f.Detail != "" {
			s.log.LogAttrs(context.Background(), slog.LevelWarn, "observation", slog.String("detail", f.Detail),
				slog.String("hint", f.Hint))
		}
	}
	s.tell()
}

// tell calls the listeners.
func (s *Stream) tell() {
	s.tellMu.Lock()
	defer s.tellMu.Unlock()
	status := s.Status()
	for _, listener := range s.listeners {
		listener(status)
	}
}
