package main

import (
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestOthersNoticeThatBunkerMIsDead kills BunkerM, starts it again, and stops it, with the broker running all the time.
func TestOthersNoticeThatBunkerMIsDead(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir, "--on-exit", "keep")
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": "watchman", "acls": []map[string]any{
		{"acltype": "subscribePattern", "topic": "bunkerm/#", "allow": true}}})
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "watchman", "password": "p",
		"roles": []map[string]any{{"rolename": "watchman"}}})
	d, err := brokertest.Connect(t, s.MQTT, "watchman", "p", "watchman")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Subscribe("bunkerm/status"); err != nil {
		t.Fatal(err)
	}
	heard := func(want string) {
		t.Helper()
		select {
		case m := <-d.Messages:
			if string(m.Payload) != want {
				t.Fatalf("heard %q, want %q", m.Payload, want)
			}
		case <-time.After(patience):
			t.Fatalf("nobody says %q", want)
		}
	}
	heard("online")
	s.Kill()
	heard("offline")
	s = serveOn(t, dir, "--on-exit", "keep")
	heard("online")
	if page := s.must("GET", "/api/monitor/topics", nil); strings.Contains(page, "bunkerm/status") {
		t.Errorf("what BunkerM says of itself is listed as a device's: %s", page)
	}
	if page := s.must("GET", "/api/ai/entities?type=topic", nil); strings.Contains(page, "bunkerm/status") {
		t.Errorf("what BunkerM says of itself is looked at: %s", page)
	}
	s.Stop()
	heard("offline")
	s = serveOn(t, dir, "--on-exit", "stop", "--status-topic=")
	s.Stop()
	if text := s.output.String(); strings.Contains(text, "bunkerm/status") {
		t.Errorf("without a topic it speaks of one:\n%s", text)
	}
}
