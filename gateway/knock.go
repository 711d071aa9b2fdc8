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
	open   map[string]http.Handler // by exact path: nobody needs to be known
	people bool                    // whether browsers are served: pages, cookies, and routes for anybody
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
	errSessionEnded = fault.New(fault.Unauthorized, "your session has ended").Hint("sign in again")
)

// knock lets through who needs no key, or has one, or has signed in. A stranger gets the same answer for whatever else
// they ask: nothing behind the door is looked at before.
func (g *Gateway) knock(d door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handler, ok := d.open[r.URL.EscapedPath()]; ok {
			g.serveOpen(w, r, handler)
			return
		}
		if d.people && wantsPage(r) && !g.ofAPI(r) {
			g.servePage(w, r)
			return
		}
		if keyInQuery(r) {
			g.challenge(w, r, errKeyInQuery)
			return
		}
		principal, f := g.recognise(d, r)
		if f != nil {
			g.challenge(w, r, f)
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

// recognise says who sent a request. A key, where there is one, counts before a cookie. Routes that are for anybody learn
// who asks where a cookie says so, and serve nobody too.
func (g *Gateway) recognise(d door, r *http.Request) (auth.Principal, *fault.Error) {
	if d.people && g.forAnybody(r) {
		principal, _ := g.byCookie(r)
		return principal, checkOrigin(r, isSafe(r.Method))
	}
	if key := presentedKey(r); key != "" {
		return g.byKey(r, key)
	}
	if !d.people {
		return auth.Principal{}, errNoKey
	}
	principal, f := g.byCookie(r)
	if f != nil {
		return auth.Principal{}, f
	}
	return principal, checkOrigin(r, isSafe(r.Method))
}

func (g *Gateway) byCookie(r *http.Request) (auth.Principal, *fault.Error) {
	if g.o.Sessions == nil {
		return auth.Principal{}, errNoKey
	}
	cookie, err := r.Cookie(g.o.Sessions.CookieName())
	if err != nil {
		return auth.Principal{}, errNoKey
	}
	principal, ok := g.o.Sessions.Session(r.Context(), cookie.Value)
	if !ok {
		return auth.Principal{}, errSessionEnded
	}
	return principal, nil
}

func (g *Gateway) byKey(r *http.Request, key string) (auth.Principal, *fault.Error) {
	principal, ok := g.o.Keys.Authenticate(key)
	if ok {
		return principal, nil
	}
	g.metrics.wrongKeys.Inc()
	if wait := g.throttle.wrong(auth.OriginFrom(r.Context()).Address); wait > 0 {
		return auth.Principal{}, errTooManyKeys.After(wait)
	}
	return auth.Principal{}, errWrongKey
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
	if f.Kind == fault.Unauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="BunkerM"`)
	}
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
	segment := firstSegment(path)
	return path == "/metrics" || segment == "api" || segment == "assets" || g.routes.bare(segment)
}
