package notify

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

func TestDelays(t *testing.T) {
	for i, seconds := range []float64{5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600} {
		if got := delay(i + 1); got.Seconds() != seconds {
			t.Errorf("after try %d: %v", i+1, got)
		}
	}
}

// TestTriedAgain follows one message: each try a little later, until it is taken, with the same id each time.
func TestTriedAgain(t *testing.T) {
	r := newReceiver(t, false)
	r.respond(status(503))
	h := open(t, Options{})
	h.set(hook(r.URL))
	h.run()
	h.send(opened(1, High))
	for try, wait := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second} {
		h.until("a try", func() bool { return r.count() == try+1 && h.status(0).NextTry.Equal(h.clock().Add(wait)) })
		h.advance(wait - time.Second)
		h.advance(time.Second)
	}
	h.until("the last try", func() bool { return r.count() == 4 })
	if s := h.status(0); s.Sent != 0 || s.Waiting != 1 || !strings.Contains(s.LastError, "503 Service Unavailable") {
		t.Errorf("%+v", s)
	}
	r.respond(nil)
	h.until("the failure is kept", func() bool { return h.status(0).NextTry.After(h.clock()) })
	h.advance(40 * time.Second)
	h.until("success", func() bool { return h.status(0).Sent == 1 })
	got := r.got()
	for _, m := range got {
		if m.ID != got[0].ID || m.ID == "" {
			t.Errorf("ids %q and %q", m.ID, got[0].ID)
		}
	}
	if s := h.status(0); s.Waiting != 0 || !s.LastSuccess.Equal(h.clock()) || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	r := newReceiver(t, false)
	r.respond(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "120"); w.WriteHeader(429) })
	h := open(t, Options{})
	h.set(hook(r.URL))
	h.run()
	h.send(opened(1, High))
	h.until("the answer is kept", func() bool { return h.status(0).NextTry.Equal(noon.Add(2 * time.Minute)) })
	h.send(opened(2, High)) // the receiver has had enough, not of one message but of all
	h.advance(119 * time.Second)
	r.respond(nil)
	h.advance(time.Second)
	h.until("both are sent", func() bool { return h.status(0).Sent == 2 })
	if r.count() != 3 {
		t.Errorf("%d requests", r.count())
	}
}

func TestGivenUp(t *testing.T) {
	r := newReceiver(t, false)
	h := open(t, Options{})
	h.set(hook(r.URL))
	h.run()
	r.respond(status(404))
	h.send(opened(1, High))
	h.until("a final answer", func() bool { s := h.status(0); return s.Failed == 1 && s.Waiting == 0 })
	r.respond(status(500))
	h.send(opened(2, High))
	h.until("a try", func() bool { return !h.status(0).NextTry.IsZero() })
	h.advance(25 * time.Hour)
	h.until("it is given up", func() bool { s := h.status(0); return s.Failed == 2 && s.Waiting == 0 })
	if s := h.status(0); !strings.Contains(s.LastError, "within a day") || r.count() != 2 {
		t.Errorf("%+v, %d requests", s, r.count())
	}
}

// TestOrderWithinAnAlert holds that what happens to an alert arrives in its order, and that one message that the receiver
// does not like keeps back only its own alert.
func TestOrderWithinAnAlert(t *testing.T) {
	r := newReceiver(t, false)
	h := open(t, Options{})
	h.set(hook(r.URL))
	r.respond(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.Header.Get("X-BunkerM-Id"), "1-") {
			w.WriteHeader(500)
		}
	})
	for step, event := range []Event{Opened, Raised, Closed} {
		for alert := int64(1); alert <= 3; alert++ {
			m := opened(alert, High)
			m.Event, m.ID = event, fmt.Sprintf("%d-%d", alert, step)
			h.send(m)
		}
	}
	h.run()
	h.until("a try", func() bool { return r.count() >= 1 && !h.status(0).NextTry.IsZero() })
	for range 3 { // each failure of alert 1 holds the channel up for a moment
		h.advance(5 * time.Second)
	}
	h.until("the others are sent", func() bool { h.advance(time.Second); return h.status(0).Sent == 6 })
	r.respond(nil)
	h.until("all are sent", func() bool { h.advance(10 * time.Second); return h.status(0).Sent == 9 })
	seen := map[byte]string{}
	for _, m := range r.got() {
		if last := seen[m.ID[0]]; m.ID < last {
			t.Errorf("%s comes after %s", m.ID, last)
		}
		seen[m.ID[0]] = m.ID
	}
}

