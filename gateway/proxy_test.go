package gateway_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/gateway"
)

// nginx is a proxy with nginx's habits: it speaks HTTP/1.0 with us, names us in Host where it is not told otherwise,
// passes the path on as it came, and holds an answer back until it is whole unless the answer asks it not to.
type nginx struct {
	t        testing.TB
	upstream string            // host:port
	scheme   string            // by which browsers reach it
	set      map[string]string // header and value, as in proxy_set_header
}

// aBrowser is the address from which browsers reach it.
const aBrowser = "198.51.100.7"

func (n *nginx) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", n.upstream)
	if err != nil {
		http.Error(w, "", http.StatusBadGateway)
		return
	}
	defer conn.Close()
	ends := make(chan struct{})
	defer close(ends)
	go func() {
		select {
		case <-r.Context().Done():
			conn.Close()
		case <-ends:
		}
	}()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s HTTP/1.0\r\n", r.Method, r.RequestURI)
	if err := n.headers(r, len(body)).Write(&head); err != nil {
		n.t.Error(err)
	}
	if _, err := conn.Write(append(append(head.Bytes(), "\r\n"...), body...)); err != nil {
		return
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		http.Error(w, "", http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	holds := answer.Header.Get("X-Accel-Buffering") != "no"
	answer.Header.Del("X-Accel-Buffering")
	answer.Header.Del("Connection")
	maps.Copy(w.Header(), answer.Header)
	var text []byte
	if holds {
		if text, err = io.ReadAll(answer.Body); err != nil {
			return
		}
	}
	w.WriteHeader(answer.StatusCode)
	if holds {
		_, _ = w.Write(text)
		return
	}
	piece := make([]byte, 4096)
	for {
		got, err := answer.Body.Read(piece)
		_, _ = w.Write(piece[:got])
		_ = http.NewResponseController(w).Flush()
		if err != nil {
			return
		}
	}
}

// headers are those that go to us.
func (n *nginx) headers(r *http.Request, length int) http.Header {
	h := r.Header.Clone()
	h.Del("Connection")
	h.Set("Content-Length", fmt.Sprint(length))
	all := map[string]string{"Host": "$proxy_host", "Connection": "close"}
	maps.Copy(all, n.set)
	forwarded := aBrowser
	if before := r.Header.Get("X-Forwarded-For"); before != "" {
		forwarded = before + ", " + aBrowser
	}
	variables := strings.NewReplacer("$proxy_host", n.upstream, "$http_host", r.Host, "$scheme", n.scheme, "$proxy_add_x_forwarded_for", forwarded)
	for name, value := range all {
		if value = variables.Replace(value); value == "" {
			h.Del(name)
			continue
		}
		if strings.Contains(value, "$") {
			n.t.Errorf("%s: %s is not known here", name, value)
		}
		h.Set(name, value)
	}
	return h
}

// documented are the proxies of docs/proxies/nginx.conf by their host.
func documented(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/proxies/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`(?m)#.*$`).ReplaceAllString(string(text), "")
	if regexp.MustCompile(`proxy_pass\s+http://[^;]*:\d+/`).MatchString(plain) {
		t.Error("with a path in proxy_pass nginx decodes what is encoded in names")
	}
	proxies := map[string]map[string]string{}
	host := ""
	for _, line := range regexp.MustCompile(`(server_name|proxy_set_header)\s+([^;]+);`).FindAllStringSubmatch(plain, -1) {
		if line[1] == "server_name" {
			host = line[2]
			proxies[host] = map[string]string{}
			continue
		}
		name, value, _ := strings.Cut(line[2], " ")
		proxies[host][name] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return proxies
}

// proxied is a browser's view of a gateway behind a proxy.
func proxied(t *testing.T, h *house, scheme string, set map[string]string) *house {
	t.Helper()
	proxy := httptest.NewServer(&nginx{t: t, upstream: strings.TrimPrefix(h.url, "http://"), scheme: scheme, set: set})
	t.Cleanup(proxy.Close)
	return &house{Gateway: h.Gateway, t: t, url: proxy.URL}
}

// at sends a request to a proxy by another name than its address.
func (h *house) at(host, method, path, body string, headers ...string) answer {
	h.t.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Host = host
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return do(h.t, r)
}

func TestTheDocumentedNginx(t *testing.T) {
	proxies := documented(t)
	if len(proxies) != 2 {
		t.Fatalf("the file has %d servers", len(proxies))
	}
	inner := startBehind(t, func(o *gateway.Options) { networks(t, "127.0.0.1")(o); withPage(t)(o) })
	for host, base := range map[string]string{"mqtt.example": "/", "home.example": "/broker/"} {
		t.Run(host, func(t *testing.T) {
			h := proxied(t, inner, "https", proxies[host])
			seen := `{"name":"https://` + host + base + `","by":"` + aBrowser + `"}`
			strangers := []string{"X-Forwarded-For", "203.0.113.9, 127.0.0.1", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "http",
				"X-Forwarded-Prefix", "/evil", "X-Ingress-Path", "/evil"}
			for _, headers := range [][]string{nil, strangers} {
				if a := h.at(host, "GET", base+"api/origin", "", cookie("jo", headers...)...); !strings.Contains(a.body, seen) {
					t.Errorf("with %q: %d %s", headers, a.StatusCode, a.body)
				}
			}
			created := h.at(host, "POST", base+"api/things", `{"name":"a/b"}`, cookie("jo", "Origin", "https://"+host)...)
			want(t, created, http.StatusCreated)
			if a := h.at(host, "GET", created.Header.Get("Location"), "", cookie("jo")...); !strings.Contains(a.body, `"name":"a/b"`) {
				t.Errorf("%s: %d %s", created.Header.Get("Location"), a.StatusCode, a.body)
			}
			want(t, h.at(host, "POST", base+"api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://evil.example")...), http.StatusForbidden)
			page := h.at(host, "GET", base+"clients", "", "Accept", browser)
			if !strings.Contains(page.body, `<base href="`+base+`" />`) {
				t.Errorf("%d %s", page.StatusCode, page.body)
			}
			want(t, h.at(host, "GET", base+"assets/index-abc.js", ""), http.StatusOK)
		})
	}
}

