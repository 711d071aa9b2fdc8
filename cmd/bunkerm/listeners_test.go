package main

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestReadyMeansWhatWasAskedFor asks for two listeners of which one cannot be had: the other is there, and /readyz names the one
// that is not until somebody has added it.
func TestReadyMeansWhatWasAskedFor(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := serveOn(t, t.TempDir(), "--mqtts-listen", taken.Addr().String(), "--wss-listen", "127.0.0.1:0")
	if s.certificates().listener("websockets", true, false) == 0 {
		t.Error("one listener that cannot be had has cost the other")
	}
	code, part := s.listenersReady()
	if code != http.StatusServiceUnavailable || part.Ready || part.State != "missing" || part.Hint == "" ||
		!strings.Contains(part.Detail, "--mqtts-listen "+taken.Addr().String()) || !strings.Contains(part.Detail, "taken by another program") {
		t.Errorf("%d %+v", code, part)
	}

	_ = taken.Close()
	scope := "listener:" + port + "@127.0.0.1"
	s.must("PUT", "/api/config/broker", map[string]any{"changes": []map[string]string{
		{"op": "add", "key": "listener", "value": port + " 127.0.0.1"},
		{"op": "set", "scope": scope, "key": "certfile", "value": "certs/server.pem"},
		{"op": "set", "scope": scope, "key": "keyfile", "value": "certs/server.pem"},
	}})
	if code, part := s.listenersReady(); code != http.StatusOK || !part.Ready || part.State != "open" {
		t.Errorf("with the listener: %d %+v", code, part)
	}
}

// readyPart is one part of what /readyz says.
type readyPart struct {
	Name, State, Detail, Hint string
	Ready                     bool
}

func (s *server) listenersReady() (int, readyPart) {
	s.t.Helper()
	code, text := s.do("GET", "/readyz", nil)
	var answer struct{ Parts []readyPart }
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		s.t.Fatalf("%v: %s", err, text)
	}
	for _, p := range answer.Parts {
		if p.Name == "listeners" {
			return code, p
		}
	}
	s.t.Fatalf("no part listeners: %s", text)
	return 0, readyPart{}
}
