package monitor

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/observe"
	"github.com/bunkerm/bunkerm/stream"
)

// topicsPatience is how long anything may take before it counts as broken.
const topicsPatience = 30 * time.Second

// topicsHouse is the topics of a real broker, observed, with their routes in front.
type topicsHouse struct {
	t       testing.TB
	broker  *brokertest.Broker
	session *broker.Session
	observe *observe.Stream
	topics  *Topics
	streams *stream.Group
	server  *httptest.Server

	mu      sync.Mutex
	viewer  bool // whoever asks may not see payloads
	filters []string
	records []topicsRecord
}

type topicsRecord struct {
	action, object string
	before, after  any
}

// buildTopics starts a broker and observes it with the filters.
func buildTopics(t testing.TB, filters []string, opts ...brokertest.Option) *topicsHouse {
	t.Helper()
	h := &topicsHouse{t: t, broker: brokertest.Start(t, opts...), streams: &stream.Group{}, filters: filters}
	before := goleak.IgnoreCurrent()
	h.session = broker.NewSession(broker.SessionOptions{Endpoint: h.broker.UnixEndpoint()})
	h.observe = observe.New(observe.Options{Endpoint: h.broker.UnixEndpoint(), Filters: filters})
	consumer := h.observe.Consumer("topics", 8<<20)
	topics, err := NewTopics(TopicsOptions{
		Observed: func() []string { h.mu.Lock(); defer h.mu.Unlock(); return h.filters },
		Allowed: func(_ context.Context, permission string) bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return permission == "payload:read" && !h.viewer
		},
		Publish: h.session.Publish,
		Record: func(_ context.Context, action, object string, before, after any) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.records = append(h.records, topicsRecord{action, object, before, after})
		},
		Streams: h.streams,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.topics = topics
	if err := h.session.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.observe.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	running, cancel := context.WithCancel(context.Background())
	var feeding sync.WaitGroup
	feeding.Go(func() {
		if err := topics.Run(running, consumer); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	mux := http.NewServeMux()
	RegisterTopics(humago.New(mux, huma.DefaultConfig("test", "1")), topics)
	h.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		h.streams.Close()
		h.server.Close()
		cancel()
		feeding.Wait()
		closing, cancelClosing := context.WithTimeout(context.Background(), topicsPatience)
		defer cancelClosing()
		if err := h.observe.Close(closing); err != nil {
			t.Error(err)
		}
		if err := h.session.Close(closing); err != nil {
			t.Error(err)
		}
		// Only a broker that the test has restarted lives on until its own end.
		if err := goleak.Find(before, goleak.IgnoreAnyFunction("os/exec.(*Cmd).Start.func2"),
			goleak.IgnoreAnyFunction("github.com/bunkerm/bunkerm/broker/brokertest.(*Broker).launch.func1")); err != nil {
			t.Errorf("left behind: %v", err)
		}
	})
	ready, cancelReady := context.WithTimeout(t.Context(), topicsPatience)
	defer cancelReady()
	if err := h.session.Ready(ready); err != nil {
		t.Fatal(err)
	}
	h.awaitObserved()
	return h
}

// awaitObserved waits until the broker has accepted every filter.
func (h *topicsHouse) awaitObserved() {
	h.t.Helper()
	h.eventually("everything is observed", func() bool {
		status := h.observe.Status()
		for _, f := range status.Filters {
			if f.State != observe.FilterGranted {
				return false
			}
		}
		return status.State == broker.StateConnected
	})
}

func (h *topicsHouse) eventually(what string, is func() bool) {
	h.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(topicsPatience)
	for !is() {
		select {
		case <-tick.C:
		case <-timeout:
			h.t.Fatalf("it never came to be that %s", what)
		}
	}
}

// publish sends a message as a device would, at QoS 1.
func (h *topicsHouse) publish(topic string, payload []byte, retain bool) {
	h.t.Helper()
	if _, err := h.session.Publish(h.t.Context(), topic, payload, 1, retain); err != nil {
		h.t.Fatalf("publishing to %.50s: %v", topic, err)
	}
}

func (h *topicsHouse) asViewer() { h.mu.Lock(); defer h.mu.Unlock(); h.viewer = true }

// want sends a request, checks the status, and reads the answer into one of type T.
func want[T any](h *topicsHouse, status int, method, path, body string) (answer T) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
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
	if resp.StatusCode != status {
		h.t.Fatalf("%s %s %.200s: status %d, want %d: %s", method, path, body, resp.StatusCode, status, text)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			h.t.Fatalf("reading %q: %v", text, err)
		}
	}
	return answer
}

// topic waits until the list shows a topic as the test wants it.
func (h *topicsHouse) topic(name string, is func(Topic) bool) Topic {
	h.t.Helper()
	var found Topic
	h.eventually(name+" is as it should be", func() bool {
		page := want[TopicPage](h, 200, "GET", "/monitor/topics?prefix="+url.QueryEscape(name), "")
		if len(page.Topics) == 0 || page.Topics[0].Topic != name {
			return false
		}
		found = page.Topics[0]
		return is(found)
	})
	return found
}

// watching is a stream of messages that a test reads.
type watching struct {
	h    *topicsHouse
	body io.ReadCloser
	in   *bufio.Scanner
}

type sseEvent struct {
	name string
	data []byte
}

// watch opens a stream and returns it with its first event.
func (h *topicsHouse) watch(filters ...string) (*watching, Watching) {
	h.t.Helper()
	query := url.Values{"filter": filters}
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.server.URL+"/monitor/watch?"+query.Encode(), http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	resp, err := h.server.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != stream.ContentType {
		h.t.Fatalf("status %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	h.t.Cleanup(func() { _ = resp.Body.Close() })
	w := &watching{h: h, body: resp.Body, in: bufio.NewScanner(resp.Body)}
	w.in.Buffer(nil, 1<<20)
	var first Watching
	w.expect(eventWatching, &first)
	return w, first
}

func (w *watching) close() { _ = w.body.Close() }

// next is the next event; ok is false when the stream has ended.
func (w *watching) next() (e sseEvent, ok bool) {
	for w.in.Scan() {
		line := w.in.Bytes()
		name, isName := bytes.CutPrefix(line, []byte("event: "))
		data, isData := bytes.CutPrefix(line, []byte("data: "))
		switch {
		case isName:
			e.name = string(name)
		case isData:
			e.data = bytes.Clone(data)
		case len(line) == 0 && e.name != "":
			return e, true
		}
	}
	return e, false
}

// expect reads events up to one of that name.
func (w *watching) expect(name string, into any) {
	w.h.t.Helper()
	for {
		e, ok := w.next()
		if !ok {
			w.h.t.Fatalf("the stream ended before %s came", name)
		}
		if e.name == name {
			if err := json.Unmarshal(e.data, into); err != nil {
				w.h.t.Fatalf("reading %s: %v", e.data, err)
			}
			return
		}
	}
}
