package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/notify/reach"
	"github.com/bunkerm/bunkerm/store"
)

// Options are what the service works with. Store is required.
type Options struct {
	Store    *store.DB
	Logger   *slog.Logger
	Clock    func() time.Time      // time.Now when nil
	Location func() *time.Location // of quiet hours and of times in texts; UTC when nil

	// Publish publishes on the broker and returns when it has the message; nil: channels of type mqtt fail.
	Publish func(ctx context.Context, topic string, payload []byte, qos byte, retain bool) error
	// Record keeps what was done; nil: nobody does.
	Record func(ctx context.Context, action, object string, before, after any)

	Roots *x509.CertPool // whose certificates are trusted; nil: those that the operating system trusts
	Most  int            // messages that wait for one channel; 0: 500
}

const usualMost = 500

// Service gets messages out. Its methods may be called by any number of goroutines.
type Service struct {
	o               Options
	log             *slog.Logger
	public, private *http.Client
	lastID          atomic.Int64 // of a row in the outbox

	// changing is held for reading while a message is put into the outbox, so that none is put there for a channel that is
	// being taken away.
	changing sync.RWMutex

	mu       sync.Mutex
	channels []Channel // replaced as a whole, never changed
	wake     map[string]chan struct{}
	changed  chan struct{} // asks Run to look whether there are other channels
}

// New reads the channels. Nothing is sent before Run.
func New(o Options) (*Service, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Location == nil {
		o.Location = func() *time.Location { return time.UTC }
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if o.Most <= 0 {
		o.Most = usualMost
	}
	s := &Service{o: o, log: o.Logger, wake: map[string]chan struct{}{}, changed: make(chan struct{}, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	trust := &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	s.public, s.private = reach.Client(false, trust), reach.Client(true, trust.Clone())

	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := s.load(ctx); err != nil {
		return nil, fmt.Errorf("reading the channels of notifications: %w", err)
	}
	return s, nil
}

const startTimeout = 30 * time.Second

// now is the time in the zone of the service.
func (s *Service) now() time.Time { return s.o.Clock().In(s.o.Location()) }
