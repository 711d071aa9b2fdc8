package notify

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a service that delivers, with a clock that stands still until it is advanced.
type house struct {
	*Service
	t    *testing.T
	db   *store.DB
	stop func()

	mu  sync.Mutex
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// advance moves the clock, and has everybody look at it.
func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	h.wakeAll()
}

// noon is a day on which nobody changes the clocks.
var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

// open makes a house that does not deliver yet.
func open(t *testing.T, o Options) *house {
	t.Helper()
	h := &house{t: t, now: noon, stop: func() {}}
	if o.Store == nil {
		o.Store = storetest.OpenWith(t, store.Options{Migrations: Migrations(), Clock: h.clock})
	}
	h.db, o.Clock = o.Store, h.clock
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = s
	return h
}

func (h *house) run() {
	h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("run: %v", err)
		}
	})
	h.t.Cleanup(h.stop)
}

// set replaces the channels, and returns them as they are stored.
func (h *house) set(channels ...Channel) []Channel {
	h.t.Helper()
	if err := h.SetChannels(h.t.Context(), channels); err != nil {
		h.t.Fatalf("setting channels: %+v", err)
	}
	return h.current()
}

func (h *house) send(m Message) int {
	h.t.Helper()
	n, err := h.Send(h.t.Context(), m)
	if err != nil {
		h.t.Fatalf("sending: %v", err)
	}
	return n
}

func (h *house) status(i int) ChannelStatus {
	h.t.Helper()
	all, err := h.Status(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return all[i]
}

// until waits for a condition.
func (h *house) until(what string, f func() bool) {
	h.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			all, _ := h.Status(context.Background())
			h.t.Fatalf("%s did not happen; %+v", what, all)
		case <-tick.C:
		}
	}
}

// receiver is a webhook that notes what it gets. answer may be exchanged while it runs.
type receiver struct {
	*httptest.Server

	mu       sync.Mutex
	answer   http.HandlerFunc // nil: 200
	requests []*http.Request
	bodies   [][]byte
}

func newReceiver(t *testing.T, tls bool) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.requests, r.bodies = append(r.requests, req), append(r.bodies, body)
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w, req)
		}
	}))
	if tls {
		r.StartTLS()
	} else {
		r.Start()
	}
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) respond(f http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies)
}

// got are the messages in the order in which they came.
func (r *receiver) got() (all []Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bodies {
		var m Message
		_ = json.Unmarshal(b, &m)
		all = append(all, m)
	}
	return all
}

func (r *receiver) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(r.Certificate())
	return pool
}

// hook is a channel of type webhook.
func hook(url string) Channel {
	return Channel{
		Name: "hook", Type: TypeWebhook, Enabled: true, MinSeverity: Low, AllowPrivate: true,
		Webhook: &WebhookSettings{URL: url},
	}
}

// opened is a message of an alert.
func opened(alert int64, s Severity) Message {
	return Message{Event: Opened, AlertID: alert, Severity: s, Kind: "silence", Entity: "plant/pump3", Title: "Pump 3 is silent", OpenedAt: noon}
}
