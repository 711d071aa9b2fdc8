package gateway_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/gateway"
)

// registerOrigin adds a route that says where its request came from.
func registerOrigin(api huma.API) {
	huma.Register(api, op("GET", "/origin", "dynsec:read"), func(ctx context.Context, _ *struct{}) (*namedBody, error) {
		o := auth.OriginFrom(ctx)
		return &namedBody{Body: named{Name: o.Scheme + "://" + o.Host + o.BasePath, By: o.Address.String()}}, nil
	})
}

func startBehind(t *testing.T, change func(*gateway.Options)) *house {
	t.Helper()
	_, logger := logs()
	o := gateway.Options{Logger: logger, Keys: testKeys()}
	withSessions(&o)
	change(&o)
	g, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	registerThings(g.API())
	registerOrigin(g.API())
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	return &house{Gateway: g, t: t, url: "http://" + serve(t, g.Handler(), gateway.ServeOptions{})}
}

func networks(t *testing.T, text string) func(*gateway.Options) {
	t.Helper()
	parsed, err := gateway.ParseNetworks(text)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *gateway.Options) { o.TrustedProxies = parsed }
}

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	forwarded := []string{"X-Forwarded-For", "203.0.113.9, 198.51.100.7", "X-Forwarded-Proto", "https", "X-Forwarded-Host", "mqtt.example",
		"X-Forwarded-Prefix", "/broker"}
	stranger := startBehind(t, networks(t, "10.0.0.0/8"))
	if a := stranger.send("GET", "/api/origin", "", forwarded...); !strings.Contains(a.body, `"name":"`+stranger.url+`/"`) || !strings.Contains(a.body, `"by":"127.0.0.1"`) {
		t.Errorf("a stranger was believed: %s", a.body)
	}
	for _, c := range []struct {
		name, trusted string
		headers       []string
		name_, by     string
	}{
		{"one proxy", "127.0.0.0/8", forwarded, "https://mqtt.example/broker/", "198.51.100.7"},
		{"two proxies", "127.0.0.1, 198.51.100.0/24", forwarded, "https://mqtt.example/broker/", "203.0.113.9"},
		{"an address that was made up", "127.0.0.1", []string{"X-Forwarded-For", "127.0.0.1, nonsense"}, "", "127.0.0.1"},
		{"a scheme that is none", "127.0.0.1", []string{"X-Forwarded-Proto", "javascript"}, "", "127.0.0.1"},
		{"a host that is none", "127.0.0.1", []string{"X-Forwarded-Host", "a b<script>"}, "", "127.0.0.1"},
		{"Home Assistant's Ingress", "127.0.0.1", []string{"X-Ingress-Path", "/api/hassio_ingress/aB3-_x"}, "*/api/hassio_ingress/aB3-_x/", "127.0.0.1"},
		{"a prefix that is markup", "127.0.0.1", []string{"X-Ingress-Path", `/"><script>`}, "", "127.0.0.1"},
		{"a prefix that leads elsewhere", "127.0.0.1", []string{"X-Ingress-Path", "//evil.example/"}, "*/evil.example/", "127.0.0.1"},
		{"a prefix that climbs", "127.0.0.1", []string{"X-Ingress-Path", "/a/../b"}, "", "127.0.0.1"},
		{"a client with its port", "127.0.0.1", []string{"X-Forwarded-For", "203.0.113.9:51000"}, "", "203.0.113.9"},
		{"an IPv6 client with its port", "127.0.0.1", []string{"X-Forwarded-For", "[2001:db8::1]:51000"}, "", "2001:db8::1"},
		{"a network as IPv6 writes it", "::ffff:127.0.0.0/104", []string{"X-Forwarded-For", "203.0.113.9"}, "", "203.0.113.9"},
		{"a port that goes without saying", "127.0.0.1", []string{"X-Forwarded-Host", "MQTT.example:443", "X-Forwarded-Proto", "https"},
			"https://mqtt.example/", "127.0.0.1"},
		{"an IPv6 client", "127.0.0.1", []string{"X-Forwarded-For", "2001:db8::1"}, "", "2001:db8::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := startBehind(t, networks(t, c.trusted))
			expected := c.name_
			if expected == "" {
				expected = h.url + "/"
			}
			expected = strings.Replace(expected, "*", h.url, 1)
			a := h.send("GET", "/api/origin", "", c.headers...)
			if !strings.Contains(a.body, `"name":"`+expected+`"`) || !strings.Contains(a.body, `"by":"`+c.by+`"`) {
				t.Errorf("want %s from %s: %s", expected, c.by, a.body)
			}
		})
	}
}

