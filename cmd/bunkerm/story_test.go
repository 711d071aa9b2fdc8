package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// told is one event as the API tells it.
type told struct {
	ID       json.Number `json:"id"`
	Event    string      `json:"event"`
	ClientID string      `json:"client_id"`
	Username string      `json:"username"`
	Address  string      `json:"address"`
	Reason   string      `json:"reason"`
	Topic    string      `json:"topic"`
	Count    int         `json:"count"`
}

// events asks for the newest events, the oldest of them first.
func (s *server) events(query url.Values) []told {
	s.t.Helper()
	query.Set("limit", "1000")
	var answer struct {
		Events []told `json:"events"`
	}
	text := s.must("GET", "/api/clientlogs?"+query.Encode(), nil)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
	slices.Reverse(answer.Events)
	return answer.Events
}

// plot is what the events say in short: the kind, and the reason or the topic.
func plot(events []told) []string {
	lines := make([]string, 0, len(events))
	for _, e := range events {
		lines = append(lines, strings.Join(strings.Fields(e.Event+" "+e.Reason+" "+e.Topic), " "))
	}
	return lines
}

// holds reports whether the lines of want are among have, in this order.
func holds(have, want []string) bool {
	for _, line := range have {
		if len(want) > 0 && line == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

// TestTheStoryOfADevice is what an operator sees who asks about one device: it was refused, let in, denied a topic,
// thrown out, and came back.
func TestTheStoryOfADevice(t *testing.T) {
	s := serveOn(t, t.TempDir())
	eventually(t, "publish events are recorded", func() bool {
		return strings.Contains(s.must("GET", "/api/settings/clientlogs", nil), `"state":"recording"`)
	})
	const id = "device-of-pump"
	if _, err := brokertest.Connect(t, s.MQTT, "pump", "pw of pump", id); err == nil {
		t.Fatal("the broker lets in whom nobody knows")
	}
	d := s.device("pump")
	if code, err := d.Subscribe("pump/orders"); err != nil || code != 1 {
		t.Fatalf("subscribing: code %#x, %v", code, err)
	}
	if code, err := d.Subscribe("secret/#"); err != nil || code < 0x80 {
		t.Fatalf("subscribing to what is not allowed: code %#x, %v", code, err)
	}
	if code, err := d.Publish("pump/pressure", "3"); err != nil || code >= 0x80 {
		t.Fatalf("publishing: code %#x, %v", code, err)
	}
	if code, err := d.Publish("secret/x", "3"); err != nil || code < 0x80 {
		t.Fatalf("publishing what is not allowed: code %#x, %v", code, err)
	}
	s.must("POST", "/api/dynsec/clients/pump/disconnect", nil)
	<-d.Done
	again := s.connect("pump", "pw of pump")

	want := []string{
		"connect", "subscribe pump/orders", "denied subscribe secret/#", "denied publish secret/x", "disconnect kicked", "connect",
	}
	// What is published is told up to a second later, because more of the same may follow.
	published := []string{"connect", "publish pump/pressure", "disconnect kicked"}
	eventually(t, "the story is told", func() bool {
		told := plot(s.events(url.Values{"client_id": {id}}))
		return holds(told, want) && holds(told, published)
	})
	eventually(t, "the refusal is told", func() bool {
		refusals := s.events(url.Values{"event": {"auth_failure"}})
		return len(refusals) == 1 && strings.HasPrefix(refusals[0].Address, "127.0.0.1")
	})

	var timeline struct {
		Client struct {
			Connected bool `json:"connected"`
			Sessions  int  `json:"sessions"`
		} `json:"client"`
		Events []told `json:"events"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/clientlogs/"+id, nil)), &timeline); err != nil {
		t.Fatal(err)
	}
	if !timeline.Client.Connected || timeline.Client.Sessions != 2 || len(timeline.Events) < len(want) {
		t.Errorf("the client's page: %+v", timeline)
	}
	if status, text := s.do("GET", "/api/clientlogs/nobody", nil); status != http.StatusNotFound {
		t.Errorf("a client that was never seen: %d %s", status, text)
	}
	if err := again.Disconnect(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the last word is told", func() bool {
		return holds(plot(s.events(url.Values{"client_id": {id}})), append(want, "disconnect client_disconnected"))
	})
}
