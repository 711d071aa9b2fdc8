package clientlogs

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

var update = flag.Bool("update", false, "write the expected files of testdata/log anew")

// recorded returns the lines of a recorded log, with the time from their stamps.
func recorded(t testing.TB, file string) []broker.LogLine {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var lines []broker.LogLine
	for raw := range bytes.Lines(data) {
		stamp, text, ok := bytes.Cut(bytes.TrimSuffix(raw, []byte("\n")), []byte(": "))
		seconds, err := strconv.ParseInt(string(stamp), 10, 64)
		if !ok || err != nil {
			t.Fatalf("line without a time: %q", raw)
		}
		lines = append(lines, broker.LogLine{Time: time.Unix(seconds, 0), Text: text})
	}
	return lines
}

// collected is a tracker whose events are kept.
type collected struct {
	*Tracker
	events  []Event
	changes []SessionChange
}

func collect(o TrackerOptions) *collected {
	c := new(collected)
	o.Emit = func(e Event) { c.events = append(c.events, e) }
	o.Session = func(s SessionChange) { c.changes = append(c.changes, s) }
	c.Tracker = NewTracker(o)
	return c
}

// describe is one event on one line, with what it says and nothing else.
func describe(e Event) string {
	words := map[Kind]string{Connect: "connect", Disconnect: "disconnect", Subscribe: "subscribe", Unsubscribe: "unsubscribe",
		Publish: "publish", AuthFailure: "auth_failure", Denied: "denied", Takeover: "takeover", Expired: "expired",
		Dropped: "dropped", Control: "control", Recording: "recording"}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Time.Format("15:04:05"), words[e.Kind])
	add := func(name string, value any, there bool) {
		if there {
			fmt.Fprintf(&b, " %s=%v", name, value)
		}
	}
	add("client", strconv.Quote(e.ClientID), e.ClientID != "")
	add("user", strconv.Quote(e.Username), e.HasUser)
	add("from", e.Address+":"+strconv.Itoa(e.Port), e.Address != "")
	add("reason", e.Reason, e.Reason != "")
	add("protocol", e.Protocol, e.Protocol != "")
	add("keepalive", e.KeepaliveSeconds, e.Kind == Connect)
	add("clean", e.CleanStart, e.Kind == Connect)
	add("bridge", e.Bridge, e.Bridge)
	add("topic", strconv.Quote(e.Topic), e.Topic != "")
	add("qos", e.QoS, e.Kind == Publish || e.Kind == Denied || e.Kind == Subscribe)
	add("granted", e.GrantedQoS, e.Kind == Subscribe)
	add("retain", e.Retain, e.Retain)
	add("size", e.Size, e.Size != 0)
	add("count", e.Count, e.Count != 1)
	add("until", e.Until.Format("15:04:05"), !e.Until.IsZero())
	add("certainty", "paired", e.Certainty == Paired)
	add("own", e.Own, e.Own)
	return b.String()
}

// TestRecordedLogs compares what becomes of the logs of both versions with testdata/log/<version>/events.txt. The
// expected files were written with -update and then read line by line against truth.json, which says what the clients
// did: every entry has its events, and there is no event without an entry (ctl is the client that gave the orders, and
// the truth does not list its commands). The differences between the versions are the broker's:
//
//   - a refused login has no id on 2.0.11 and is paired with its address;
//   - the keepalive timeout reads "closed its connection" on 2.0.11, so it is a lost connection;
//   - a garbage packet and a connection that hangs up without a word are nobody's disconnect on either;
//   - the broker's end is a disconnect of ctl, which stayed to the end.
func TestRecordedLogs(t *testing.T) {
	for _, version := range []string{"2.0.11", "2.1.2"} {
		t.Run(version, func(t *testing.T) {
			dir := filepath.Join("testdata", "log", version)
			c := collect(TrackerOptions{})
			lines := recorded(t, filepath.Join(dir, "broker.log"))
			for _, line := range lines {
				c.Line(line)
			}
			c.Flush()
			var got strings.Builder
			for _, e := range c.events {
				fmt.Fprintln(&got, describe(e))
			}
			golden(t, filepath.Join(dir, "events.txt"), got.String())
			if open := c.Sessions(); len(open) != 0 {
				t.Errorf("sessions are still open: %+v", open)
			}
			checkTruth(t, filepath.Join(dir, "truth.json"), c.events)
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", file, got)
	}
}

// checkTruth asks for every entry of the truth that something happened within the second after it, of the kind that it
// must have caused.
func checkTruth(t *testing.T, file string, events []Event) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var truth []struct {
		T     float64
		Event string
	}
	if err := json.Unmarshal(data, &truth); err != nil {
		t.Fatal(err)
	}
	silent := map[string]bool{"garbage": true, "connect and hang up": true}
	causes := map[string][]Kind{
		"bad password v311": {AuthFailure}, "bad password v5": {AuthFailure}, "unknown user": {AuthFailure},
		"wrong clientid": {AuthFailure}, "disabled login": {AuthFailure}, "denied publish": {Connect, Denied, Disconnect},
		"takeover second": {Takeover, Connect, Disconnect}, "kicked by disableClient": {Connect, Control, Disconnect},
		"unsubscribe": {Connect, Subscribe, Unsubscribe, Disconnect}, "takeover first": {Connect},
	}
	for i, entry := range truth {
		if silent[entry.Event] {
			continue
		}
		until := truth[i].T + 6
		if i+1 < len(truth) {
			until = truth[i+1].T
		}
		kinds := causes[entry.Event]
		if kinds == nil {
			kinds = []Kind{Connect, Disconnect}
		}
		if entry.Event == "oversize" { // the moment at which the packet of the entry before was sent
			continue
		}
		if entry.Event == "oversize packet" {
			until += 2
		}
		for _, kind := range kinds {
			if !happened(events, kind, entry.T, until) {
				t.Errorf("%q at %.1f caused no event of kind %d", entry.Event, entry.T, kind)
			}
		}
	}
}

func happened(events []Event, kind Kind, from, until float64) bool {
	for _, e := range events {
		if at := float64(e.Time.Unix()); e.Kind == kind && at >= from-1 && at <= until+1 {
			return true
		}
	}
	return false
}
