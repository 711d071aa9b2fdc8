package clientlogs

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// house is a service on a real database, with its routes in front.
type house struct {
	t       testing.TB
	db      *store.DB
	service *Service
	server  *httptest.Server
	stop    func() // ends the service, and returns when everything is stored
}

// build runs a service. Where the options have no store it gets one of its own.
func build(t testing.TB, o Options) *house {
	t.Helper()
	if o.Store == nil {
		o.Store = storetest.Open(t, Migrations()...)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: o.Store, service: s}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	h.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	mux := http.NewServeMux()
	Register(humago.New(mux, huma.DefaultConfig("test", "1")), s)
	h.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.o.Streams.Close()
		h.server.Close()
		h.stop()
	})
	return h
}

// call sends a GET.
func (h *house) call(path string, headers ...string) (status int, body string) {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := h.server.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// get asks for something that is there.
func get[T any](h *house, path string) T {
	h.t.Helper()
	status, body := h.call(path)
	if status != http.StatusOK {
		h.t.Fatalf("GET %s: status %d: %s", path, status, body)
	}
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		h.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
	return v
}

// list asks for a page.
func (h *house) list(query url.Values) PageAnswer {
	h.t.Helper()
	return get[PageAnswer](h, "/clientlogs?"+query.Encode())
}

// all asks for every page.
func (h *house) all(query url.Values) []EventAnswer {
	h.t.Helper()
	var events []EventAnswer
	for {
		page := h.list(query)
		events = append(events, page.Events...)
		if page.Next == "" {
			return events
		}
		query.Set("cursor", page.Next)
	}
}

// settled waits until everything that was recorded is stored. A slow machine may take long, while it gets on.
func (h *house) settled() {
	h.t.Helper()
	c := h.service.collector
	for all := false; !all; {
		before := c.stored.Load()
		eventually(h.t, "more is stored", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			all = c.begun && c.stored.Load() == c.lastID
			return all || c.stored.Load() > before
		})
	}
}

// eventually waits until something becomes true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to be that %s", what)
		}
		timer := time.NewTimer(2 * time.Millisecond)
		<-timer.C
	}
}
