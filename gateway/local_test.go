package gateway_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/gateway"
)

// TestTheCommandLineNeedsNoKey serves on a socket, as the program does for its own commands.
func TestTheCommandLineNeedsNoKey(t *testing.T) {
	g := startBehind(t, withPage(t)).Gateway
	socket := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gateway.Serve(ctx, ln, g.LocalHandler(), gateway.ServeOptions{}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	local := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		}}}
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/api/things/a", "", 200, `"by":"command line"`},
		{"GET", "/things/a", "", 200, `"by":"command line"`},
		{"POST", "/api/things", `{"name":"a"}`, 201, `"by":"command line"`},
		{"POST", "/api/things", `{"name":"a","x":1}`, 422, "body.x"},
		{"GET", "/api/origin", "", 200, `"by":"invalid IP"`}, // it came from no address
		{"GET", "/", "", 404, "nothing at this address"},
		{"GET", "/api/things//a", "", 404, "nothing at this address"},
	} {
		r, err := http.NewRequest(c.method, "http://bunkerm"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		a := doWith(t, local, r)
		if a.StatusCode != c.status || !strings.Contains(a.body, c.says) {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.StatusCode, a.body)
		}
	}
}

// TestAHostThatIsNoneIsNeverRepeated sends a Host header that would do harm where it is copied or shown.
func TestAHostThatIsNoneIsNeverRepeated(t *testing.T) {
	const hostile = "x$(reboot)"
	for name, change := range map[string]func(*gateway.Options){"with the page": withPage(t), "without it": func(*gateway.Options) {}} {
		h := start(t, change, withSessions)
		for _, path := range []string{"/", "/clients", "/api/docs", "/api/openapi.json", "/api/openapi.yaml", "/readyz", "/api/nothing", "/assets/none", "//"} {
			a := h.at(hostile, "GET", path, "", "Accept", browser)
			if strings.Contains(a.body, "reboot") || strings.Contains(a.Header.Get("Location"), "reboot") {
				t.Errorf("%s, %s: %v %s", name, path, a.Header, a.body)
			}
		}
		refused := h.at(hostile, "POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://y$(reboot)")...)
		want(t, refused, http.StatusForbidden)
		if strings.Contains(refused.body, "reboot") {
			t.Errorf("%s: %s", name, refused.body)
		}
		created := h.at(hostile, "POST", "/api/things", `{"name":"a"}`, cookie("jo")...)
		if created.StatusCode != http.StatusCreated || created.Header.Get("Location") != "/api/things/a" {
			t.Errorf("%s: %d %v", name, created.StatusCode, created.Header)
		}
	}
}
