package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/gateway"
	"github.com/bunkerm/bunkerm/stream"
)

// ticks is a service with a stream that counts as fast as it is read.
type ticks struct {
	group stream.Group
	open  atomic.Int64
	sent  atomic.Int64
}

func (k *ticks) register(api huma.API) {
	counting := op("GET", "/ticks", "dynsec:read", func(o *huma.Operation) {
		o.Responses = map[string]*huma.Response{"200": {Description: "ticks", Content: map[string]*huma.MediaType{stream.ContentType: {Schema: &huma.Schema{Type: "string"}}}}}
	})
	huma.Register(api, counting, func(ctx context.Context, in *struct {
		Last  string `header:"Last-Event-ID"`
		Count int    `query:"count" default:"1000000"`
		Panic bool   `query:"panic"`
	}) (*huma.StreamResponse, error) {
		return k.group.Open(ctx, func(ctx context.Context, to *stream.Sender) {
			k.open.Add(1)
			defer k.open.Add(-1)
			at := 0
			if in.Last != "" {
				_, _ = fmt.Sscan(in.Last, &at)
			}
			for i := 1; i <= in.Count && ctx.Err() == nil; i++ {
				if to.Send(stream.Event{ID: fmt.Sprint(at + i), Name: "tick", Data: map[string]int{"n": at + i}}) != nil {
					return
				}
				k.sent.Add(1)
			}
			if in.Panic {
				panic("at the disco")
			}
			if in.Count < 1000 {
				to.Wait(ctx, nil, nil)
			}
		})
	})
}

// follower reads a stream of ours as a browser does.
type follower struct {
	t      *testing.T
	lines  *bufio.Scanner
	cancel context.CancelFunc
	id     string
}

type channelSeen struct {
	Channel, Event, ID string
	Data               json.RawMessage
}

func follow(t *testing.T, h *house, headers ...string) *follower {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", h.url+"/api/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := (&http.Client{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %d", response.StatusCode)
	}
	l := &follower{t: t, lines: bufio.NewScanner(response.Body), cancel: cancel}
	l.lines.Buffer(nil, 1<<20)
	event, data, ok := l.next()
	if !ok || event != "hello" {
		t.Fatalf("the first event is %q", event)
	}
	var hello struct{ ID string }
	if err := json.Unmarshal([]byte(data), &hello); err != nil || hello.ID == "" {
		t.Fatalf("%s: %v", data, err)
	}
	l.id = hello.ID
	return l
}

// next returns the next event; false at the end of the stream.
func (l *follower) next() (event, data string, ok bool) {
	for l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch {
		case name == "event":
			event = value
		case name == "data":
			data = value
		case name == "" && data != "":
			return event, data, true
		}
	}
	return "", "", false
}

func (l *follower) channel() channelSeen {
	l.t.Helper()
	event, data, ok := l.next()
	var seen channelSeen
	if err := json.Unmarshal([]byte(data), &seen); err != nil || event != "channel" || !ok {
		l.t.Fatalf("event %q %q: %v", event, data, err)
	}
	return seen
}

func startTicking(t *testing.T, change ...func(*gateway.Options)) (*house, *ticks) {
	t.Helper()
	k := &ticks{}
	journal, logger := logs()
	o := gateway.Options{Logger: logger, Keys: testKeys(), Streams: &k.group}
	withSessions(&o)
	for _, c := range change {
		c(&o)
	}
	g, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	registerThings(g.API())
	k.register(g.API())
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	h := &house{Gateway: g, t: t, url: "http://" + serve(t, g.Handler(), gateway.ServeOptions{}), journal: journal}
	t.Cleanup(k.group.Close)
	return h, k
}

func channels(t *testing.T, list ...gateway.StreamChannel) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"channels": append([]gateway.StreamChannel{}, list...)})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited for: %s", what)
		case <-tick.C:
		}
	}
}

func TestOneStreamCarriesSeveral(t *testing.T) {
	h, k := startTicking(t)
	jo := cookie("jo")
	l := follow(t, h, jo[2:]...)
	path := "/api/stream/" + l.id
	want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks?count=3", LastEventID: "40"}), jo...), http.StatusNoContent)
	for n := 41; n <= 43; n++ {
		if c := l.channel(); c.Channel != "a" || c.Event != "tick" || c.ID != fmt.Sprint(n) || string(c.Data) != fmt.Sprintf(`{"n":%d}`, n) {
			t.Fatalf("%+v", c)
		}
	}
	// Another channel begins, the first one goes on as it was.
	want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks?count=3"}, gateway.StreamChannel{Name: "b", Path: "/ticks?count=1"}), jo...), http.StatusNoContent)
	if c := l.channel(); c.Channel != "b" || c.ID != "1" {
		t.Fatalf("%+v", c)
	}
	want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "b", Path: "/ticks?count=1"}), jo...), http.StatusNoContent)
	eventually(t, "a to end", func() bool { return k.open.Load() == 1 })
	// A stream that was lost ends its channels.
	l.cancel()
	eventually(t, "all channels to end", func() bool { return k.open.Load() == 0 && k.group.Len() == 0 })
	want(t, h.send("PUT", path, channels(t), jo...), http.StatusNotFound)
}

