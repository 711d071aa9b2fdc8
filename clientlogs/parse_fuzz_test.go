package clientlogs

import (
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/broker"
)

// FuzzParse wants no panic, no text from outside of the line, and a level.
func FuzzParse(f *testing.F) {
	for _, version := range []string{"2.0.11", "2.1.2"} {
		for _, line := range recorded(f, filepath.Join("testdata", "log", version, "broker.log")) {
			f.Add(line.Text, byte(0), "c-pers")
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, level byte, known string) {
		if level != 0 {
			level = "EWNISU"[int(level)%6]
		}
		line := make([]byte, len(text), len(text)+1) // so that a slice beyond the end is one that can be seen
		copy(line, text)
		p := Parser{Known: func(id []byte) bool { return string(id) == known }, dialect: dialect(len(text) % 3)}
		if known != "" {
			p.Watch(known)
		}
		var r Record
		p.Parse(line, level, &r)
		if r.Level == 0 || level != 0 && r.Level != level {
			t.Errorf("level %q became %q", level, r.Level)
		}
		for name, part := range map[string][]byte{"ClientID": r.ClientID, "Username": r.Username, "Address": r.Address,
			"Topic": r.Topic, "Command": r.Command, "Text": r.Text} {
			if !inside(line, part) {
				t.Errorf("%s %q is not part of the line %q", name, part, line)
			}
		}
		if r.Port < 0 || r.Port > 65535 || r.Size < 0 || r.Keepalive < 0 || r.QoS > 2 || r.GrantedQoS > 2 || r.Protocol > 5 {
			t.Errorf("out of range: %+v", r)
		}
	})
}

func inside(line, part []byte) bool {
	if len(part) == 0 {
		return true
	}
	first := uintptr(unsafe.Pointer(unsafe.SliceData(line)))
	at := uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	return at >= first && at+uintptr(len(part)) <= first+uintptr(len(line))
}

// FuzzTracker feeds lines to a tracker in which suspects are connected, and wants its numbers to stay true.
func FuzzTracker(f *testing.F) {
	f.Add([]byte("Client a disconnected."), []byte("Client Client closed its connection."))
	f.Add([]byte("New client connected from ::1:1 as New (p2, c1, k60)."), []byte("New connection from ::1:1 on port 1."))
	f.Add([]byte("\tx (QoS 1)"), []byte("a 1 x"))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		c := collect(TrackerOptions{Limits: Limits{Clients: 4, Away: 2, Passing: 2, Arrivals: 2, Publishes: 2, Filters: 2, Folds: 2,
			Addresses: 2, PerClient: Quota{AtOnce: 2, PerMinute: 1}}})
		for _, line := range []string{"New client connected from 127.0.0.1:1 as Client (p2, c0, k60).",
			"New client connected from 127.0.0.1:2 as a (p2, c1, k60).", "Received SUBSCRIBE from a", string(one), string(two),
			string(one), "Received PUBLISH from a (d0, q0, r0, m0, 't', ... (4 bytes))", string(two), string(one)} {
			c.Line(broker.LogLine{Time: time0(), Text: []byte(line)})
		}
		c.Flush()
		n := c.Counts()
		if n.Sessions != len(c.Sessions()) || n.Sessions > 4 || n.Away > 2 || n.Arrivals > 2 || n.Publishes != 0 {
			t.Errorf("counts %+v, sessions %v", n, c.Sessions())
		}
		begun := 0
		for _, e := range c.events {
			if e.Count < 1 || e.Kind == 0 || e.Time.IsZero() {
				t.Errorf("event %+v", e)
			}
			begun += map[Kind]int{Connect: e.Count}[e.Kind]
		}
		if n.Sessions > begun {
			t.Errorf("%d sessions of %d that began", n.Sessions, begun)
		}
	})
}
