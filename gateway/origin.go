package gateway

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/auth"
)

// ParseNetworks reads addresses and networks separated by commas, as in 127.0.0.1,10.0.0.0/8.
func ParseNetworks(text string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if address, err := netip.ParseAddr(part); err == nil {
			networks = append(networks, netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("reading networks: %w", err)
		}
		if address := network.Addr(); address.Is4In6() && network.Bits() >= 96 {
			network = netip.PrefixFrom(address.Unmap(), network.Bits()-96)
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

// surroundings say how browsers reach us: what the settings tell, and which proxies may tell more.
type surroundings struct {
	public  *url.URL // nil: not set
	base    string   // begins and ends with a slash
	trusted []netip.Prefix
}

func newSurroundings(o Options) (surroundings, error) {
	s := surroundings{base: cleanBase(o.BasePath), trusted: o.TrustedProxies}
	if o.PublicURL == "" {
		return s, nil
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil {
		return s, fmt.Errorf("reading the public URL: %w", err)
	}
	s.public = public
	if s.base == "/" {
		s.base = cleanBase(public.EscapedPath())
	}
	return s, nil
}

// ValidBasePath reports whether our paths may stand behind a prefix: a plain path, and not the one at which the API stands
// already, because requests may come without the prefix too.
func ValidBasePath(prefix string) bool {
	return prefix == "" || prefix == "/" || cleanBase(prefix) != "/" && cleanBase(prefix) != apiMount+"/"
}

// cleanBase makes a prefix begin and end with a slash. What could be anything but a plain path is none.
func cleanBase(prefix string) string {
	prefix = "/" + strings.Trim(prefix, "/") + "/"
	if prefix == "//" || strings.Contains(prefix, "//") || strings.Contains(prefix, "..") {
		return "/"
	}
	for _, c := range []byte(prefix) {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-._~", c) >= 0
		if !plain {
			return "/"
		}
	}
	return prefix
}

func (s surroundings) trusts(address netip.Addr) bool {
	for _, network := range s.trusted {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// originOf says where a request comes from. Headers count only where a proxy that we trust has sent it.
func (s surroundings) originOf(r *http.Request, id string) auth.Origin {
	o := auth.Origin{RequestID: id, UserAgent: r.UserAgent(), Scheme: "http", Host: r.Host, BasePath: s.base}
	if r.TLS != nil {
		o.Scheme = "https"
	}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		o.Address = at.Addr().Unmap().WithZone("")
	}
	if s.trusts(o.Address) {
		s.believe(&o, r.Header)
	}
	if s.public != nil {
		o.Scheme, o.Host = s.public.Scheme, s.public.Host
	}
	o.Host = plainHost(o.Scheme, o.Host)
	return o
}

// plainHost writes a host as browsers write it in Origin: in small letters, and without the port that goes without saying.
func plainHost(scheme, host string) string {
	host = strings.ToLower(host)
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// believe takes over what a trusted proxy says.
func (s surroundings) believe(o *auth.Origin, h http.Header) {
	// The proxy adds whom it spoke with at the end; what stands before that may have been made up, unless another
	// trusted proxy has added it.
	hops := strings.Split(strings.Join(h.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address := addressOfHop(strings.TrimSpace(hop))
		if !address.IsValid() {
			break
		}
		o.Address = address
		if !s.trusts(o.Address) {
			break
		}
	}
	if scheme := strings.ToLower(h.Get("X-Forwarded-Proto")); scheme == "http" || scheme == "https" {
		o.Scheme = scheme
	}
	if host := h.Get("X-Forwarded-Host"); hostName.MatchString(host) {
		o.Host = host
	}
	for _, name := range []string{"X-Ingress-Path", "X-Forwarded-Prefix"} {
		if prefix := h.Get(name); prefix != "" {
			o.BasePath = cleanBase(prefix)
		}
	}
}

// addressOfHop reads one entry of X-Forwarded-For, which some proxies write with a port.
func addressOfHop(hop string) netip.Addr {
	address, err := netip.ParseAddr(strings.Trim(hop, "[]"))
	if err != nil {
		with, err := netip.ParseAddrPort(hop)
		if err != nil {
			return netip.Addr{}
		}
		address = with.Addr()
	}
	return address.Unmap().WithZone("")
}

// withoutBase returns r as it would have come without the prefix. A proxy may take the prefix away, or leave it.
func withoutBase(r *http.Request, base string) *http.Request {
	prefix := strings.TrimSuffix(base, "/")
	path := r.URL.EscapedPath()
	switch {
	case prefix == "" || !strings.HasPrefix(path, prefix):
		return r
	case path == prefix:
		inner := below(r, prefix)
		inner.URL.Path = "/"
		return inner
	case path[len(prefix)] != '/':
		return r
	}
	return below(r, prefix)
}