func TestAChannelIsPermittedAsAnyRequest(t *testing.T) {
	h, _ := startTicking(t)
	jo := cookie("jo")
	l := follow(t, h, jo[2:]...)
	path := "/api/stream/" + l.id
	for _, c := range []struct {
		path   string
		status int
	}{
		{"/nothing", 404}, {"/stream", 404}, {"/stream?", 404}, {"/%73tream", 404}, {"/stream/x", 405}, {"/things/panic", 500}, {"/things/a", 406}, {"/things/conflict", 409}, {"/ticks?nonsense=1", 422}, {"/ticks?count=x", 422}, {"/metrics", 404},
	} {
		want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "x", Path: c.path}), jo...), http.StatusNoContent)
		seen := l.channel()
		var closing struct {
			Status  int
			Problem *gateway.Problem
		}
		if err := json.Unmarshal(seen.Data, &closing); err != nil || seen.Event != "closed" || closing.Status != c.status {
			t.Errorf("%s: %+v %s", c.path, seen, seen.Data)
		}
		if (closing.Problem != nil) != (c.status != 406) {
			t.Errorf("%s: problem %+v", c.path, closing.Problem)
		}
		want(t, h.send("PUT", path, channels(t), jo...), http.StatusNoContent)
	}
	for _, bad := range []string{"", "ticks", "//evil.example/ticks", "http://evil.example/", "/ticks/../things", "/ticks?api_key=x", "/a%ff"} {
		want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "x", Path: bad}), jo...), http.StatusUnprocessableEntity)
	}
	want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "a b", Path: "/ticks"}), jo...), http.StatusUnprocessableEntity)
	twice := gateway.StreamChannel{Name: "x", Path: "/ticks?count=1"}
	want(t, h.send("PUT", path, channels(t, twice, twice), jo...), http.StatusUnprocessableEntity)
	// It is nobody else's, whatever they may.
	want(t, h.send("PUT", path, channels(t), cookie("vi")...), http.StatusNotFound)
	want(t, h.send("PUT", path, channels(t)), http.StatusNotFound)
	want(t, h.send("GET", "/api/stream", "", "X-API-Key", metricsKey), http.StatusForbidden)
	want(t, h.send("GET", "/stream", ""), http.StatusNotFound)
}

// closed reads events up to the last one of a channel, and returns how that ended.
func (l *follower) closed(name string) (status int, problem *gateway.Problem) {
	l.t.Helper()
	for {
		c := l.channel()
		if c.Channel != name || c.Event != "closed" {
			continue
		}
		var closing struct {
			Status  int
			Problem *gateway.Problem
		}
		if err := json.Unmarshal(c.Data, &closing); err != nil {
			l.t.Fatal(err)
		}
		return closing.Status, closing.Problem
	}
}

func TestAPanicEndsOneChannel(t *testing.T) {
	h, k := startTicking(t)
	jo := cookie("jo")
	l := follow(t, h, jo[2:]...)
	path := "/api/stream/" + l.id
	want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks?count=2&panic=true"}), jo...), http.StatusNoContent)
	if status, problem := l.closed("a"); status != http.StatusInternalServerError || problem == nil || strings.Contains(problem.Detail, "disco") {
		t.Errorf("status %d, problem %+v", status, problem)
	}
	if !strings.Contains(h.journal.String(), "at the disco") {
		t.Error("the log does not tell of the panic")
	}
	want(t, h.send("PUT", path, channels(t, gateway.StreamChannel{Name: "b", Path: "/ticks?count=1"}), jo...), http.StatusNoContent)
	if c := l.channel(); c.Channel != "b" || c.ID != "1" {
		t.Errorf("%+v", c)
	}
	eventually(t, "the channel to be gone", func() bool { return k.open.Load() == 1 })
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	ended := make(chan struct{})
	known := &sessions{by: map[string]auth.Principal{"jo": {Name: "jo", Role: auth.Operator, Via: auth.ViaSession, ID: "1", Ended: ended}}}
	h, k := startTicking(t, func(o *gateway.Options) { o.Sessions = known })
	jo := cookie("jo")
	l := follow(t, h, jo[2:]...)
	want(t, h.send("PUT", "/api/stream/"+l.id, channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks"}), jo...), http.StatusNoContent)
	l.channel()
	// Streams that somebody follows by themselves end with the session as well.
	alone, err := http.NewRequest("GET", h.url+"/api/ticks?count=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	alone.Header.Set(jo[2], jo[3])
	over := make(chan error, 1)
	go func() {
		response, err := client().Do(alone)
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		over <- err
	}()
	eventually(t, "both to be open", func() bool { return k.open.Load() == 2 })
	known.end("jo", ended)
	if err := <-over; err != nil {
		t.Error(err)
	}
	last := ""
	for {
		event, _, ok := l.next()
		if !ok {
			break
		}
		last = event
	}
	if last != "ended" {
		t.Errorf("the last event is %q", last)
	}
	eventually(t, "the channel to end", func() bool { return k.open.Load() == 0 })
	want(t, h.send("GET", "/api/ticks", "", jo...), http.StatusUnauthorized)
}
