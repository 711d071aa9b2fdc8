package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// exchange is what we know of one request while it is served. Only the goroutine that serves it writes here.
type exchange struct {
	id        string
	principal auth.Principal
	mount     string // what stands before the service's own path, behind base
	base      string // what a proxy puts before our paths, without a slash at its end
	service   string // "gateway" where no service was reached
	address   netip.Addr
	channel   bool // one channel of a stream asks, not somebody outside
}

type exchangeKey struct{}

// entered returns the exchange of r. Handlers are never reached without one.
func entered(r *http.Request) *exchange { return exchangeOf(r.Context()) }

func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// exchange numbers a request, sets what every answer carries, counts and logs it, and survives a panic.
func (g *Gateway) exchange(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := g.o.Clock()
		x := &exchange{id: rand.Text(), service: "gateway"}
		from := g.around.originOf(r, x.id)
		x.address, x.base = from.Address, strings.TrimSuffix(from.BasePath, "/")
		r = r.WithContext(auth.WithOrigin(context.WithValue(r.Context(), exchangeKey{}, x), from))
		r = withoutBase(r, from.BasePath)
		out := &writer{ResponseWriter: w, x: x, head: r.Method == http.MethodHead}
		protect(out.Header(), from)
		out.Header().Set("X-Request-Id", x.id)
		if r.ContentLength != 0 {
			// Whoever serves a body sets its own deadline. This one is for those bodies that nobody reads: net/http
			// drains them after the answer, at whatever pace they come.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
		}
		g.metrics.inFlight.Inc()
		defer func() {
			lost := recover()
			if lost != nil {
				g.panicked(out, r, lost)
			}
			g.metrics.inFlight.Dec()
			took := g.o.Clock().Sub(began)
			drain(out, r)
			g.metrics.served(x.service, r.Method, out.answered(), took)
			g.logAccess(out, r, took)
			if lost != nil && (isAbort(lost) || out.cut) {
				// A half-sent answer must not look like a whole one.
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(out, r)
	})
}

// What is read of a body that was refused, so that the sender comes to read why: most send everything before they
// look at the answer, and a closed connection would take it away from them.
const (
	drainBytes = 32 << 20
	drainTime  = 5 * time.Second
)

// drain reads what is left of the body of a refused request, within limits.
func drain(out *writer, r *http.Request) {
	if r.ContentLength == 0 || out.answered() < 400 || out.cut || r.ProtoMajor != 1 || r.Header.Get("Expect") != "" {
		return
	}
	connection := http.NewResponseController(out.ResponseWriter)
	if connection.Flush() != nil || connection.SetReadDeadline(time.Now().Add(drainTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, drainBytes)
}

// isAbort recognises the panic by which a handler gives up a connection on purpose.
func isAbort(lost any) bool {
	err, ok := lost.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// panicked logs what happened where, and answers while that is still possible.
func (g *Gateway) panicked(out *writer, r *http.Request, lost any) {
	if isAbort(lost) {
		return
	}
	g.logPanic(out.x.id, lost)
	if out.status != 0 {
		out.cut = true
		return
	}
	g.refuse(out, r, fault.From(nil))
}

// logPanic is called while the panic's stack still stands.
func (g *Gateway) logPanic(requestID string, lost any) {
	g.log.Error("a handler panicked", "request_id", requestID, "panic", fmt.Sprint(lost), "stack", string(debug.Stack()))
}

// logAccess writes one line per request, without the query: people put keys there.
func (g *Gateway) logAccess(out *writer, r *http.Request, took time.Duration) {
	level, path := slog.LevelInfo, r.URL.EscapedPath()
	switch path {
	case "/healthz", "/readyz", "/metrics":
		level = slog.LevelDebug
	}
	if !g.log.Enabled(r.Context(), level) {
		return
	}
	const longest = 1024
	if len(path) > longest {
		path = path[:longest] + "…"
	}
	g.log.LogAttrs(r.Context(), level, "request",
		slog.String("request_id", out.x.id), slog.String("method", printable(r.Method)), slog.String("path", path),
		slog.Int("status", out.answered()), slog.Int64("bytes", out.bytes),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
		slog.String("remote", remote(out.x.address, r.RemoteAddr)), slog.String("principal", out.x.principal.Name))
}

// remote is where a request came from, behind trusted proxies too.
func remote(address netip.Addr, peer string) string {
	if address.IsValid() {
		return address.String()
	}
	return peer
}

// printable shortens a method that somebody invented.
func printable(method string) string {
	const longest = 32
	if len(method) > longest {
		return method[:longest]
	}
	return method
}

// apiPolicy lets an answer of the API do nothing at all, should a browser take it for a page.
const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// protect sets the headers of every answer. Pages loosen the policy as far as they need.
func protect(h http.Header, from auth.Origin) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", apiPolicy)
	if isTrustworthy(from) {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

// isTrustworthy reports whether browsers call an origin trustworthy: https, and loopback. On plain http in a LAN they
// ignore an opener's policy, and complain about it on the console.
func isTrustworthy(o auth.Origin) bool {
	if o.Scheme == "https" {
		return true
	}
	name := (&url.URL{Host: o.Host}).Hostname()
	address, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && address.IsLoopback()
}

// writeTime is how long a client may take to accept one piece of an answer.
const writeTime = 30 * time.Second

// writer is the http.ResponseWriter of an exchange: it remembers what was answered, and gives each write its own
// deadline, so that a slow reader is cut off while a long stream is not.
type writer struct {
	http.ResponseWriter
	x      *exchange
	head   bool // no body is wanted
	status int
	bytes  int64
	cut    bool
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
		if location := w.Header().Get("Location"); strings.HasPrefix(location, "/") {
			// A service names its own path. Who came through a proxy's prefix and /api goes on through them.
			w.Header().Set("Location", w.x.base+w.x.mount+location)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.head && w.Header().Get("Content-Type") == stream.ContentType {
		return 0, http.ErrBodyNotAllowed // a stream whose events nobody gets would never end
	}
	// Not every writer has deadlines; a recorder in a test has none.
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(writeTime))
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection, for flushing and deadlines.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// answered is the status that the client sees.
func (w *writer) answered() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
