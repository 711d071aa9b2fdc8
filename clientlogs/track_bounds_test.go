package clientlogs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// TestEverythingIsBounded sends far more of everything than fits, and wants the bounds to hold and to be counted.
func TestEverythingIsBounded(t *testing.T) {
	limits := Limits{Clients: 100, Away: 50, Passing: 40, Arrivals: 30, Publishes: 20, Filters: 10, Folds: 10, Addresses: 5,
		PerClient: Quota{AtOnce: 1, PerMinute: 1}}
	for _, c := range []struct {
		name  string
		lines []string // %[1]d counts
		count func(Counts) int
		want  int
		lost  bool
	}{
		{"clients", []string{"New client connected from 10.0.0.1:1 as c%[1]d (p2, c1, k60)."}, func(n Counts) int { return n.Sessions }, 100, true},
		{"persistent sessions", []string{"New client connected from 10.0.0.1:1 as c%[1]d (p2, c0, k60).", "Client c%[1]d disconnected."},
			func(n Counts) int { return n.Away }, 50, true},
		{"arrivals", []string{"New connection from 10.0.0.1:%[1]d on port 1883."}, func(n Counts) int { return n.Arrivals }, 30, true},
		{"publishes", []string{"Received PUBLISH from a (d0, q0, r0, m0, 't/%[1]d', ... (3 bytes))"}, func(n Counts) int { return n.Publishes }, 20, false},
		{"publishers", []string{"Received PUBLISH from c%[1]d (d0, q0, r0, m0, 't', ... (3 bytes))"}, func(n Counts) int { return n.Publishes }, 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := collect(TrackerOptions{Limits: limits})
			for i := range 10_000 {
				for _, line := range c.lines {
					tr.sayAt(time0(), line, i+1)
				}
			}
			n := tr.Counts()
			if got := c.count(n); got != c.want || c.lost != (n.Evicted > 0) {
				t.Errorf("counts: %+v", n)
			}
			if all := len(tr.clients.byKey); all > 100+50+40 {
				t.Errorf("%d clients are remembered", all)
			}
			if f := tr.folds.order.n; f > 10+1 || tr.sources.order.n > 5 {
				t.Errorf("%d folds, %d addresses", f, tr.sources.order.n)
			}
			tr.Flush()
			events := 0
			for _, e := range tr.events {
				events += e.Count
			}
			if want := 10_000 * len(c.lines); c.name != "arrivals" && c.name != "clients" && events != want {
				t.Errorf("%d events of %d", events, want)
			}
		})
	}
}

// TestFiltersAreBounded makes a client's number of subscriptions unknown rather than wrong.
func TestFiltersAreBounded(t *testing.T) {
	c := collect(TrackerOptions{Limits: Limits{Filters: 10}})
	subscribe := func(id string, n int) {
		c.sayAt(time0(), "New client connected from 10.0.0.1:1 as %s (p2, c1, k60).", id)
		for i := range n {
			c.sayAt(time0(), "%s 0 t/%d", id, i)
		}
	}
	subscribe("few", 10)
	subscribe("many", 11)
	for i := range 39 {
		subscribe(fmt.Sprint("one-of-all-", i), 10)
	}
	subscribe("late", 1)
	for id, want := range map[string]int{"few": 10, "many": -1, "one-of-all-38": 10, "late": -1} {
		if s, _ := c.Session(id); s.Subscriptions != want {
			t.Errorf("%s has %d subscriptions, want %d", id, s.Subscriptions, want)
		}
	}
	c.sayAt(time0(), "mosquitto version 2.0.11 terminating")
	if c.clients.filters != 0 || c.clients.live != 0 {
		t.Errorf("%d filters of %d clients are still counted", c.clients.filters, c.clients.live)
	}
}

// TestTextsAreBounded forgets who is gone before it refuses who comes, and forgets nothing of what it counts.
func TestTextsAreBounded(t *testing.T) {
	c := collect(TrackerOptions{Limits: Limits{TextBytes: 10_000}})
	long := strings.Repeat("x", 900)
	for i := range 100 {
		c.sayAt(time0(), "New client connected from 10.0.0.1:1 as %s%d (p2, c0, k60, u'user').", long, i)
		if i%2 == 0 {
			c.sayAt(time0(), "Client %s%d disconnected.", long, i)
		}
		if c.clients.text > 11_000 || c.clients.text < 0 {
			t.Fatalf("%d bytes", c.clients.text)
		}
	}
	if n := c.Counts(); n.Sessions < 9 || n.Evicted == 0 || n.Away > 1 {
		t.Errorf("counts: %+v", n)
	}
	if n, _ := c.total(Connect, long+"99"); n != 1 {
		t.Error("who is not remembered is not told of")
	}
	c.sayAt(time0(), "mosquitto version 2.0.11 terminating")
	c.Tick(time0().Add(time.Hour))
	var left int64
	for _, one := range c.clients.byKey {
		left += one.text
	}
	if c.clients.text != left || len(c.clients.byKey) != c.clients.away.n {
		t.Errorf("%d bytes of %d clients are left, should be %d of %d", c.clients.text, len(c.clients.byKey), left, c.clients.away.n)
	}
}

