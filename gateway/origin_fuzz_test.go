package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// FuzzNetworks reads what --trusted-proxies may say. What is read is written again to the same networks.
func FuzzNetworks(f *testing.F) {
	for _, seed := range []string{"", "127.0.0.1,172.30.32.0/23", "::1, fd00::/8", "::ffff:10.0.0.0/104", "10.1.2.3/8", "fe80::1%eth0", "10.0.0.0/33", ",,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		networks, err := ParseNetworks(text)
		if err != nil {
			return
		}
		var words []string
		for _, n := range networks {
			if !n.IsValid() || n.Addr().Is4In6() && n.Bits() >= 96 {
				t.Fatalf("%q is read as %v", text, networks)
			}
			words = append(words, n.String())
		}
		again, err := ParseNetworks(strings.Join(words, ","))
		if err != nil || len(again) != len(networks) {
			t.Fatalf("%v is read again as %v, %v", networks, again, err)
		}
		for i := range again {
			if again[i] != networks[i] {
				t.Errorf("%v is read again as %v", networks[i], again[i])
			}
		}
	})
}

// FuzzForwarded sends the headers of proxies. A stranger's change nothing; a trusted one's lead to nothing that could break out
// of a header or of a page.
func FuzzForwarded(f *testing.F) {
	f.Add("203.0.113.7, 10.0.0.1", "https", "mqtt.example:8443", "/broker/")
	f.Add("[2001:db8::1]:443", "HTTPS", "[::1]:1", "//evil.example")
	f.Add("unknown, _hidden", "javascript", "a b", "/../..")
	f.Add("10.0.0.2:80,10.0.0.3", "http", "", "/%2e%2e/")
	f.Fuzz(func(t *testing.T, hops, scheme, host, prefix string) {
		s := surroundings{base: "/", trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
		asked := func(remote string) *http.Request {
			r := httptest.NewRequest(http.MethodGet, "http://here.example/", nil)
			r.RemoteAddr = remote
			r.Header["X-Forwarded-For"] = []string{hops}
			r.Header["X-Forwarded-Proto"] = []string{scheme}
			r.Header["X-Forwarded-Host"] = []string{host}
			r.Header["X-Ingress-Path"] = []string{prefix}
			return r
		}
		if o := s.originOf(asked("192.0.2.1:4711"), "id"); o.Address != netip.MustParseAddr("192.0.2.1") || o.Scheme != "http" || o.Host != "here.example" || o.BasePath != "/" {
			t.Errorf("a stranger's headers are believed: %+v", o)
		}
		o := s.originOf(asked("10.0.0.1:4711"), "id")
		if !o.Address.IsValid() || o.Address.Zone() != "" || o.Address.Is4In6() {
			t.Errorf("the address is %v", o.Address)
		}
		if o.Scheme != "http" && o.Scheme != "https" {
			t.Errorf("the scheme is %q", o.Scheme)
		}
		if strings.ContainsAny(o.Host, " \t\r\n/\\\"'<>@?#") {
			t.Errorf("the host is %q", o.Host)
		}
		if !strings.HasPrefix(o.BasePath, "/") || !strings.HasSuffix(o.BasePath, "/") || strings.Contains(o.BasePath, "//") || strings.ContainsAny(o.BasePath, " \r\n\"'<>?#%\\") {
			t.Errorf("the base is %q", o.BasePath)
		}
	})
}
