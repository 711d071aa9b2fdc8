package broker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// SessionOptions are what a Session needs. Only Endpoint is required.
type SessionOptions struct {
	Endpoint Endpoint
	Logger   *slog.Logger // where changes of state go; nil discards them

	// Timeout is how long one exchange with the broker may take when the caller's context sets no earlier end;
	// default 5 s. A message of many commands gets 250 ms more for each further command, because mosquitto 2.0
	// writes its whole file at every command, and does nothing else meanwhile.
	Timeout time.Duration
	// Grace is for how long after the connection was lost a call waits for the next one before it gives up; default
	// 1 s, which is longer than a broker takes to restart.
	Grace time.Duration
	// KeepAlive is how often an idle connection is tested, and how long the broker may take to answer that, in whole
	// seconds; default 30 s. It is not for noticing quickly that the broker is stuck: calls that time out see to that.
	KeepAlive time.Duration
	// StatusTopic is where the broker keeps whether we are there, for everybody who may read it: StatusOnline while we are
	// connected, and StatusOffline, our last will, when we are not. Empty: nowhere.
	StatusTopic string
	// Version is the broker's, as in 2.0.11, where that is known beforehand: what the broker says itself may be late, or never
	// come, see Sys.
	Version string
}

// Session is one MQTT v5 connection to a broker over which commands go to the dynamic security plugin. It connects,
// and connects again, by itself. Its methods may be called by any number of goroutines.
type Session struct {
	options   SessionOptions
	log       *slog.Logger
	prefix    string // starts the correlation data of every command of ours
	listeners []func(Event)
	budget    *semaphore.Weighted // bounds what is in flight, in bytes
	messages  atomic.Uint64       // numbers our messages

	emitMu sync.Mutex // held while the state changes and while listeners are called

	mu      sync.Mutex
	status  Status
	usable  *link         // not nil exactly in StateConnected
	open    *link         // not nil while there is a connection, whatever the plugin says
	changed chan struct{} // closed and replaced when status or usable changes
	started bool
	hurry   chan struct{} // gets a token when the broker has been started; holds one

	sys     sysValues
	traffic traffic
	barrier barrier
	granted atomic.Int64 // topic filters of the present connection
	forgets atomic.Bool  // the broker does not count all of our messages; see forgetsSome
	unheard atomic.Bool  // the broker does not take what we say at the status topic, and that has been logged

	ctx    context.Context // ends when Close is called
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// NewSession returns a session that does nothing until Start.
func NewSession(o SessionOptions) *Session {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Grace <= 0 {
		o.Grace = time.Second
	}
	if o.KeepAlive < time.Second {
		o.KeepAlive = 30 * time.Second
	}
	s := &Session{
		options: o,
		log:     o.Logger,
		prefix:  "bunkerm-" + randomHex(8) + "-",
		budget:  semaphore.NewWeighted(inFlightBytes),
		status: Status{State: StateConnecting, Since: time.Now(), Detail: "the broker has not been reached yet",
			Hint: "try again in a moment"},
		changed: make(chan struct{}), hurry: make(chan struct{}, 1),
	}
	s.forgets.Store(forgetsSome(o.Version))
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start begins to connect and returns at once; Ready tells when commands can be sent. The context bounds Start only,
// the session lives until Close. It is an error to start a session twice, or after Close.
func (s *Session) Start(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started || s.ctx.Err() != nil {
		return fmt.Errorf("starting the session with %s: it was started before", s.options.Endpoint.Name)
	}
	s.started = true
	s.wg.Go(s.run)
	return nil
}

// Close disconnects politely and returns when nothing of the session runs any more, or when ctx ends. Calls that
// wait for an answer return with fault.Uncertain. Closing twice does nothing.
func (s *Session) Close(ctx context.Context) error {
	s.mu.Lock()
	s.cancel() // under the lock, so that Start and Sync cannot begin something after it
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		s.become(nil, &condition{Trouble: Trouble{State: StateClosed, Detail: "the session was closed"}})
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing the session with %s: %w", s.options.Endpoint.Name, ctx.Err())
	}
}

// randomHex returns 2n hexadecimal digits that nobody can guess.
func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
