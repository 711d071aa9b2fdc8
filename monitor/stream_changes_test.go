package monitor

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/stream"
)

func newTestServer(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// followed is an open stream of changes.
type followed struct {
	t  testing.TB
	in *bufio.Scanner
}

func followStream(t testing.TB, server *httptest.Server, path string) *followed {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != stream.ContentType {
		t.Fatalf("%s: %d %s", path, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	f := &followed{t: t, in: bufio.NewScanner(resp.Body)}
	f.in.Buffer(nil, 1<<20)
	return f
}

// next reads the next event into into and returns its name.
func (f *followed) next(into any) (name string) {
	f.t.Helper()
	for f.in.Scan() {
		line := f.in.Text()
		if n, ok := strings.CutPrefix(line, "event: "); ok {
			name = n
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(data), into); err != nil {
				f.t.Fatalf("%s: %v", data, err)
			}
			return name
		}
	}
	f.t.Fatal("the stream ended")
	return ""
}

func TestStatsAreFollowed(t *testing.T) {
	b := brokertest.Start(t)
	h := buildStats(t, b, monitorDB(t), nil)
	h.awaitStats("the broker is known", func(s Stats) bool { return is(s.Clients.Connected, 0) })
	began, events := time.Now(), 0
	f := followStream(t, h.server, "/monitor/stream?events=stats")
	device(t, b, "one")
	for {
		var s Stats
		if name := f.next(&s); name != "stats" {
			t.Fatalf("event %s", name)
		}
		if events++; is(s.Clients.Connected, 1) {
			break
		}
	}
	if took := time.Since(began); events > 3+int(took/(streamPace-streamPace/10)) {
		t.Errorf("%d events in %v", events, took)
	}
}

func TestSessionsAreFollowed(t *testing.T) {
	ring := stream.NewRing[SessionChange](2000)
	began := make(chan struct{})
	_, server := sessionService(t, func(o *Options) {
		o.SessionChanges = func(after int64, n int) ([]SessionChange, int64, <-chan struct{}) {
			if after == 0 {
				after = ring.Last()
				defer close(began)
			}
			items, _, changed := ring.After(after, n)
			var changes []SessionChange
			for _, item := range items {
				changes, after = append(changes, item.Value), item.ID
			}
			return changes, after, changed
		}
	})
	ring.Add(stream.Item[SessionChange]{ID: 1, Value: SessionChange{Began: true, Session: Session{ClientID: "before"}}})
	f := followStream(t, server, "/monitor/stream?events=session")
	<-began
	const many = mostSessionEvents + 100
	go func() {
		for i := range many {
			ring.Add(stream.Item[SessionChange]{ID: int64(i + 2), Value: SessionChange{
				Began: i%2 == 0, At: start(), Session: Session{ClientID: fmt.Sprint(i), ConnectedAt: start()}}})
		}
	}()
	for i := range many {
		var e SessionEvent
		if name := f.next(&e); name != "session" || e.Client.ClientID != fmt.Sprint(i) || (e.Change == "began") != (i%2 == 0) {
			t.Fatalf("event %d is %s %s", i, name, shown(e))
		}
	}
}

func TestTopicsAreFollowed(t *testing.T) {
	asked := make(chan int64, 100)
	_, server := sessionService(t, func(o *Options) {
		o.TopicChanges = func(after int64, most int) ([]TopicDelta, int64) {
			if most == 0 {
				return nil, 7
			}
			select {
			case asked <- after:
			default:
			}
			if after != 7 {
				return nil, after
			}
			var deltas []TopicDelta
			for i := range 3 * mostTopicEvents {
				deltas = append(deltas, TopicDelta{Topic: fmt.Sprintf("%s/%d", []string{"a", "ab"}[i%2], i)})
			}
			return deltas, 9
		}
	})
	f := followStream(t, server, "/monitor/stream?events=topic&prefix=a")
	var e TopicEvent
	if name := f.next(&e); name != "topic" || len(e.Topics) != mostTopicEvents || e.Topics[mostTopicEvents-1].Topic != "a/598" {
		t.Errorf("%s %s", name, shown(e))
	}
	for _, topic := range e.Topics {
		if !strings.HasPrefix(topic.Topic, "a/") {
			t.Errorf("%s is not below the prefix", topic.Topic)
		}
	}
	var behind BehindEvent
	if name := f.next(&behind); name != "behind" || behind.Of != "topic" {
		t.Errorf("%s %s", name, shown(behind))
	}
	if first, second := <-asked, <-asked; first != 7 || second != 9 {
		t.Errorf("asked for what came after %d and %d", first, second)
	}
}

func TestUnknownEventsAreRefused(t *testing.T) {
	_, server := sessionService(t, func(*Options) {})
	if status, text := askServer(t, server, http.MethodGet, "/monitor/stream?events=stats,nonsense", ""); status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", status, text)
	}
}
