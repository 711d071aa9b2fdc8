package app

import (
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/clientlogs"
)

// TestATakeoverIsOverAfterTenQuietMinutes has a session be taken over, come back, and be taken over once more.
func TestATakeoverIsOverAfterTenQuietMinutes(t *testing.T) {
	began := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	id := "bunkerm-" + strings.Repeat("a", 32)
	var over takeovers
	session := broker.Status{State: broker.StateConnected, Since: began.Add(-time.Hour)}
	wrong := func(after time.Duration) bool { return over.condition(began.Add(after), session).Wrong }
	taken := func(after time.Duration) {
		over.event(&clientlogs.Event{Time: began.Add(after), Kind: clientlogs.Takeover, ClientID: id, Own: true})
	}
	if wrong(0) {
		t.Error("before anything happened")
	}
	over.event(&clientlogs.Event{Time: began, Kind: clientlogs.Takeover, ClientID: "a device"})
	if wrong(0) {
		t.Error("a device was taken over")
	}
	taken(0)
	session.Since = began.Add(time.Minute)
	for after, want := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 11 * time.Minute: false} {
		if wrong(after) != want {
			t.Errorf("after %v: %t", after, !want)
		}
	}
	taken(5 * time.Minute)
	over.event(&clientlogs.Event{Time: began.Add(5 * time.Minute), Kind: clientlogs.Connect, ClientID: id, Username: "x\u202e", HasUser: true, Address: "10.0.0.5"})
	c := over.condition(began.Add(11*time.Minute), session)
	if !c.Wrong || !c.Since.Equal(began) || !strings.HasPrefix(c.Text, `The account "x\u202e" from 10.0.0.5 connected`) {
		t.Errorf("%+v", c)
	}
	if wrong(15 * time.Minute) {
		t.Error("it does not end")
	}
	session.State = broker.StateConnecting
	if !wrong(15 * time.Minute) {
		t.Error("it ends while we are away")
	}
}