func TestThePrefixMayComeOrNot(t *testing.T) {
	h := startBehind(t, func(o *gateway.Options) { o.BasePath = "/broker" })
	for _, path := range []string{"/api/origin", "/broker/api/origin"} {
		if a := h.send("GET", path, ""); a.StatusCode != 200 || !strings.Contains(a.body, h.url+"/broker/") {
			t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
		}
	}
	want(t, h.send("GET", "/broker/healthz", "", "X-API-Key", ""), 200)
	want(t, h.send("GET", "/broker", "", "X-API-Key", "", "Accept", browser), 200)
	want(t, h.send("GET", "/brokerage/api/origin", ""), http.StatusNotFound)
	// What an answer names, a browser finds.
	for _, path := range []string{"/api/things", "/broker/api/things"} {
		if got := h.send("POST", path, `{"name":"a/b"}`).Header.Get("Location"); got != "/broker/api/things/a%2Fb" {
			t.Errorf("%s: Location %q", path, got)
		}
	}
	if got := h.send("POST", "/broker/things", `{"name":"a"}`).Header.Get("Location"); got != "/broker/things/a" {
		t.Errorf("Location %q", got)
	}
	for path, line := range map[string]string{"/broker/api/openapi.json": `"url": "/broker/api"`, "/api/openapi.yaml": "url: /broker/api\n"} {
		if a := h.send("GET", path, "", "X-API-Key", ""); !strings.Contains(a.body, line) {
			t.Errorf("%s lacks %s", path, line)
		}
	}
	for _, path := range []string{"/broker/", "/broker/nothing"} {
		a := h.send("GET", path, "", "X-API-Key", "", "Accept", browser)
		if !strings.Contains(a.body, `href="/broker/assets/page.css"`) || strings.Contains(a.body, `="/assets`) || strings.Contains(a.body, `="/api`) {
			t.Errorf("%s leads out of the prefix: %s", path, a.body)
		}
	}
	// A name with an encoded slash stays one name below a prefix too.
	if a := h.send("GET", "/broker/api/things/a%2Fb", ""); !strings.Contains(a.body, `"name":"a/b"`) {
		t.Errorf("%s", a.body)
	}
}

func TestThePublicAddressIsWhatBrowsersSee(t *testing.T) {
	h := startBehind(t, func(o *gateway.Options) { o.PublicURL = "https://mqtt.example/broker/" })
	if a := h.send("GET", "/api/origin", ""); !strings.Contains(a.body, `"https://mqtt.example/broker/"`) {
		t.Errorf("%s", a.body)
	}
	want(t, h.send("POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://mqtt.example")...), http.StatusCreated)
	want(t, h.send("POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", h.url)...), http.StatusForbidden)
}

func TestThePublicAddressMayBeWrittenInAnyWay(t *testing.T) {
	for _, address := range []string{"https://mqtt.example", "https://MQTT.Example:443/", "HTTPS://mqtt.example"} {
		h := startBehind(t, func(o *gateway.Options) { o.PublicURL = address })
		want(t, h.send("POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://mqtt.example")...), http.StatusCreated)
		want(t, h.send("POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://mqtt.example:8443")...), http.StatusForbidden)
	}
}

func TestPrefixesThatAreNone(t *testing.T) {
	for prefix, valid := range map[string]bool{"": true, "/": true, "/broker": true, "/a/b-c_d.e~/": true, "/api/hassio_ingress/x/": true,
		"/api": false, "/api/": false, "/a b/": false, "/a//b": false, "/../": false, "/ä/": false, `/"><script>/`: false, "/a?b": false, "/%2e/": false} {
		if gateway.ValidBasePath(prefix) != valid {
			t.Errorf("%q: valid %v", prefix, !valid)
		}
	}
}

func TestNetworksOfProxies(t *testing.T) {
	for text, n := range map[string]int{"": 0, "127.0.0.1": 1, "::1 , 10.0.0.0/8,": 2, "::ffff:127.0.0.1": 1} {
		if got, err := gateway.ParseNetworks(text); err != nil || len(got) != n {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	for _, text := range []string{"localhost", "10.0.0.0/99", "127.0.0.1 10.0.0.1"} {
		if got, err := gateway.ParseNetworks(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
