package main

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkLatency measures how long it takes from what a client does to the event about it at somebody who follows the
// stream over HTTP: through the broker's log, the keeper, the file, the parser and the gateway. The broker is otherwise
// quiet. A hundred clients connect and leave, one after the other; the clock runs from the moment in which the client
// begins to connect or sends its DISCONNECT, so what the broker needs is in the figures.
//
//	ms, ms/p95        of all 200 events: the median, and what 95 of 100 stay below
//	ms/connack        the median of how long the broker takes to answer the CONNECT
//	ms/connect        the median of those about connecting, ms/leave of those about leaving
func BenchmarkLatency(b *testing.B) {
	s := serveBuilt(b, built(b), b.TempDir())
	s.makeFlooder()
	events := s.follow("/api/clientlogs?event=connect,disconnect&username=" + flooder)
	pause := time.NewTicker(20 * time.Millisecond) // one client right behind the other would not be quiet
	defer pause.Stop()
	var connects, leaves, connacks times
	for i := range rounds(100, 30) {
		<-pause.C
		var conn net.Conn
		connects.measure(func() {
			connacks.measure(func() { conn = dialFlooder(b, s.MQTT, i) })
			events.await("connect")
		})
		<-pause.C
		leaves.measure(func() {
			if _, err := conn.Write([]byte{0xE0, 0}); err != nil {
				b.Fatal(err)
			}
			events.await("disconnect")
		})
		_ = conn.Close()
	}
	all := slices.Concat(connects, leaves)
	metrics(b, map[string]float64{
		"ms": all.ms(), "ms/p95": float64(all.quantile(0.95).Microseconds()) / 1000,
		"ms/connack": connacks.ms(), "ms/connect": connects.ms(), "ms/leave": leaves.ms(),
	})
}

// followed is a stream of server-sent events.
type followed struct {
	t     testing.TB
	lines *bufio.Scanner
}

// follow opens a stream, and returns when the server has said that it is open.
func (s *server) follow(path string) *followed {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("X-API-Key", s.Key)
	request.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = answer.Body.Close() })
	f := &followed{t: s.t, lines: bufio.NewScanner(answer.Body)}
	if answer.StatusCode != http.StatusOK || !f.lines.Scan() {
		s.t.Fatalf("the stream answers %s", answer.Status)
	}
	return f
}

// await reads on until an event of the kind has come.
func (f *followed) await(kind string) {
	f.t.Helper()
	for f.lines.Scan() {
		data, found := strings.CutPrefix(f.lines.Text(), "data: ")
		if !found {
			continue
		}
		var e told
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			f.t.Fatalf("%v in %q", err, data)
		}
		if e.Event == kind {
			return
		}
	}
	f.t.Fatalf("the stream ends before it tells of a %s: %v", kind, f.lines.Err())
}
