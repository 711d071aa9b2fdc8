package clientlogs

import (
	"fmt"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// sayAt gives the tracker broker's lines at one time.
func (c *collected) sayAt(at time.Time, format string, args ...any) {
	c.Line(broker.LogLine{Time: at, Text: fmt.Appendf(nil, format, args...)})
}

// total is how many events of a kind were told, folded ones included, and how many entries tell them.
func (c *collected) total(kind Kind, clientID string) (events, entries int) {
	for _, e := range c.events {
		if e.Kind == kind && e.ClientID == clientID {
			events += e.Count
			entries++
		}
	}
	return events, entries
}

// TestAFlappingClient comes and goes 50 times a second for three minutes: everything is counted, little of it one by
// one, and nobody else's events are missing.
func TestAFlappingClient(t *testing.T) {
	c := collect(TrackerOptions{})
	const flaps = 50 * 180
	for i := range flaps {
		at := time0().Add(time.Duration(i) * 20 * time.Millisecond)
		c.sayAt(at, "New client connected from 10.0.0.66:%d as flapper (p2, c1, k60, u'f').", 1024+i)
		if s, open := c.Session("flapper"); !open || s.Port != 1024+i {
			t.Fatalf("flap %d: open %t, %+v", i, open, s)
		}
		c.sayAt(at, "Client flapper closed its connection.")
		if _, open := c.Session("flapper"); open {
			t.Fatalf("flap %d: still open", i)
		}
		if i%200 == 0 {
			c.sayAt(at, "New client connected from 10.0.0.1:%d as honest (p2, c1, k60).", 1024+i)
			c.sayAt(at, "Client honest disconnected.")
			c.Tick(at)
		}
	}
	c.Flush()
	all := 0
	for _, kind := range []Kind{Connect, Disconnect} {
		if n, _ := c.total(kind, "honest"); n != flaps/200 {
			t.Errorf("%d of the other's events of kind %d", n, kind)
		}
		events, entries := c.total(kind, "flapper")
		if events != flaps {
			t.Errorf("%d events of kind %d instead of %d", events, kind, flaps)
		}
		all += entries
	}
	if all > 120+3*60+8 {
		t.Errorf("%d entries", all)
	}
	folded := 0
	for _, e := range c.events {
		if e.Count > 1 {
			folded++
		}
	}
	if folded < 4 { // two kinds, at least twice: they do not wait for the end
		t.Errorf("%d folded entries", folded)
	}
	for _, e := range c.events {
		if e.Count > 1 && (e.Until.Before(e.Time) || e.Username != "f" || e.Address != "10.0.0.66" || e.Port != 0 || e.Raw != "") {
			t.Errorf("folded: %+v", e)
		}
		if e.Count > 1 && e.Kind == Disconnect && e.Reason != ConnectionLost {
			t.Errorf("folded without its reason: %+v", e)
		}
	}
	if n := c.Counts(); n.Folded == 0 || n.Sessions != 0 {
		t.Errorf("counts: %+v", n)
	}
}

// TestLoginsWithEverNewIDs fold by address, or every one of them would have a quota of its own.
func TestLoginsWithEverNewIDs(t *testing.T) {
	c := collect(TrackerOptions{Limits: Limits{PerAddress: Quota{AtOnce: 100, PerMinute: 10}, Passing: 500}})
	const logins = 20_000
	for i := range logins {
		at := time0().Add(time.Duration(i) * time.Millisecond)
		c.sayAt(at, "New connection from 2001:db8::%x:%d on port 1883.", i%65536, 1024)
		c.sayAt(at, "Client guess-%d [2001:db8::%x:%d] disconnected: not authorised.", i, i%65536, 1024)
		c.Tick(at)
	}
	c.sayAt(time0(), "New connection from 10.0.0.1:7 on port 1883.")
	c.sayAt(time0(), "Client other [10.0.0.1:7] disconnected: not authorised.")
	c.Flush()
	events := 0
	for _, e := range c.events {
		events += e.Count
		if e.Count > 1 && e.ClientID != "" {
			t.Errorf("folded of different clients: %+v", e)
		}
	}
	if events != logins+1 || len(c.events) > 110 {
		t.Errorf("%d events in %d entries", events, len(c.events))
	}
	if n, _ := c.total(AuthFailure, "other"); n != 1 {
		t.Error("somebody else's refusal is missing")
	}
	if n := c.Counts(); n.Evicted == 0 {
		t.Errorf("20,000 ids and nothing was forgotten: %+v", n)
	}
}

// TestWhatIsNeverFolded is what no device causes.
func TestWhatIsNeverFolded(t *testing.T) {
	tight := Limits{PerClient: Quota{AtOnce: 1, PerMinute: 1}, PerAddress: Quota{AtOnce: 1, PerMinute: 1}}
	c := collect(TrackerOptions{Limits: tight, Own: func(id, _ string) bool { return id == "bunkerm" }})
	for i := range 10 {
		c.sayAt(time0(), "New client connected from 10.0.0.1:%d as dev-%d (p2, c1, k60).", i, i)
		c.sayAt(time0(), "dynsec: admin/admin | deleteClient | username=x%d", i)
		c.sayAt(time0(), "New client connected from 10.0.0.1:99 as bunkerm (p5, c1, k60).")
		c.sayAt(time0(), "Client bunkerm disconnected.")
	}
	c.sayAt(time0(), "mosquitto version 2.0.11 terminating")
	entries := map[Kind]int{}
	for _, e := range c.events {
		if e.Count != 1 {
			t.Errorf("folded: %+v", e)
		}
		entries[e.Kind]++
	}
	// Ten connects and disconnects are our own, one connect is within the quota, ten devices lost their broker.
	if entries[Control] != 10 || entries[Connect] != 11 || entries[Disconnect] != 20 {
		t.Errorf("entries: %v", entries)
	}
}

// TestPublishesBeyondTheirQuota keep their number and size and lose their topics.
func TestPublishesBeyondTheirQuota(t *testing.T) {
	c := collect(TrackerOptions{Limits: Limits{Publishing: Quota{AtOnce: 50, PerMinute: 1}, PerClient: Quota{AtOnce: 1, PerMinute: 1}}})
	for i := range 1000 {
		c.sayAt(time0(), "Received PUBLISH from a (d0, q0, r0, m0, 't/%d', ... (3 bytes))", i)
	}
	c.sayAt(time0(), "Denied PUBLISH from a (d0, q0, r0, m0, 't', ... (3 bytes))")
	c.Flush()
	var size int64
	for _, e := range c.events {
		if e.Kind == Publish {
			size += e.Size
		}
	}
	events, entries := c.total(Publish, "a")
	if events != 1000 || entries != 51 || size != 3000 {
		t.Errorf("%d publishes of %d bytes in %d entries", events, size, entries)
	}
	if n, _ := c.total(Denied, "a"); n != 1 {
		t.Error("publishing has used up the quota of other events")
	}
}

// TestWants records the publishes that are wanted and everything else.
func TestWants(t *testing.T) {
	c := collect(TrackerOptions{Wants: func(clientID, topic []byte) bool { return string(clientID) == "a" && string(topic) == "t" }})
	for _, id := range []string{"a", "b"} {
		for _, topic := range []string{"t", "u"} {
			c.sayAt(time0(), "Received PUBLISH from %s (d0, q0, r0, m0, '%s', ... (3 bytes))", id, topic)
			c.sayAt(time0(), "Denied PUBLISH from %s (d0, q0, r0, m0, '%s', ... (3 bytes))", id, topic)
		}
	}
	c.Flush()
	entries := map[Kind]int{}
	for _, e := range c.events {
		entries[e.Kind]++
	}
	if entries[Publish] != 1 || entries[Denied] != 4 {
		t.Errorf("entries: %v", entries)
	}
}

func TestBucket(t *testing.T) {
	q := Quota{AtOnce: 2, PerMinute: 60}
	var b bucket
	now := time0()
	for i, step := range []struct {
		passed time.Duration
		want   bool
	}{
		{0, true}, {0, true}, {0, false}, {time.Second, true}, {0, false}, {-time.Hour, false}, {time.Second, true}, {time.Hour, true},
		{0, true}, {0, false},
	} {
		now = now.Add(step.passed)
		if got := b.take(q, now); got != step.want {
			t.Errorf("step %d: %t", i, got)
		}
	}
}

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "::ffff:10.0.0.1", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "/run/m.sock": "/run/m.sock", "": "",
	} {
		if got := network(address); got != want {
			t.Errorf("%q counts as %q, want %q", address, got, want)
		}
	}
}