// TestDeadChannelHoldsUpNobody also shows how soon a dead one is found alive, and what it gets then.
func TestDeadChannelHoldsUpNobody(t *testing.T) {
	alive, dead := newReceiver(t, false), newReceiver(t, false)
	dead.respond(status(502))
	h := open(t, Options{})
	h.set(hook(dead.URL), hook(alive.URL))
	h.run()
	for i := range 20 {
		if n := h.send(opened(int64(i+1), Medium)); n != 2 {
			t.Errorf("queued for %d", n)
		}
	}
	h.until("the living channel has all", func() bool { return h.status(1).Sent == 20 })
	h.until("the dead one has failed often", func() bool { h.advance(time.Minute); return dead.count() >= 6 })
	dead.respond(nil)
	h.until("it has all as well", func() bool { h.advance(time.Minute); return h.status(0).Sent == 20 })
	if gone := h.clock().Sub(noon); gone > 3*time.Hour {
		t.Errorf("only after %v", gone)
	}
}

// TestOutboxSurvives ends a service between queueing and sending, and another begins with its database.
func TestOutboxSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	r := newReceiver(t, false)
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{Path: path, Migrations: Migrations(), Disk: storetest.Roomy})
	if err != nil {
		t.Fatal(err)
	}
	first := open(t, Options{Store: db})
	first.set(hook(r.URL))
	for i := range 50 {
		first.send(opened(int64(i), Low))
	}
	if err = db.Close(ctx); err != nil {
		t.Fatal(err)
	}
	second := open(t, Options{Store: storetest.OpenWith(t, store.Options{Path: path, Migrations: Migrations()})})
	if s := second.status(0); s.Waiting != 50 {
		t.Fatalf("%+v", s)
	}
	second.send(opened(99, Low))
	second.run()
	second.until("all are sent", func() bool { return second.status(0).Sent == 51 })
	if got := r.got(); len(got) != 51 || got[50].AlertID != 99 || got[0].AlertID != 0 {
		t.Errorf("%d messages", len(got))
	}
}

// TestFlood sends ten thousand messages while nothing gets out: what is kept is bounded, the least goes first, and nobody
// waits.
func TestFlood(t *testing.T) {
	h := open(t, Options{Most: 50})
	h.set(hook("http://127.0.0.1:1/"))
	important := 0
	for i := range 10_000 {
		m := opened(int64(i+1), []Severity{Low, Medium, High}[i%3])
		if i%400 == 0 {
			m.Severity = Critical
			important++
		}
		m.Text = strings.Repeat("x", 100)
		h.send(m)
	}
	if s := h.status(0); s.Waiting != 50 || s.Dropped != 9_950 {
		t.Errorf("%+v", s)
	}
	var critical, high int
	err := h.db.Read(t.Context(), func(ctx context.Context, q store.Queries) error {
		return q.QueryRow(ctx, `SELECT COALESCE(SUM(severity = 3), 0), COALESCE(SUM(severity = 2), 0) FROM notify_outbox`).Scan(&critical, &high)
	})
	if err != nil || critical != important || high != 50-important {
		t.Errorf("%d critical, %d high, %v", critical, high, err)
	}
}

func TestWhoGetsWhat(t *testing.T) {
	r := newReceiver(t, false)
	all, some, off, valued := hook(r.URL+"/all"), hook(r.URL+"/some"), hook(r.URL+"/off"), hook(r.URL+"/valued")
	some.MinSeverity, off.Enabled, valued.Values = High, false, true
	h := open(t, Options{})
	h.set(all, some, off, valued)
	value := 3.5
	m := opened(1, Medium)
	m.Value = &value
	if n := h.send(m); n != 2 {
		t.Errorf("queued for %d", n)
	}
	digest := Message{Event: Digest, Severity: High, Title: "2 alerts", Items: []Item{
		{AlertID: 2, Event: Opened, Severity: Low, Title: "low"}, {AlertID: 3, Event: Opened, Severity: High, Title: "high"},
	}}
	if n := h.send(digest); n != 3 {
		t.Errorf("queued for %d", n)
	}
	h.run()
	h.until("all are sent", func() bool { return r.count() == 5 })
	r.mu.Lock()
	defer r.mu.Unlock()
	var seen []string
	for i, body := range r.bodies {
		line := r.requests[i].URL.Path
		for _, word := range []string{`"value":3.5`, `"low"`, `"high"`} {
			if strings.Contains(strings.ReplaceAll(string(body), `"severity":`, ""), `"title":`+word) || word[1] == 'v' && strings.Contains(string(body), word) {
				line += " " + word
			}
		}
		seen = append(seen, line)
	}
	slices.Sort(seen)
	want := []string{"/all", `/all "low" "high"`, `/some "high"`, `/valued "low" "high"`, `/valued "value":3.5`}
	if !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

func TestNoMessages(t *testing.T) {
	h := open(t, Options{})
	h.set(hook("https://example.org/"))
	for _, m := range []Message{
		{}, {Event: "odd", Severity: Low, Title: "x"}, {Event: Opened, Severity: "odd", Title: "x"}, {Event: Opened, Severity: Low},
	} {
		if _, err := h.Send(t.Context(), m); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
}
