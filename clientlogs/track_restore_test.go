package clientlogs

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/broker"
)

// TestGoingOn ends the program behind every line of the recorded logs, goes on with what was saved,
// and must come to the same events and the same sessions as if nothing had happened.
func TestGoingOn(t *testing.T) {
	for _, version := range []string{"2.0.11", "2.1.2"} {
		lines := recorded(t, filepath.Join("testdata", "log", version, "broker.log"))
		whole := collect(TrackerOptions{})
		for _, line := range lines {
			whole.Line(line)
		}
		whole.Flush()
		for at := range lines {
			events, open := interrupted(t, lines, at)
			if diff := cmp.Diff(whole.events, events); diff != "" {
				t.Fatalf("%s, ended behind line %d %q (want, got):\n%s", version, at+1, lines[at].Text, diff)
			}
			if open != whole.open() {
				t.Fatalf("%s, ended behind line %d: sessions\n%s\nwant\n%s", version, at+1, open, whole.open())
			}
		}
	}
}

// interrupted reads lines up to at, saves what a service saves, and goes on with a new tracker.
func interrupted(t *testing.T, lines []broker.LogLine, at int) (events []Event, open string) {
	t.Helper()
	first := collect(TrackerOptions{})
	for _, line := range lines[:at+1] {
		first.Line(line)
	}
	first.Settle()
	stored := storedSessions(first.changes)
	kept, err := json.Marshal(first.hold())
	if err != nil {
		t.Fatal(err)
	}
	second := collect(TrackerOptions{})
	second.Restore(stored)
	var h held
	if err := json.Unmarshal(kept, &h); err != nil {
		t.Fatal(err)
	}
	second.resume(h)
	if got, want := second.open(), first.open(); got != want {
		t.Fatalf("restored behind line %d:\n%s\nwant\n%s", at+1, got, want)
	}
	for _, line := range lines[at+1:] {
		second.Line(line)
	}
	second.Flush()
	return append(first.events, second.events...), second.open()
}

// storedSessions is what a database holds after all these changes.
func storedSessions(changes []SessionChange) []SavedSession {
	byKey := map[string]SavedSession{}
	for _, c := range changes {
		if c.Removed {
			delete(byKey, string(c.Saved.Key))
		} else {
			byKey[string(c.Saved.Key)] = c.Saved
		}
	}
	all := make([]SavedSession, 0, len(byKey))
	for _, s := range byKey {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b SavedSession) int { return strings.Compare(string(a.Key), string(b.Key)) })
	return all
}

func TestConfirm(t *testing.T) {
	c := collect(TrackerOptions{})
	for line := range strings.SplitSeq(`12:00:00  New client connected from 127.0.0.1:1 as alive (p2, c1, k60).
12:00:00  New client connected from 127.0.0.1:2 as dead (p2, c1, k60).
12:00:00  New client connected from 127.0.0.1:3 as nobody-knows (p2, c1, k60).
12:00:01? the log was turned off
12:00:02  New client connected from 127.0.0.1:4 as sure (p2, c1, k60).`, "\n") {
		c.play(t, line)
	}
	c.events = nil
	asked := map[string]bool{}
	c.Confirm(func(s Session) (alive, known bool) {
		asked[s.ClientID] = true
		return s.ClientID == "alive", s.ClientID != "nobody-knows"
	}, c.now)
	if len(asked) != 3 || asked["sure"] {
		t.Errorf("asked about %v", asked)
	}
	if got := c.described(); got != "12:00:02 disconnect client=\"dead\" from=127.0.0.1:2 reason=unknown certainty=paired\n" {
		t.Errorf("events:\n%s", got)
	}
	for id, unsure := range map[string]bool{"alive": false, "nobody-knows": true, "sure": false} {
		if s, open := c.Session(id); !open || s.Unsure != unsure {
			t.Errorf("%s: open %t, %+v", id, open, s)
		}
	}
	if n := c.Counts(); n.Sessions != 3 || n.Unsure != 1 {
		t.Errorf("counts: %+v", n)
	}
}

// TestFiltersSurviveTheirCompactForm also wants what it cannot read to be unknown and not none.
func TestFiltersSurviveTheirCompactForm(t *testing.T) {
	set := none()
	for _, topic := range []string{"a", "b/#", "", "a"} {
		set.add([]byte(topic), 10)
	}
	back := filtersOf(set.compact())
	if set.count() != 3 || back.count() != 3 || back.remove([]byte("b/#")) != -1 || back.remove([]byte("c")) != 0 {
		t.Errorf("set %+v, back %+v", set, back)
	}
	empty := none()
	if b := filtersOf(empty.compact()); b.count() != 0 {
		t.Errorf("an empty set comes back with %d", b.count())
	}
	for _, b := range [][]byte{nil, {}, {2}, {filtersVersion, 0, 0}} {
		if f := filtersOf(b); f.count() != -1 {
			t.Errorf("%v is read as %d filters", b, f.count())
		}
	}
	var unknown filters
	if unknown.compact() != nil {
		t.Error("an unknown set is saved as something")
	}
}
