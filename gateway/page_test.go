package gateway_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bunkerm/bunkerm/gateway"
)

const builtIndex = `<!doctype html><html><head><base href="/" /><meta property="csp-nonce" nonce="" /><script type="module" src="./assets/index-abc.js"></script></head></html>`

func built(t testing.TB) fstest.MapFS {
	t.Helper()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte("console.log(1)")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"index.html": file(builtIndex), ".keep": file(""), "icon.svg": file("<svg/>"), "assets/index-abc.js": file("console.log(1)"),
		"assets/index-abc.js.gz": {Data: zipped.Bytes()}, "assets/index-abc.js.br": file("brotli"), "assets/index-abc.css": file("p{}"),
	}
}

func withPage(t testing.TB) func(*gateway.Options) {
	return func(o *gateway.Options) { o.Page = built(t) }
}

func TestThePageStandsAtEveryAddressOfItsOwn(t *testing.T) {
	h := start(t, withPage(t), withSessions)
	for _, path := range []string{"/", "/clients", "/clients/a%2Fb", "/admin/users", "/nothing/at/all", "/audit-of-mine", "/clients/..%2f..%2fetc%2fpasswd"} {
		a := h.send("GET", path, "", "Accept", browser, "X-API-Key", "")
		want(t, a, http.StatusOK)
		if !strings.Contains(a.body, `<base href="/" />`) || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	for path, status := range map[string]int{"/api": 401, "/api/clients": 401, "/things": 401, "/things/a": 401, "/metrics": 401, "/assets/none.js": 401} {
		a := h.send("GET", path, "", "Accept", browser, "X-API-Key", "")
		want(t, a, status)
		a.problem(t)
	}
	want(t, h.send("POST", "/clients", "{}", "Accept", browser, "X-API-Key", ""), http.StatusUnauthorized)
	want(t, h.send("GET", "/clients", "", "Accept", "application/json", "X-API-Key", ""), http.StatusUnauthorized)
}

func TestThePolicyOfThePage(t *testing.T) {
	h := start(t, withPage(t))
	nonces := map[string]bool{}
	for range 3 {
		a := h.send("GET", "/", "", "Accept", browser, "X-API-Key", "")
		policy := a.Header.Get("Content-Security-Policy")
		found := regexp.MustCompile(`style-src 'self' 'nonce-([A-Z0-9]{20,})'`).FindStringSubmatch(policy)
		if found == nil || !strings.Contains(a.body, `nonce="`+found[1]+`"`) || nonces[found[1]] {
			t.Fatalf("policy %q, page %s", policy, a.body)
		}
		nonces[found[1]] = true
		for _, part := range []string{"default-src 'none'", "script-src 'self';", "connect-src 'self';", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("the policy lacks %s: %s", part, policy)
			}
		}
		if strings.Contains(policy, "unsafe-eval") || strings.Contains(strings.ReplaceAll(policy, "style-src-attr 'unsafe-inline'", ""), "unsafe-inline") {
			t.Errorf("the policy permits too much: %s", policy)
		}
		if a.Header.Get("X-Frame-Options") != "DENY" || a.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("headers %v", a.Header)
		}
	}
	framed := start(t, withPage(t), func(o *gateway.Options) { o.FrameAncestors = "'self' https://ha.example" })
	a := framed.send("GET", "/", "", "Accept", browser, "X-API-Key", "")
	if a.Header.Get("X-Frame-Options") != "" || !strings.HasSuffix(a.Header.Get("Content-Security-Policy"), "frame-ancestors 'self' https://ha.example") {
		t.Errorf("headers %v", a.Header)
	}
	if a := framed.send("GET", "/api/docs", "", "X-API-Key", ""); a.Header.Get("X-Frame-Options") != "" ||
		!strings.HasSuffix(a.Header.Get("Content-Security-Policy"), "frame-ancestors 'self' https://ha.example") {
		t.Errorf("the documentation cannot be reached from a page in a frame: %v", a.Header)
	}
	if a := h.send("GET", "/api/docs", "", "X-API-Key", ""); a.Header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the documentation may be framed: %v", a.Header)
	}
	if a := framed.send("GET", "/api/things/a", ""); a.Header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the API may be framed: %v", a.Header)
	}
}

