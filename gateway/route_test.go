package gateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/gateway"
)

func TestNamesSurviveThePath(t *testing.T) {
	h := start(t)
	for _, name := range []string{
		"a", "a b", "a/b", "/", "a:b", "ünï", "😀", "-x", ".x", "%", "%2F", "a%2Fb", "a?b", "a#b", `"'<>&\`, "a+b", "..", ".", "~",
		"import", "//", "things", strings.Repeat("é", 30_000), "\u202etxt", "a\nb",
	} {
		escaped := url.PathEscape(name)
		escaped = strings.ReplaceAll(escaped, ".", "%2E") // a bare .. is no name but a way up
		for _, mount := range []string{"/api", ""} {
			a := h.send("GET", mount+"/things/"+escaped, "")
			if a.StatusCode != http.StatusOK {
				t.Errorf("%.40q below %q: status %d: %.200s", name, mount, a.StatusCode, a.body)
				continue
			}
			var got struct{ Name string }
			if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Name != name {
				t.Errorf("%.40q arrives as %.40q, %v", name, got.Name, err)
			}
			want(t, h.send("POST", mount+"/things/"+escaped+"/poke", ""), http.StatusOK)
		}
	}
}

func TestAddressesAreTakenAsTheyAre(t *testing.T) {
	h := start(t)
	for path, status := range map[string]int{
		"/api/things/":          404,
		"/api/things/a/":        404,
		"/api/things//poke":     404,
		"/api//things/a":        404,
		"//api/things/a":        404,
		"/api/./things/a":       404,
		"/api/things/./a":       404,
		"/api/things/../a":      404,
		"/api/things/..":        404,
		"/api/things/.":         404,
		"/api/../things/a":      404,
		"/api/api/things/a":     404,
		"/api":                  404,
		"/api/":                 404,
		"/API/things/a":         404,
		"/nothing":              404,
		"/healthz/":             404,
		"/api/%74hings/a":       200,
		"/api/things/a?limit=3": 200,
		"/api/things/%ff":       422,
		"/api/things/%c3%28":    422,
		"/api/things/a?q=%ff":   422,
		"/api/things/a?q=%zz":   422,
		"/api/things/a?limit=x": 422,
		"/api/things/a?limit=0": 422,
		"/api/things/a?lim=3":   422,
		"/api/things/a?limit=99999999999999999999": 422,
	} {
		a := h.send("GET", path, "")
		if a.StatusCode != status {
			t.Errorf("%s: status %d, want %d: %.200s", path, a.StatusCode, status, a.body)
		}
		if a.StatusCode >= 400 {
			a.problem(t)
		}
		if a.Header.Get("Location") != "" {
			t.Errorf("%s redirects to %s", path, a.Header.Get("Location"))
		}
	}
}

func TestMethods(t *testing.T) {
	h := start(t)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"PATCH", "/api/things/a", 405, "DELETE, GET, HEAD, OPTIONS"},
		{"BREW", "/things/a", 405, "DELETE, GET, HEAD, OPTIONS"},
		{"GET", "/api/things", 405, "POST, OPTIONS"},
		{"OPTIONS", "/api/things/a", 204, "DELETE, GET, HEAD, OPTIONS"},
		{"OPTIONS", "/api/nothing", 404, ""},
		{"POST", "/healthz", 405, "GET, HEAD, OPTIONS"},
		{"POST", "/api/docs", 405, "GET, HEAD, OPTIONS"},
		{"DELETE", "/metrics", 405, "GET, HEAD, OPTIONS"},
		{"OPTIONS", "/readyz", 204, "GET, HEAD, OPTIONS"},
		{"HEAD", "/api/things/a", 200, ""},
		{"HEAD", "/", 200, ""},
		{"HEAD", "/metrics", 200, ""},
	} {
		a := h.send(c.method, c.path, "")
		if a.StatusCode != c.status || a.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: status %d, Allow %q; want %d, %q", c.method, c.path, a.StatusCode, a.Header.Get("Allow"), c.status, c.allow)
		}
		if c.status >= 400 {
			a.problem(t)
		}
		if c.method == "HEAD" && a.body != "" {
			t.Errorf("HEAD %s has a body", c.path)
		}
	}
}

func TestWhatServicesReturnBecomesAnAnswer(t *testing.T) {
	h := start(t)
	created := h.send("POST", "/api/things", `{"name":"a/b 😀"}`)
	want(t, created, http.StatusCreated)
	if got := created.Header.Get("Location"); got != "/api/things/a%2Fb%20%F0%9F%98%80" {
		t.Errorf("Location %q", got)
	}
	if !strings.Contains(created.body, `"by":"admin"`) || strings.Contains(created.body, "$schema") {
		t.Errorf("body %s", created.body)
	}
	want(t, h.send("GET", created.Header.Get("Location"), ""), http.StatusOK)
	if got := h.send("POST", "/things", `{"name":"a"}`).Header.Get("Location"); got != "/things/a" {
		t.Errorf("Location at the bare prefix: %q", got)
	}
	if a := h.send("DELETE", "/api/things/a", ""); a.StatusCode != http.StatusNoContent || a.body != "" {
		t.Errorf("DELETE: status %d, body %q", a.StatusCode, a.body)
	}

	conflict := h.send("GET", "/api/things/conflict", "")
	want(t, conflict, http.StatusConflict)
	if p := conflict.problem(t); p.Detail != "it is there" || p.Hint != "take another" || len(p.Errors) != 1 ||
		p.Errors[0] != (gateway.ProblemField{Location: "path.id", Message: "exists"}) {
		t.Errorf("problem %+v", p)
	}
	away := h.send("GET", "/api/things/away", "")
	want(t, away, http.StatusServiceUnavailable)
	away.problem(t)
	if got := h.send("GET", "/api/things/gone", "").Header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After where the service says nothing: %q", got)
	}
	if away.Header.Get("Retry-After") != "2" || strings.Contains(away.body, "dial") {
		t.Errorf("Retry-After %q, body %s", away.Header.Get("Retry-After"), away.body)
	}
}

func TestFailuresOfOursStayInside(t *testing.T) {
	h := start(t)
	for id, logged := range map[string]string{
		"internal": "leaky text", "foreign": "permission denied", "panic": "at the disco",
	} {
		a := h.send("GET", "/api/things/"+id, "")
		want(t, a, http.StatusInternalServerError)
		p := a.problem(t)
		for _, leak := range []string{"secret", "leaky", "disco", "goroutine", ".go"} {
			if strings.Contains(a.body, leak) {
				t.Errorf("%s: the answer shows %q: %s", id, leak, a.body)
			}
		}
		found := false
		for line := range strings.Lines(h.journal.String()) {
			found = found || (strings.Contains(line, logged) && strings.Contains(line, p.RequestID) && strings.Contains(line, "ERROR"))
		}
		if !found {
			t.Errorf("%s: the log does not say %q with the request id", id, logged)
		}
	}
	if !strings.Contains(h.journal.String(), "registerThings") {
		t.Error("the log has no stack of the panic")
	}
}

func TestWhoeverGoesIsNoFailureOfOurs(t *testing.T) {
	h := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "GET", h.url+"/api/things/endless", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", adminKey)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if answer, err := client().Do(request); err == nil {
			answer.Body.Close()
			t.Errorf("an answer: %d", answer.StatusCode)
		}
	}()
	eventually(t, "both requests to be served", func() bool {
		return strings.Contains(h.send("GET", "/metrics", "").body, "bunkerm_http_requests_in_flight 2\n")
	})
	cancel()
	<-gone
	eventually(t, "the request to end", func() bool { return strings.Contains(h.journal.String(), "a request failed") })
	if strings.Contains(h.journal.String(), "ERROR") {
		t.Errorf("the log is alarmed:\n%s", h.journal)
	}
}

func TestAServiceAnswersOnItsOwnPort(t *testing.T) {
	h := start(t)
	own := &house{Gateway: h.Gateway, t: t, journal: h.journal, url: "http://" + serve(t, h.ServiceHandler("things"), gateway.ServeOptions{})}
	for path, status := range map[string]int{
		"/things/a": 200, "/healthz": 200, "/api/things/a": 404, "/metrics": 404, "/": 404, "/api/docs": 404, "/things": 405, "/readyz": 404,
	} {
		a := own.send("GET", path, "", "Accept", "text/html")
		want(t, a, status)
		if status >= 400 {
			a.problem(t)
		}
	}
	want(t, own.send("GET", "/things/a", "", "X-API-Key", ""), http.StatusUnauthorized)
	want(t, own.send("GET", "/api/docs", "", "X-API-Key", ""), http.StatusUnauthorized)
	if got := own.send("POST", "/things", `{"name":"a"}`).Header.Get("Location"); got != "/things/a" {
		t.Errorf("Location %q", got)
	}
}
