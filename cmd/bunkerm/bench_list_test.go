package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// BenchmarkListClients asks for pages of 50 out of 20,000 clients in several ways, and the plugin for a page of 50
// without any filter, because it knows none. What the service itself took is in BunkerM's own access log.
func BenchmarkListClients(b *testing.B) {
	clients, rounds := rounds(20_000, 5000), rounds(40, 10)
	queries := map[string]string{
		"q_many":        fmt.Sprintf("q=device&offset=%d", clients/2),
		"q_few":         "q=e-0999",
		"q_none":        "q=nobody-is-called-so",
		"role_disabled": fmt.Sprintf("role=%s&disabled=false&offset=%d", benchRole, clients-1000),
	}
	s := serveBuilt(b, built(b), b.TempDir())
	s.fill(clients)
	s.makeManager()
	manager := s.bareManager()
	for b.Loop() {
		var plugin times
		last := ""
		http, ids := map[string]*times{}, map[string][]string{}
		for name := range queries {
			http[name] = &times{}
		}
		for range rounds {
			plugin.measure(func() {
				manager.exchange(map[string]any{"command": "listClients", "verbose": true, "count": 50, "offset": clients / 2})
			})
			for name, query := range queries {
				http[name].measure(func() { last = s.page(query) })
				ids[name] = append(ids[name], last)
			}
		}
		await(b, "the access log names the last request", func() bool { return strings.Contains(s.output.tail(4<<10), last) })
		inside := s.durations()
		values := map[string]float64{"ms_listClients": plugin.ms()}
		for name := range queries {
			var service times
			for _, id := range ids[name] {
				service = append(service, inside[id])
			}
			values["ms_http_"+name], values["ms_service_"+name] = http[name].ms(), service.ms()
		}
		metrics(b, values)
	}
}

// page asks for a page of 50 and returns the request's id.
func (s *server) page(query string) string {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), "GET", s.URL+"/api/dynsec/clients?limit=50&"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("X-API-Key", s.Key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %v %.500s", query, answer.StatusCode, err, body)
	}
	return answer.Header.Get("X-Request-Id")
}

// durations reads from the access log how long each request took inside BunkerM.
func (s *server) durations() map[string]time.Duration {
	s.t.Helper()
	found := map[string]time.Duration{}
	for line := range strings.Lines(s.output.String()) {
		var entry struct {
			Msg        string  `json:"msg"`
			ID         string  `json:"request_id"`
			DurationMS float64 `json:"duration_ms"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "request" {
			found[entry.ID] = time.Duration(entry.DurationMS * 1e6)
		}
	}
	return found
}
