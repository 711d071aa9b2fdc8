package clientlogs

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// sent is one event of a stream.
type sent struct {
	id, name string
	event    EventAnswer
}

// listener reads a stream of server-sent events.
type listener struct {
	t      testing.TB
	events chan sent
	close  func()
}

// listen opens a stream.
func (h *house) listen(query, lastID string) *listener {
	h.t.Helper()
	l, err := listenAt(h.t, h.server.URL, query, lastID)
	if err != nil {
		h.t.Fatal(err)
	}
	return l
}

// listenAt opens a stream of a service at an address. The error is for one that does not answer.
func listenAt(t testing.TB, address, query, lastID string) (*listener, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/clientlogs?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream answers %d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	l := &listener{t: t, events: make(chan sent, 1000)}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() { // it says that it is connected
		t.Fatal("the stream ends before it begins")
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(l.events)
		var e sent
		var data string
		for lines.Scan() {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				data = value
			case "":
				// Only here is the event whole: the end of a killed server's stream may be half of one.
				if e.name != "" {
					if err := json.Unmarshal([]byte(data), &e.event); err != nil {
						t.Errorf("data %q: %v", data, err)
					}
					select {
					case l.events <- e:
					case <-ctx.Done():
						return
					}
				}
				e, data = sent{}, ""
			}
		}
	}()
	l.close = sync.OnceFunc(func() {
		cancel()
		resp.Body.Close()
		<-done
	})
	t.Cleanup(l.close)
	return l, nil
}

// next waits for the next event.
func (l *listener) next() sent {
	l.t.Helper()
	select {
	case e, ok := <-l.events:
		if !ok {
			l.t.Fatal("the stream has ended")
		}
		return e
	case <-time.After(30 * time.Second):
		l.t.Fatal("the stream says nothing")
	}
	return sent{}
}
