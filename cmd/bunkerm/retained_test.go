package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
)

// publishRetained has the broker keep a message on each of n topics below a prefix, and returns when it does.
func publishRetained(t *testing.T, address, prefix string, n int) {
	t.Helper()
	conn := dialFlooder(t, address, 0)
	defer conn.Close()
	var packets []byte
	for i := range n {
		body := append(mqttText(nil, fmt.Sprintf("%s/%d", prefix, i)), "21.5"...)
		packets = append(append(packets, 0x31, byte(len(body))), body...)
	}
	// The answer to a ping comes when the broker has worked on everything before it.
	if _, err := conn.Write(append(packets, 0xC0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
}

// topicsSeen is how many topics BunkerM knows.
func (s *server) topicsSeen() int {
	s.t.Helper()
	var page struct {
		Total int `json:"total"`
	}
	if err := json.Unmarshal([]byte(s.must("GET", "/api/monitor/topics?limit=1", nil)), &page); err != nil {
		s.t.Fatal(err)
	}
	return page.Total
}

// TestWhatTheBrokerHasKeptIsNoLoad starts on a broker that delivers many retained messages at once. No client publishes
// anything, so publish events are recorded from the start.
func TestWhatTheBrokerHasKeptIsNoLoad(t *testing.T) {
	dir := t.TempDir()
	first := serveOn(t, dir, "--on-exit", "keep")
	first.makeFlooder()
	first.Stop()
	const kept = 20_000
	publishRetained(t, first.MQTT, "kept", kept)

	s := serveOn(t, dir)
	eventually(t, "everything that the broker has kept is seen", func() bool { return s.topicsSeen() == kept })
	eventually(t, "the broker has told what it delivers", func() bool {
		var stats struct {
			Publish struct {
				SentPerSecond *float64 `json:"sent_per_second"`
			} `json:"publish"`
		}
		if err := json.Unmarshal([]byte(s.must("GET", "/api/monitor/stats", nil)), &stats); err != nil {
			t.Fatal(err)
		}
		return stats.Publish.SentPerSecond != nil
	})
	eventually(t, "publish events are recorded", func() bool {
		return strings.Contains(s.must("GET", "/api/settings/clientlogs", nil), `"state":"recording"`)
	})
	if pauses := s.events(url.Values{"event": {"recording"}}); len(pauses) != 0 {
		t.Errorf("recording has paused: %+v", pauses)
	}
}
