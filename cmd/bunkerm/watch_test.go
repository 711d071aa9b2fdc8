package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// connected is how many sessions of users the API counts.
func (s *server) connected() int {
	s.t.Helper()
	var answer struct {
		Total *int `json:"total"`
		Known bool `json:"known"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/monitor/clients?limit=1", nil)), &answer); err != nil {
		s.t.Fatal(err)
	}
	if answer.Total == nil || !answer.Known {
		return -1
	}
	return *answer.Total
}

// connectMany connects n devices of one account.
func (s *server) connectMany(account string, n int) []*brokertest.Device {
	s.t.Helper()
	devices := make([]*brokertest.Device, n)
	for i := range devices {
		d, err := brokertest.Connect(s.t, s.MQTT, account, "p", fmt.Sprintf("%s-%d", account, i))
		if err != nil {
			s.t.Fatal(err)
		}
		devices[i] = d
	}
	return devices
}

func TestAKilledBrokerEndsFiveHundredSessions(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "many", "password": "p"})
	const n = 500
	devices := s.connectMany("many", n)
	eventually(t, "all are connected", func() bool { return s.connected() == n })
	if err := syscall.Kill(brokerPID(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for _, d := range devices {
		<-d.Done
	}
	eventually(t, "no session is left", func() bool { return s.connected() == 0 })
	eventually(t, "each session's end is told", func() bool {
		ends := s.events(url.Values{"username": {"many"}, "event": {"disconnect"}})
		for _, e := range ends {
			if e.Reason != "broker_stopped" {
				t.Fatalf("a session ended by %s", e.Reason)
			}
		}
		return len(ends) == n
	})
	eventually(t, "the broker lets them in again", func() bool {
		_, err := brokertest.Connect(t, s.MQTT, "many", "p", "many-again")
		return err == nil && s.connected() == 1
	})
}

func TestSessionsAreRightAfterWeWereKilled(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir, "--on-exit", "keep")
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "many", "password": "p"})
	devices := s.connectMany("many", 20)
	eventually(t, "all are connected", func() bool { return s.connected() == 20 })
	s.Kill()
	// What happens while we are away is in the log.
	for _, d := range devices[:5] {
		if err := d.Disconnect(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := brokertest.Connect(t, s.MQTT, "many", "p", "many-new"); err != nil {
		t.Fatal(err)
	}
	again := serveOn(t, dir)
	eventually(t, "those are connected who are", func() bool { return again.connected() == 16 })
	eventually(t, "it is told once that a client left meanwhile", func() bool {
		history := plot(again.events(url.Values{"client_id": {"many-0"}}))
		return strings.Join(history, ", ") == "connect, disconnect client_disconnected"
	})
}

// TestAFlappingClientKeepsTheOthersEvidence has a client connect and leave again and again: what is told of it becomes
// less, with a count, and what is told of others stays.
func TestAFlappingClientKeepsTheOthersEvidence(t *testing.T) {
	s := serveOn(t, t.TempDir())
	for _, name := range []string{"flapping", "steady"} {
		s.must("POST", "/api/dynsec/clients", map[string]any{"username": name, "password": "p"})
	}
	steady := s.connectMany("steady", 1)
	const rounds = 500
	for range rounds {
		d, err := brokertest.Connect(t, s.MQTT, "flapping", "p", "flapping")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Disconnect(); err != nil {
			t.Fatal(err)
		}
		<-d.Done
	}
	if err := steady[0].Disconnect(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the steady client's story is told", func() bool {
		return holds(plot(s.events(url.Values{"client_id": {"steady-0"}})), []string{"connect", "disconnect client_disconnected"})
	})
	told := len(s.events(url.Values{"client_id": {"flapping"}}))
	if told < 100 || told > rounds {
		t.Errorf("a client that connected %d times has %d events", rounds, told)
	}
	eventually(t, "nobody is connected", func() bool { return s.connected() == 0 })
}