// TestLongIDs are the lines that a broker leaves of a client id of 64 KiB: cut at 999 bytes, whatever stands behind.
func TestLongIDs(t *testing.T) {
	id := strings.Repeat("L", 65535)
	cut := func(line string) broker.LogLine {
		return broker.LogLine{Time: time0(), Text: []byte(line[:min(len(line), 999)])}
	}
	for _, version := range []string{"2.0.11", "2.1.2"} {
		c := collect(TrackerOptions{})
		c.Line(cut("mosquitto version " + version + " starting"))
		tls := version == "2.1.2"
		if tls { // the listener is known for its TLS, of which 2.1 has a line that begins like those about leaving
			for _, line := range []string{"New connection from 127.0.0.1:4 on port 8883.",
				"New client connected from 127.0.0.1:4 as short (p4, c1, k60).", "Client short negotiated TLSv1.3 cipher X",
				"Client short [127.0.0.1:4] disconnected."} {
				c.Line(cut(line))
			}
			c.events = nil
		}
		c.Line(cut("New connection from 127.0.0.1:5 on port 8883."))
		c.Line(cut("New client connected from 127.0.0.1:5 as " + id + " (p2, c1, k60)."))
		if tls {
			c.Line(cut("Client " + id + " negotiated TLSv1.3 cipher X"))
		}
		c.Line(cut("Received SUBSCRIBE from " + id))
		c.Line(cut("\tfilter (QoS 0)"))
		c.Line(cut(id + " 0 filter"))
		c.Line(cut("Sending SUBACK to " + id))
		all := c.Sessions()
		if len(all) != 1 || len(all[0].ClientID) < 900 || all[0].Subscriptions != -1 || all[0].Port != 5 {
			t.Fatalf("%s: sessions %+v", version, all)
		}
		c.Line(cut("New connection from 127.0.0.1:6 on port 1883."))
		c.Line(cut("Client " + id + " already connected, closing old connection."))
		c.Line(cut("New client connected from 127.0.0.1:6 as " + id + " (p2, c1, k60)."))
		c.Line(cut("No will message specified."))
		c.Line(cut("Sending CONNACK to " + id + " (0, 0)"))
		c.Line(cut("Client " + id + " disconnected."))
		if n := c.Counts(); n.Sessions != 0 || len(c.clients.cut) != 0 {
			t.Errorf("%s: counts %+v", version, n)
		}
		words := []Kind{Connect, Disconnect, Connect, Disconnect}
		if len(c.events) != len(words) {
			t.Fatalf("%s:\n%s", version, c.described())
		}
		for i, e := range c.events {
			if e.Kind != words[i] || e.Kind == Disconnect && e.Reason != UnknownReason {
				t.Errorf("%s: event %d is %s", version, i, describe(e))
			}
		}
	}
}

// TestTextsThatAreNotUTF8 reach people as U+FFFD, and stay apart.
func TestTextsThatAreNotUTF8(t *testing.T) {
	c := collect(TrackerOptions{})
	c.sayAt(time0(), "New client connected from 10.0.0.1:1 as caf\xe9 (p2, c1, k60, u'\xfc').")
	c.sayAt(time0(), "New client connected from 10.0.0.1:2 as caf\xe8 (p2, c1, k60, u'\xfc').")
	if c.events[0].ClientID != "caf\uFFFD" || c.events[0].Username != "\uFFFD" || !strings.Contains(c.events[0].Raw, "u'\uFFFD'") {
		t.Errorf("event: %+v", c.events[0])
	}
	c.sayAt(time0(), "Client caf\xe8 disconnected.")
	if all := c.Sessions(); len(all) != 1 || all[0].Port != 1 {
		t.Errorf("sessions: %+v", all)
	}
	key := storedSessions(c.changes)
	if len(key) != 1 || string(key[0].Key) != "caf\xe9" {
		t.Errorf("saved: %+v", key)
	}
}

// TestReadersDoNotDisturb lets others read while lines come; the race detector does the looking.
func TestReadersDoNotDisturb(t *testing.T) {
	c := collect(TrackerOptions{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			for _, s := range c.Sessions() {
				c.Session(s.ClientID)
			}
			c.Counts()
			c.Held()
		}
	}()
	for _, line := range connectFlood()[:4000] {
		c.Line(line)
		c.Settle()
	}
	<-done
	if c.Counts().Sessions != 0 {
		t.Errorf("counts: %+v", c.Counts())
	}
}
