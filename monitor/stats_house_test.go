package monitor

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// statsPatience is how long anything may take before it counts as broken.
const statsPatience = 30 * time.Second

// statsHouse is the service on a real broker with a real database, and its routes.
type statsHouse struct {
	t       testing.TB
	broker  *brokertest.Broker
	session *broker.Session
	observe *observe.Stream
	db      *store.DB
	service *Service
	server  *httptest.Server
	stop    func() // ends our side; the broker goes on
}

// buildStats observes a broker with everything that the program has: the control session beside the observation.
func buildStats(t testing.TB, b *brokertest.Broker, db *store.DB, change func(*Options)) *statsHouse {
	t.Helper()
	h := &statsHouse{t: t, broker: b, db: db}
	h.session = broker.NewSession(broker.SessionOptions{Endpoint: b.UnixEndpoint()})
	h.observe = observe.New(observe.Options{Endpoint: b.UnixEndpoint(), Filters: []string{"#", "$SYS/broker/#"}})
	o := Options{
		Store: db, Consumer: h.observe.Consumer("stats", 8<<20), Observation: h.observe.Status,
		OwnSessions: func() int {
			n := 0
			if h.session.Status().State == broker.StateConnected {
				n++
			}
			if h.observe.Status().State == broker.StateConnected {
				n++
			}
			return n
		},
		OwnSubscriptions: func() int { return 2 + 4 }, // of the observation, and of the session
		OwnTraffic: func() Traffic {
			seen := h.session.Traffic()
			return Traffic{
				MessagesReceived: seen.PacketsSent, MessagesSent: seen.PacketsReceived,
				PublishReceived: seen.PublishesSent, PublishSent: seen.PublishesReceived,
				PublishBytesReceived: seen.PayloadSent, PublishBytesSent: seen.PayloadReceived,
				BytesReceived: seen.BytesSent, BytesSent: seen.BytesReceived,
			}
		},
	}
	if change != nil {
		change(&o)
	}
	var err error
	if h.service, err = New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	Register(humago.New(mux, huma.DefaultConfig("test", "1")), h.service)
	h.server = httptest.NewServer(mux)
	if err := h.session.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.observe.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	running, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := h.service.Run(running); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	h.stop = sync.OnceFunc(func() {
		h.service.o.Streams.Close()
		h.server.Close()
		cancel()
		wg.Wait()
		closing, cancelClosing := context.WithTimeout(context.Background(), statsPatience)
		defer cancelClosing()
		if err := h.observe.Close(closing); err != nil {
			t.Error(err)
		}
		if err := h.session.Close(closing); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(h.stop)
	return h
}

// eventually waits until something is so, and fails the test when it never is.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(statsPatience)
	for !is() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("it never came to be that %s", what)
		}
	}
}

// awaitTick waits until the broker has told its figures so many more times.
func (h *statsHouse) awaitTicks(n int) {
	h.t.Helper()
	for range n {
		before := h.service.collect.latest.Load().at
		eventually(h.t, "the broker tells its figures", func() bool {
			latest := h.service.collect.latest.Load()
			return latest.at.After(before) && !latest.fresh.IsZero()
		})
	}
}

// awaitStats waits until the answer is as the test wants it.
func (h *statsHouse) awaitStats(what string, is func(Stats) bool) Stats {
	h.t.Helper()
	var stats Stats
	var shown []byte
	defer func() {
		if h.t.Failed() {
			h.t.Logf("the last answer: %s", shown)
		}
	}()
	eventually(h.t, what, func() bool {
		stats = h.service.Stats()
		shown, _ = json.Marshal(stats)
		return is(stats)
	})
	return stats
}

// get asks and wants 200, and reads the answer into one of type T.
func get[T any](h *statsHouse, path string) (answer T) {
	h.t.Helper()
	status, text := h.ask(http.MethodGet, path, "")
	if status != http.StatusOK {
		h.t.Fatalf("GET %s: %d %s", path, status, text)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		h.t.Fatalf("GET %s: %v in %s", path, err, text)
	}
	return answer
}

func (h *statsHouse) ask(method, path, body string) (status int, text []byte) {
	h.t.Helper()
	return askServer(h.t, h.server, method, path, body)
}

func askServer(t testing.TB, server *httptest.Server, method, path, body string) (status int, text []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, text
}

func device(t testing.TB, b *brokertest.Broker, clientid string) *brokertest.Device {
	t.Helper()
	d, err := b.Connect(t, b.AdminUsername, b.AdminPassword, clientid)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func monitorDB(t testing.TB) *store.DB {
	t.Helper()
	return storetest.Open(t, Migrations()...)
}
