package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/gateway"
)

func TestAStrangerLearnsNothing(t *testing.T) {
	h := start(t)
	var first string
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/api/things/a", ""}, {"GET", "/things/a", ""}, {"GET", "/api/nothing/here", ""}, {"GET", "/nothing", ""},
		{"POST", "/api/things", "{"}, {"POST", "/api/things", strings.Repeat("x", 2<<20)}, {"PATCH", "/api/things", "{}"},
		{"GET", "/api//things/a", ""}, {"GET", "/api/things/%ff", ""}, {"GET", "/metrics", ""}, {"BREW", "/api/things", ""},
		{"OPTIONS", "/api/things", ""}, {"GET", "/api/things/a?unknown=1", ""}, {"GET", "/api", ""}, {"GET", "/api/", ""},
	} {
		a := h.send(c.method, c.path, c.body, "X-API-Key", "")
		want(t, a, http.StatusUnauthorized)
		p := a.problem(t)
		p.RequestID = ""
		text := fmt.Sprint(p)
		if first == "" {
			first = text
		}
		if text != first || a.Header.Get("Allow") != "" {
			t.Errorf("%s %s: tells more than others: %s", c.method, c.path, a.body)
		}
		if a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s: 401 without WWW-Authenticate", c.method, c.path)
		}
	}
}

func TestTheKeyIsTakenFromEitherHeader(t *testing.T) {
	h := start(t)
	want(t, h.send("GET", "/api/things/a", ""), http.StatusOK)
	want(t, h.send("GET", "/api/things/a", "", "X-API-Key", "", "Authorization", "Bearer "+adminKey), http.StatusOK)
	want(t, h.send("GET", "/api/things/a", "", "X-API-Key", "", "Authorization", "bearer "+adminKey), http.StatusOK)
	for _, headers := range [][]string{
		{"X-API-Key", "wrong"}, {"X-API-Key", "", "Authorization", "Basic " + adminKey}, {"X-API-Key", adminKey + "x"},
		{"X-API-Key", "", "Authorization", adminKey}, {"X-API-Key", "wrong", "Authorization", "Bearer " + adminKey},
	} {
		want(t, h.send("GET", "/api/things/a", "", headers...), http.StatusUnauthorized)
	}
}

func TestAKeyInTheQueryIsRefusedAndNotLogged(t *testing.T) {
	h := start(t)
	for _, query := range []string{"api_key=", "apikey=", "API-KEY=", "x-api-key=", "access_token=", "q=1&api_key=", "api%5Fkey="} {
		for _, header := range []string{adminKey, ""} {
			a := h.send("GET", "/api/things/a?"+query+adminKey, "", "X-API-Key", header)
			want(t, a, http.StatusUnauthorized)
			if p := a.problem(t); !strings.Contains(p.Hint, "header") {
				t.Errorf("hint %q", p.Hint)
			}
			if strings.Contains(a.body, adminKey) {
				t.Error("the answer shows the key")
			}
		}
	}
	if strings.Contains(h.journal.String(), adminKey) {
		t.Error("the log shows the key")
	}
}

func TestRolesAreHeld(t *testing.T) {
	h := start(t)
	for _, c := range []struct {
		key, method, path, body string
		status                  int
	}{
		{viewerKey, "GET", "/api/things/a", "", 200}, {viewerKey, "DELETE", "/api/things/a", "", 403},
		// Not permitted comes before whatever is wrong with the body.
		{viewerKey, "POST", "/api/things", "{", 403}, {metricsKey, "GET", "/api/things/a", "", 403},
		{metricsKey, "GET", "/metrics", "", 200}, {viewerKey, "GET", "/metrics", "", 200},
		{adminKey, "DELETE", "/api/things/a", "", 204},
	} {
		a := h.send(c.method, c.path, c.body, "X-API-Key", c.key)
		want(t, a, c.status)
		if c.status == http.StatusForbidden {
			a.problem(t)
		}
	}
}

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestWrongKeysAreThrottledAndRightOnesServed(t *testing.T) {
	now := &clock{now: time.Unix(1_000_000, 0)}
	h := start(t, func(o *gateway.Options) { o.Clock = now.Now })
	for range 50 {
		want(t, h.send("GET", "/api/things/a", "", "X-API-Key", ""), http.StatusUnauthorized) // no key never counts
	}
	for i := range 20 {
		if a := h.send("GET", "/api/things/a", "", "X-API-Key", fmt.Sprint("guess-", i)); a.StatusCode != http.StatusUnauthorized {
			t.Fatalf("guess %d: status %d", i, a.StatusCode)
		}
	}
	for range 3 {
		a := h.send("GET", "/api/things/a", "", "X-API-Key", "one-more")
		want(t, a, http.StatusTooManyRequests)
		a.problem(t)
		if a.Header.Get("Retry-After") != "3" {
			t.Errorf("Retry-After %q, want 3: twenty a minute", a.Header.Get("Retry-After"))
		}
	}
	want(t, h.send("GET", "/api/things/a", ""), http.StatusOK)
	now.Advance(3 * time.Second)
	want(t, h.send("GET", "/api/things/a", "", "X-API-Key", "guess"), http.StatusUnauthorized)
	want(t, h.send("GET", "/api/things/a", "", "X-API-Key", "guess"), http.StatusTooManyRequests)
	now.Advance(time.Hour)
	want(t, h.send("GET", "/api/things/a", "", "X-API-Key", "guess"), http.StatusUnauthorized)
	if text := h.send("GET", "/metrics", "").body; !strings.Contains(text, "bunkerm_wrong_api_keys_total 26") {
		t.Error("the wrong keys are not counted in /metrics")
	}
	if strings.Contains(h.journal.String(), "guess-1") {
		t.Error("the log shows a wrong key, which may be a right one of somebody else")
	}
}

func TestRequestIDsAreOurs(t *testing.T) {
	h := start(t)
	a := h.send("GET", "/api/things/a", "", "X-Request-Id", "mine-4711")
	id := a.Header.Get("X-Request-Id")
	if id == "" || id == "mine-4711" || h.send("GET", "/api/things/a", "").Header.Get("X-Request-Id") == id {
		t.Errorf("request id %q", id)
	}
	if !strings.Contains(h.journal.String(), `"request_id":"`+id+`"`) || strings.Contains(h.journal.String(), "mine-4711") {
		t.Errorf("the log does not know the request: %s", h.journal)
	}
}

func TestTheAccessLogSaysWhoDidWhat(t *testing.T) {
	h := start(t)
	h.send("GET", "/api/things/a%2Fb?q=secret-in-query", "")
	line := h.journal.String()
	for _, part := range []string{`"method":"GET"`, `"path":"/api/things/a%2Fb"`, `"status":200`, `"principal":"admin"`,
		`"remote":"127.0.0.1"`, `"level":"INFO"`, `"duration_ms"`, `"bytes":`} {
		if !strings.Contains(line, part) {
			t.Errorf("%s is missing in %s", part, line)
		}
	}
	if strings.Contains(line, "secret-in-query") {
		t.Errorf("the query is in the log: %s", line)
	}
	h.send("GET", "/healthz", "", "X-API-Key", "")
	if rest := strings.TrimPrefix(h.journal.String(), line); !strings.Contains(rest, `"level":"DEBUG"`) {
		t.Errorf("health checks fill the log: %s", rest)
	}
}

func TestNoKeysNoGateway(t *testing.T) {
	if _, err := gateway.New(gateway.Options{}); err == nil {
		t.Error("a gateway without keys was made")
	}
	if auth.Allowed("", auth.DynsecRead) {
		t.Error("nobody may read")
	}
}
