package gateway_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/gateway"
)

// sessions are who has signed in; auth.People has its own tests.
type sessions struct {
	mu sync.Mutex
	by map[string]auth.Principal
}

func (s *sessions) CookieName() string { return "bunkerm_test" }

func (s *sessions) Session(_ context.Context, token string) (auth.Principal, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.by[token]
	return p, ok
}

func (s *sessions) end(token string, ended chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, token)
	close(ended)
}

// withSessions lets jo, an operator, vi, a viewer, and no, who may do nothing, in. Their tokens are their names.
func withSessions(o *gateway.Options) {
	o.Sessions = &sessions{by: map[string]auth.Principal{
		"jo": {Name: "jo", Role: auth.Operator, Via: auth.ViaSession, ID: "1"},
		"vi": {Name: "vi", Role: auth.Viewer, Via: auth.ViaSession, ID: "2"},
		"no": {Name: "no", Role: "of a later version", Via: auth.ViaSession, ID: "3"},
	}}
}

// cookie makes headers of a request that comes with a session and no key.
func cookie(token string, more ...string) []string {
	return append([]string{"X-API-Key", "", "Cookie", "bunkerm_test=" + token}, more...)
}

func registerOpen(api huma.API) {
	huma.Register(api, op("POST", "/auth/enter", string(auth.Anybody)), func(ctx context.Context, in *thingBody) (*namedBody, error) {
		return &namedBody{Body: named{Name: in.Body.Name, By: auth.Actor(ctx)}}, nil
	})
}