func TestTheOpenersPolicyIsForTrustworthyOrigins(t *testing.T) {
	for address, policy := range map[string]string{"https://mqtt.example": "same-origin", "http://localhost:2000": "same-origin",
		"http://[::1]:2000": "same-origin", "http://192.0.2.1:2000": "", "http://mqtt.lan": "", "http://127.0.0.1.example": ""} {
		h := start(t, withPage(t), func(o *gateway.Options) { o.PublicURL = address })
		if got := h.send("GET", "/", "", "Accept", browser).Header.Get("Cross-Origin-Opener-Policy"); got != policy {
			t.Errorf("%s: %q", address, got)
		}
	}
}

func TestThePageLearnsItsPrefix(t *testing.T) {
	h := start(t, withPage(t), networks(t, "127.0.0.1"))
	if a := h.send("GET", "/", "", "Accept", browser, "X-API-Key", "", "X-Ingress-Path", "/api/hassio_ingress/abc"); !strings.Contains(a.body, `<base href="/api/hassio_ingress/abc/" />`) {
		t.Errorf("%s", a.body)
	}
	if a := h.send("GET", "/", "", "Accept", browser, "X-API-Key", "", "X-Forwarded-Prefix", `/"onload="x`); !strings.Contains(a.body, `<base href="/" />`) {
		t.Errorf("%s", a.body)
	}
}

func TestFilesOfThePage(t *testing.T) {
	h := start(t, withPage(t))
	for encoding, c := range map[string][2]string{"gzip, br": {"br", "brotli"}, "gzip;q=0, br;q=0": {"", "console.log(1)"}, "identity": {"", "console.log(1)"}} {
		a := h.send("GET", "/assets/index-abc.js", "", "X-API-Key", "", "Accept-Encoding", encoding)
		want(t, a, 200)
		if a.Header.Get("Content-Encoding") != c[0] || a.body != c[1] || a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" ||
			a.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || a.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v %q", encoding, a.Header, a.body)
		}
		again := h.send("GET", "/assets/index-abc.js", "", "X-API-Key", "", "Accept-Encoding", encoding, "If-None-Match", a.Header.Get("ETag"))
		want(t, again, http.StatusNotModified)
	}
	if a := h.send("GET", "/icon.svg", "", "X-API-Key", ""); a.body != "<svg/>" || a.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v %q", a.Header, a.body)
	}
	for _, path := range []string{"/assets/", "/assets", "/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/..%2findex.html", "/assets/index-abc.js.gz",
		"/assets/index-abc.js%00", "/assets/index-abc.js/", "//assets/index-abc.js", "/assets//index-abc.js", `/assets\index-abc.js`, "/assets/..%5c..%5cetc%5cpasswd",
		"/.keep", "/index.html", "/assets/%69ndex-abc.js", "/etc/passwd", "/assets/....//....//etc/passwd"} {
		a := h.send("GET", path, "", "X-API-Key", "")
		if a.StatusCode < 400 {
			t.Errorf("%s: %d %q", path, a.StatusCode, a.body)
		}
	}
	if a := h.send("POST", "/assets/index-abc.js", "{}", "X-API-Key", ""); a.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestAPageThatWasBuiltWronglyIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(fstest.MapFS){
		"no index":                func(f fstest.MapFS) { delete(f, "index.html") },
		"no place for the prefix": func(f fstest.MapFS) { f["index.html"] = &fstest.MapFile{Data: []byte("<html>")} },
		"a file of an odd kind":   func(f fstest.MapFS) { f["assets/x.php"] = &fstest.MapFile{} },
	} {
		files := built(t)
		spoil(files)
		if _, err := gateway.New(gateway.Options{Keys: testKeys(), Page: files}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
