package gateway

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
)

// door says what stands open on one port and what lies behind.
type door struct {
	open   map[string]http.Handler // by exact path: no key needed
	pages  bool                    // whether a person with a browser is shown a page where nothing is
	inside http.HandlerFunc        // for who was let in
}

var (
	errNoKey = fault.New(fault.Unauthorized, "an API key is needed").
			Hint("send it in the header X-API-Key; `bunkerm apikey show` prints it")
	errWrongKey = fault.New(fault.Unauthorized, "the API key is not right").
			Hint("`bunkerm apikey show` prints the right one")
	errKeyInQuery = fault.New(fault.Unauthorized, "an API key in the address is not accepted: addresses end up in logs and histories").
			Hint("send it in the header X-API-Key, and rotate it with `bunkerm apikey rotate` if it was a real one")
	errTooManyKeys = fault.New(fault.TooMany, "too many wrong API keys from this address").
			Hint("wait, then send the right one; a right key is served at any time")
)

// knock lets through who needs no key or has one. A stranger gets the same answer for whatever else they ask:
// nothing behind the door is looked at before.
func (g *Gateway) knock(d door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handler, ok := d.open[r.URL.EscapedPath()]; ok {
			g.serveOpen(w, r, handler)
			return
		}
		key := presentedKey(r)
		if key == "" && d.pages && wantsPage(r) && !g.ofAPI(r) {
			g.notFoundPage(w, r)
			return
		}
		if keyInQuery(r) {
			g.challenge(w, r, errKeyInQuery)
			return
		}
		if key == "" {
			g.challenge(w, r, errNoKey)
			return
		}
		principal, ok := g.o.Keys.Authenticate(key)
		if !ok {
			g.metrics.wrongKeys.Inc()
			if wait := g.throttle.wrong(r.RemoteAddr); wait > 0 {
				g.refuse(w, r, errTooManyKeys.After(wait))
				return
			}
			g.challenge(w, r, errWrongKey)
			return
		}
		entered(r).principal = principal
		r = r.WithContext(auth.WithPrincipal(r.Context(), principal))
		if f := checkAddress(r.URL); f != nil {
			g.refuse(w, r, f)
			return
		}
		d.inside(w, r)
	})
}

// serveOpen serves a page that needs no key.
func (g *Gateway) serveOpen(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	const allow = "GET, HEAD, OPTIONS"
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		handler.ServeHTTP(w, r)
	case http.MethodOptions:
		w.Header().Set("Allow", allow)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allow)
		g.refuse(w, r, errMethod)
	}
}

// challenge is refuse with the header that goes with 401. The scheme is one that no browser asks a password for.
func (g *Gateway) challenge(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="BunkerM"`)
	g.refuse(w, r, f)
}

// presentedKey returns the key of the request, "" when it has none. Two keys are none that we know.
func presentedKey(r *http.Request) string {
	if keys := r.Header.Values("X-Api-Key"); len(keys) > 0 {
		return strings.Join(keys, ", ")
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(key)
	}
	return ""
}

// keyInQuery reports whether somebody put a key into the address.
func keyInQuery(r *http.Request) bool {
	query := r.URL.RawQuery
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		switch strings.ToLower(name) {
		case "api_key", "api-key", "apikey", "x-api-key", "x_api_key", "access_token", "bearer":
			return true
		}
	}
	return false
}

// wantsPage reports whether a person with a browser asks.
func wantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// ofAPI reports whether the path belongs to the API, where nothing is ever a page.
func (g *Gateway) ofAPI(r *http.Request) bool {
	path := r.URL.EscapedPath()
	return path == "/metrics" || firstSegment(path) == "api" || g.routes.services[firstSegment(path)]
}