func TestACookieLetsInWhoHasSignedIn(t *testing.T) {
	var mu sync.Mutex
	var refused []string
	h := start(t, withSessions, func(o *gateway.Options) {
		o.Refused = func(ctx context.Context, permission, method, path string) {
			mu.Lock()
			defer mu.Unlock()
			refused = append(refused, auth.Actor(ctx)+" "+permission+" "+method+" "+path)
		}
	})
	if a := h.send("GET", "/api/things/a", "", cookie("jo")...); a.StatusCode != 200 || !strings.Contains(a.body, `"by":"jo"`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	want(t, h.send("POST", "/api/things", `{"name":"a"}`, cookie("jo")...), http.StatusCreated)
	want(t, h.send("POST", "/api/things", `{"name":"a"}`, cookie("vi")...), http.StatusForbidden)
	want(t, h.send("GET", "/api/things/theirs", "", cookie("jo")...), http.StatusForbidden)
	want(t, h.send("GET", "/metrics", "", cookie("no")...), http.StatusForbidden)
	mu.Lock()
	defer mu.Unlock()
	if expected := []string{"vi dynsec:write POST /things", "jo dynsec:read GET /things/{id}", "no metrics:read GET /metrics"}; !slices.Equal(refused, expected) {
		t.Errorf("told of refusals: %q", refused)
	}
	if p := h.send("GET", "/api/things/a", "", cookie("stolen")...).problem(t); p.Status != 401 || !strings.Contains(p.Detail, "session has ended") {
		t.Errorf("%+v", p)
	}
	// A key counts before a cookie, and a wrong one is not made good by it.
	if a := h.send("GET", "/api/things/a", "", "Cookie", "bunkerm_test=jo"); !strings.Contains(a.body, `"by":"admin"`) {
		t.Errorf("%s", a.body)
	}
	want(t, h.send("GET", "/api/things/a", "", "Cookie", "bunkerm_test=jo", "X-API-Key", "wrong"), http.StatusUnauthorized)
}

func TestOnlyTheMainPortTakesCookies(t *testing.T) {
	_, logger := logs()
	o := gateway.Options{Logger: logger, Keys: testKeys()}
	withSessions(&o)
	g, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	registerThings(g.API())
	registerOpen(g.API())
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	h := &house{Gateway: g, t: t, url: "http://" + serve(t, g.ServiceHandler("things"), gateway.ServeOptions{})}
	want(t, h.send("GET", "/things/a", "", cookie("jo")...), http.StatusUnauthorized)
	want(t, h.send("POST", "/auth/enter", `{"name":"a"}`, "X-API-Key", ""), http.StatusUnauthorized)
	want(t, h.send("GET", "/things/a", ""), http.StatusOK)
}

func TestRoutesForAnybody(t *testing.T) {
	_, logger := logs()
	o := gateway.Options{Logger: logger, Keys: testKeys()}
	withSessions(&o)
	g, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	registerThings(g.API())
	registerOpen(g.API())
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	h := &house{Gateway: g, t: t, url: "http://" + serve(t, g.Handler(), gateway.ServeOptions{})}
	if a := h.send("POST", "/api/auth/enter", `{"name":"a"}`, "X-API-Key", ""); a.StatusCode != 200 || !strings.Contains(a.body, `"by":""`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := h.send("POST", "/api/auth/enter", `{"name":"a"}`, cookie("jo")...); !strings.Contains(a.body, `"by":"jo"`) {
		t.Errorf("who is signed in is not known: %s", a.body)
	}
	// The body is checked as everywhere, and nothing beside the route is open.
	want(t, h.send("POST", "/api/auth/enter", `{"name":"a","x":1}`, "X-API-Key", ""), http.StatusUnprocessableEntity)
	want(t, h.send("POST", "/api/auth/enter", `name=a`, "X-API-Key", "", "Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType)
	for _, path := range []string{"/api/auth/enter/", "/api/auth/enter/x", "/api//auth/enter", "/api/auth/Enter", "/auth/enter", "/api/auth/%65nter"} {
		if a := h.send("POST", path, `{"name":"a"}`, "X-API-Key", ""); a.StatusCode != 401 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	want(t, h.send("PUT", "/api/auth/enter", `{"name":"a"}`, "X-API-Key", ""), http.StatusUnauthorized)
}

func TestOtherSitesCannotUseACookie(t *testing.T) {
	h := start(t, withSessions)
	host := strings.TrimPrefix(h.url, "http://")
	for _, c := range []struct {
		name, method string
		headers      []string
		status       int
	}{
		{"our own page, browser that says so", "POST", []string{"Sec-Fetch-Site", "same-origin"}, 201},
		{"typed by a person", "POST", []string{"Sec-Fetch-Site", "none"}, 201},
		{"another site", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"another site that claims our origin", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", h.url}, 403},
		{"a neighbour's subdomain", "POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"a value that no browser sends", "POST", []string{"Sec-Fetch-Site", "x"}, 403},
		{"plain http in a LAN, our own page", "POST", []string{"Origin", "http://" + host}, 201},
		{"plain http in a LAN, another page", "POST", []string{"Origin", "http://evil.example"}, 403},
		{"the same host, another port", "POST", []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"the same host, another scheme", "POST", []string{"Origin", "https://" + host}, 403},
		{"a sandboxed frame", "POST", []string{"Origin", "null"}, 403},
		{"an origin that is none", "POST", []string{"Origin", "://"}, 403},
		{"no browser", "POST", nil, 201},
		{"another site reads", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"}, 403},
		{"another site listens to a stream", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Accept", "text/event-stream"}, 403},
		{"our own page reads", "GET", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, body := "/api/things", `{"name":"a"}`
			if c.method == "GET" {
				path, body = "/api/things/a", ""
			}
			a := h.send(c.method, path, body, cookie("jo", c.headers...)...)
			want(t, a, c.status)
			if c.status == 403 {
				if p := a.problem(t); p.Hint == "" {
					t.Errorf("no hint: %+v", p)
				}
			}
		})
	}
	// With a key nothing is gained by another site: it does not have the key.
	want(t, h.send("POST", "/api/things", `{"name":"a"}`, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"), http.StatusCreated)
	p := h.send("POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://mqtt.example")...).problem(t)
	for _, part := range []string{"https://mqtt.example", h.url} {
		if !strings.Contains(p.Detail, part) {
			t.Errorf("%q does not say %s", p.Detail, part)
		}
	}
	if !strings.Contains(p.Hint, "--public-url") {
		t.Errorf("hint %q", p.Hint)
	}
	p = h.send("POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://<script>")...).problem(t)
	if strings.Contains(p.Detail, "script") {
		t.Errorf("the refusal repeats %q", p.Detail)
	}
}
