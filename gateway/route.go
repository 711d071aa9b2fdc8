package gateway

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
)

// apiMount is where the services stand on the gateway's port, besides their bare prefixes.
const apiMount = "/api"

var (
	errNoSuchPath = fault.New(fault.NotFound, "there is nothing at this address").
			Hint("/api/docs lists what there is; a slash at the end counts")
	errMethod = fault.New(fault.MethodNotAllowed, "this address does not take this method").
			Hint("the header Allow names those that it takes")
)

// firstSegment returns the first segment of an escaped path, decoded.
func firstSegment(escaped string) string {
	segment, _, _ := strings.Cut(strings.TrimPrefix(escaped, "/"), "/")
	if plain, err := url.PathUnescape(segment); err == nil {
		return plain
	}
	return segment
}

// below returns r as the handler sees it that is mounted at mount. The caller has checked that the path lies there.
func below(r *http.Request, mount string) *http.Request {
	inner := new(http.Request)
	*inner = *r
	inner.URL = new(url.URL)
	*inner.URL = *r.URL
	inner.URL.Path = strings.TrimPrefix(r.URL.Path, mount)
	inner.URL.RawPath = strings.TrimPrefix(r.URL.RawPath, mount)
	return inner
}

// checkAddress refuses addresses that net/http's mux would redirect to a cleaned one (names may look like paths,
// and a redirected POST loses its body), and those that are not text.
func checkAddress(u *url.URL) *fault.Error {
	escaped := u.EscapedPath()
	if !strings.HasPrefix(escaped, "/") {
		return errNoSuchPath
	}
	for segments := escaped[1:]; ; {
		segment, rest, more := strings.Cut(segments, "/")
		if segment == "." || segment == ".." || (segment == "" && more) {
			return errNoSuchPath
		}
		if !more {
			break
		}
		segments = rest
	}
	if !utf8.ValidString(u.Path) {
		return fault.New(fault.Invalid, "the request is not acceptable").At("path", "is not valid UTF-8")
	}
	if u.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "the request is not acceptable").At("query", "is not percent-encoded as it must be")
	}
	for name, list := range values {
		for _, text := range append(list, name) {
			if !utf8.ValidString(text) {
				return fault.New(fault.Invalid, "the request is not acceptable").At("query", "is not valid UTF-8")
			}
		}
	}
	return nil
}

// ServeHTTP finds the operation for a path without /api. Where there is none the answer is a problem, whose
// Allow header comes from the mux.
func (t *routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	entered(r).service = firstSegment(r.URL.EscapedPath())
	r = hideSlashes(r)
	handler, pattern := t.mux.Handler(r)
	if pattern != "" {
		t.mux.ServeHTTP(w, r)
		return
	}
	miss := &missed{header: http.Header{}}
	handler.ServeHTTP(miss, r)
	allow := miss.header.Get("Allow")
	switch {
	case allow == "":
		t.g.refuse(w, r, errNoSuchPath)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allow+", OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allow+", OPTIONS")
		t.g.refuse(w, r, errMethod)
	}
}

// The mux takes a segment that is nothing but an encoded slash for the end of the path. A client may be called "/",
// so such a segment travels under a name that nobody else can choose: the request's own id.

// hideSlashes returns r with such segments renamed.
func hideSlashes(r *http.Request) *http.Request {
	if !strings.Contains(strings.ToUpper(r.URL.RawPath), "/%2F") {
		return r
	}
	segments := strings.Split(r.URL.RawPath, "/")
	for i, segment := range segments {
		if strings.EqualFold(segment, "%2F") {
			segments[i] = entered(r).id
		}
	}
	hidden := new(http.Request)
	*hidden = *r
	hidden.URL = new(url.URL)
	*hidden.URL = *r.URL
	hidden.URL.RawPath = strings.Join(segments, "/")
	if plain, err := url.PathUnescape(hidden.URL.RawPath); err == nil {
		hidden.URL.Path = plain
	}
	return hidden
}

// restoreSlashes gives the wildcards their values back.
func restoreSlashes(r *http.Request, names []string) {
	for _, name := range names {
		if r.PathValue(name) == entered(r).id {
			r.SetPathValue(name, "/")
		}
	}
}

// wildcards returns the names in braces of a pattern.
func wildcards(pattern string) []string {
	var names []string
	for segment := range strings.SplitSeq(pattern, "/") {
		if strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") {
			names = append(names, segment[1:len(segment)-1])
		}
	}
	return names
}

// missed takes the mux's own answer to a request that matches nothing. Only its Allow header is of use.
type missed struct{ header http.Header }

func (m *missed) Header() http.Header         { return m.header }
func (m *missed) Write(p []byte) (int, error) { return len(p), nil }
func (m *missed) WriteHeader(int)             {}