// TestNginxAsItComes has nothing but proxy_pass: no header says which address a browser sees.
func TestNginxAsItComes(t *testing.T) {
	const origin = "http://mqtt.example"
	silent, _ := startTicking(t)
	h := proxied(t, silent, "http", nil)
	a := h.at("mqtt.example", "POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", origin)...)
	want(t, a, http.StatusForbidden)
	p := a.problem(t)
	if !strings.Contains(p.Detail, origin) || !strings.Contains(p.Detail, silent.url) || !strings.Contains(p.Hint, "--public-url") || !strings.Contains(p.Hint, "--trusted-proxies") {
		t.Errorf("%+v", p)
	}
	// Over https browsers say themselves that it is our own page.
	want(t, h.at("mqtt.example", "POST", "/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://mqtt.example", "Sec-Fetch-Site", "same-origin")...),
		http.StatusCreated)

	told, _ := startTicking(t, func(o *gateway.Options) { o.PublicURL = origin })
	h = proxied(t, told, "http", nil)
	jo := cookie("jo", "Origin", origin)
	want(t, h.at("mqtt.example", "POST", "/api/things", `{"name":"a"}`, jo...), http.StatusCreated)
	// Eight tabs, each with a stream of its own, and none is held back.
	for range 8 {
		l := follow(t, h, jo[2:]...)
		chosen := channels(t, gateway.StreamChannel{Name: "a", Path: "/ticks?count=3"})
		want(t, h.at("mqtt.example", "PUT", "/api/stream/"+l.id, chosen, jo...), http.StatusNoContent)
		for range 3 {
			l.channel()
		}
	}
}

// ingress is a proxy with the habits of Home Assistant's: it takes its prefix away and tells it in a header of its own.
func ingress(t *testing.T, h *house, prefix string) *house {
	t.Helper()
	upstream, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		inner, found := strings.CutPrefix(r.In.URL.EscapedPath(), prefix)
		if !found {
			t.Errorf("%s is outside of the prefix", r.In.URL)
		}
		r.SetURL(upstream)
		r.Out.URL.Path, r.Out.URL.RawPath = "", ""
		r.Out.URL.Opaque = "//" + upstream.Host + inner
		r.Out.Header.Set("X-Ingress-Path", prefix)
		r.Out.Header.Set("X-Forwarded-For", aBrowser+", 172.30.32.1")
		r.Out.Header.Set("X-Forwarded-Host", r.In.Host)
		r.Out.Header.Set("X-Forwarded-Proto", "https")
	}})
	t.Cleanup(proxy.Close)
	return &house{Gateway: h.Gateway, t: t, url: proxy.URL}
}

func TestInAFrameOfHomeAssistant(t *testing.T) {
	const prefix, host = "/api/hassio_ingress/aB3-_xyz", "ha.example:8123"
	inner := startBehind(t, func(o *gateway.Options) {
		networks(t, "127.0.0.1,172.30.32.1")(o)
		withPage(t)(o)
		o.FrameAncestors = "'self'"
	})
	h := ingress(t, inner, prefix)
	page := h.at(host, "GET", prefix+"/", "", "Accept", browser)
	if !strings.Contains(page.body, `<base href="`+prefix+`/" />`) || page.Header.Get("X-Frame-Options") != "" ||
		!strings.HasSuffix(page.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'") {
		t.Errorf("%d %v %s", page.StatusCode, page.Header, page.body)
	}
	want(t, h.at(host, "GET", prefix+"/assets/index-abc.js", ""), http.StatusOK)
	if a := h.at(host, "GET", prefix+"/api/origin", "", cookie("jo")...); !strings.Contains(a.body, `{"name":"https://`+host+prefix+`/","by":"`+aBrowser+`"}`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	created := h.at(host, "POST", prefix+"/api/things", `{"name":"a/b"}`, cookie("jo", "Origin", "https://"+host)...)
	want(t, created, http.StatusCreated)
	if a := h.at(host, "GET", created.Header.Get("Location"), "", cookie("jo")...); !strings.Contains(a.body, `"name":"a/b"`) {
		t.Errorf("%s: %d %s", created.Header.Get("Location"), a.StatusCode, a.body)
	}
	want(t, h.at(host, "POST", prefix+"/api/things", `{"name":"a"}`, cookie("jo", "Origin", "http://"+host)...), http.StatusForbidden)
	// Another add-on, which is not trusted, cannot make us believe the same.
	distrusting := ingress(t, startBehind(t, networks(t, "172.30.32.1")), prefix)
	want(t, distrusting.at(host, "POST", prefix+"/api/things", `{"name":"a"}`, cookie("jo", "Origin", "https://"+host)...), http.StatusForbidden)
}
