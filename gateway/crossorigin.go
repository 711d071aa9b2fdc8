package gateway

import (
	"net/http"
	"net/url"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

// checkOrigin refuses what another site makes a browser send: to routes that take a cookie, or that need nothing. It has
// the rules of net/http's CrossOriginProtection, and knows what a proxy does to Host: its refusal says which origin was
// seen and which expected.
//
// Browsers send Sec-Fetch-Site to addresses that they call trustworthy: https, and loopback. On plain http in a LAN
// there is only Origin, which they send with everything but GET and HEAD.
func checkOrigin(r *http.Request, safe bool) *fault.Error {
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "same-origin", "none":
		return nil
	case "":
	default:
		if !safe || r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			return fault.Newf(fault.Forbidden, "another site has sent this request (Sec-Fetch-Site: %s)", printable(site)).
				Hint("open BunkerM's own page, or send an API key")
		}
		return nil
	}
	origin := r.Header.Get("Origin")
	if safe || origin == "" {
		return nil // no browser sends such a request without it
	}
	seen, err := url.Parse(origin)
	at := auth.OriginFrom(r.Context())
	expected := at.Scheme + "://" + at.Host
	if err == nil && origin != "null" && seen.Scheme+"://"+plainHost(seen.Scheme, seen.Host) == expected {
		return nil
	}
	if !hostName.MatchString(at.Host) {
		expected = "a valid Host header"
	}
	shown := "an origin that is none"
	if err == nil && hostName.MatchString(seen.Host) {
		shown = seen.Scheme + "://" + seen.Host
	}
	return fault.Newf(fault.Forbidden, "the request comes from %s, expected was %s", shown, expected).
		Hint("if that is the address of this page behind a proxy, start BunkerM with --public-url and that address, or name the proxy in --trusted-proxies and let it send X-Forwarded-Host and X-Forwarded-Proto")
}

// isSafe reports whether a method changes nothing.
func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
