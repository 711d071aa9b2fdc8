package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bunkerm/bunkerm/gateway"
)

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestPagesForPeople(t *testing.T) {
	h := start(t, func(o *gateway.Options) {
		o.MQTTAddr = func() string { return "[::]:1900" }
		o.Ready = func(context.Context) []gateway.Part {
			return []gateway.Part{{Name: "broker", State: "running", Ready: true}, {Name: "<b>", State: "odd", Hint: "mend it"}}
		}
	})
	page := h.send("GET", "/", "", "Accept", browser, "X-API-Key", "")
	want(t, page, http.StatusOK)
	for _, part := range []string{"/api/docs", "mosquitto_pub -V 5 -q 1 -h localhost -p 1900", h.url + "/api/dynsec/clients",
		"1.2.3", "&lt;b&gt;", "mend it", "Not ready"} {
		if !strings.Contains(page.body, part) {
			t.Errorf("the start page lacks %q", part)
		}
	}
	if strings.Contains(page.body, "<script") || strings.Contains(page.body, "<style") || strings.Contains(page.body, " style=") {
		t.Error("the start page has what its policy forbids")
	}
	for _, path := range regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(page.body, -1) {
		want(t, h.send("GET", path[1], "", "X-API-Key", ""), map[bool]int{true: 503, false: 200}[path[1] == "/readyz"])
	}
	hostile := h.send("GET", "/", "", "Host", "x", "Accept", browser)
	want(t, hostile, http.StatusOK)

	for path, status := range map[string]int{"/nothing": 404, "/dashboard/deep": 404, "/api/nothing": 401, "/things/a": 401, "/api": 401, "/metrics": 401} {
		a := h.send("GET", path, "", "Accept", browser, "X-API-Key", "")
		want(t, a, status)
		isPage := strings.HasPrefix(a.Header.Get("Content-Type"), "text/html")
		if isPage != (status == http.StatusNotFound) {
			t.Errorf("%s: content type %q", path, a.Header.Get("Content-Type"))
		}
	}
	h.send("GET", "/nothing", "", "Accept", "application/json").problem(t)
	h.send("POST", "/nothing", "{}", "Accept", browser, "X-API-Key", "").problem(t)
}

func TestAHostileHostDoesNotReachTheCommands(t *testing.T) {
	h := start(t)
	r, err := http.NewRequest("GET", h.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "x$(reboot)"
	if a := do(t, r); strings.Contains(a.body, "reboot") {
		t.Error("the host is shown as it came")
	}
}

func TestEveryAnswerIsProtected(t *testing.T) {
	h := start(t)
	for path, policy := range map[string]string{
		"/": "style-src 'self'", "/api/docs": "script-src 'self'", "/api/docs/docs.js": "default-src 'none'", "/nothing": "default-src 'none'",
		"/api/things/a": "default-src 'none'", "/api/openapi.json": "default-src 'none'", "/healthz": "default-src 'none'",
		"/metrics": "default-src 'none'",
	} {
		head := h.send("GET", path, "").Header
		if got := head.Get("Content-Security-Policy"); !strings.Contains(got, policy) || !strings.Contains(got, "frame-ancestors 'none'") ||
			strings.Contains(got, "script-src 'unsafe") || strings.Contains(got, "http") {
			t.Errorf("%s: policy %q", path, got)
		}
		if head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Referrer-Policy") != "no-referrer" || head.Get("X-Request-Id") == "" {
			t.Errorf("%s: headers %v", path, head)
		}
		if strings.HasPrefix(path, "/api/things") && head.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %q", path, head.Get("Cache-Control"))
		}
	}
}

func TestTheDocumentationComesFromTheBinary(t *testing.T) {
	h := start(t)
	page := h.send("GET", "/api/docs", "", "X-API-Key", "")
	want(t, page, http.StatusOK)
	if regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(page.body) || regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page.body) {
		t.Errorf("the page loads from elsewhere or has inline script: %s", page.body)
	}
	for path, contentType := range map[string]string{
		"/api/docs/swagger-ui.css": "text/css; charset=utf-8", "/api/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
		"/api/docs/docs.js": "text/javascript; charset=utf-8",
	} {
		// Go's client unpacks gzip that it asked for, and gets it plain when it asks for nothing.
		packed, plain := h.send("GET", path, "", "X-API-Key", ""), h.send("GET", path, "", "Accept-Encoding", "identity")
		want(t, packed, http.StatusOK)
		if packed.body != plain.body || len(plain.body) == 0 || plain.Header.Get("Content-Type") != contentType {
			t.Errorf("%s: %d bytes packed, %d plain, %q", path, len(packed.body), len(plain.body), plain.Header.Get("Content-Type"))
		}
		if tag := packed.Header.Get("ETag"); tag == "" || h.send("GET", path, "", "If-None-Match", tag, "Accept-Encoding", "gzip").StatusCode != http.StatusNotModified {
			t.Errorf("%s: the browser has to load it again each time", path)
		}
	}
}

func TestReadiness(t *testing.T) {
	var broker, disk atomic.Bool
	disk.Store(true)
	h := start(t, func(o *gateway.Options) {
		o.Ready = func(context.Context) []gateway.Part {
			return []gateway.Part{{Name: "broker", State: "s", Detail: "d", Hint: "h", Ready: broker.Load(), Once: true}, {Name: "disk", State: "ok", Ready: disk.Load()}}
		}
	})
	ask := func(query string, status int) {
		t.Helper()
		a := h.send("GET", "/readyz"+query, "", "X-API-Key", "")
		want(t, a, status)
		var got struct {
			Ready   bool
			Version string
			Parts   []struct {
				Name, State, Detail, Hint string
				Ready                     bool
			}
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatalf("%v: %s", err, a.body)
		}
		if got.Ready != (status == 200) || len(got.Parts) != 2 || got.Parts[0].Hint != "h" || got.Version != "1.2.3" {
			t.Errorf("answer %s", a.body)
		}
	}
	ask("", 503) // never ready before
	broker.Store(true)
	ask("", 200)
	ask("?broker=1", 200)
	broker.Store(false)
	ask("", 200)
	ask("?broker=0", 200)
	ask("?broker=1", 503)
	disk.Store(false)
	ask("", 503)
	h.send("GET", "/readyz?broker=maybe", "").problem(t)
	want(t, h.send("GET", "/healthz", "", "X-API-Key", ""), http.StatusOK)
}

func TestMetricsCountWithoutInventedLabels(t *testing.T) {
	h := start(t)
	h.send("GET", "/api/things/a", "")
	h.send("BREW", "/invented-path", "")
	text := h.send("GET", "/metrics", "").body
	for _, line := range []string{
		`bunkerm_http_requests_total{method="GET",service="things",status="2xx"} 1`,
		`bunkerm_http_requests_total{method="other",service="gateway",status="4xx"} 1`,
		`bunkerm_http_request_duration_seconds_count{service="things"} 1`, "bunkerm_http_requests_in_flight 1",
		`version="1.2.3"`, "go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	if strings.Contains(text, "BREW") || strings.Contains(text, "invented") {
		t.Error("a label is what a caller invented")
	}
}
