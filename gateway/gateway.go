package gateway

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/stream"
)

// Keys knows API keys; auth.Keys is one.
type Keys interface {
	// Authenticate returns who presents key. It takes the same time whatever the key is.
	Authenticate(key string) (auth.Principal, bool)
}

// Sessions knows who has signed in; auth.People is one.
type Sessions interface {
	// CookieName is the name of the cookie that holds a session's token.
	CookieName() string
	// Session returns who holds a token; false where it counts no more. It is asked at every request of a browser.
	Session(ctx context.Context, token string) (auth.Principal, bool)
}

// Options are what a Gateway needs. Keys is required; the rest has defaults.
type Options struct {
	Logger  *slog.Logger
	Clock   func() time.Time // time.Now when nil; deadlines of connections are real time regardless
	Keys    Keys
	Version string // of the product, for documentation, metrics and /readyz

	// Ready tells how the parts of the program are, for /readyz and the start page. It must not wait long and is
	// shown to everybody: no secrets, no paths. No parts when nil.
	Ready func(ctx context.Context) []Part
	// MQTTAddr returns host:port of the broker's MQTT listener for the first steps on the start page, "" when it
	// is not ours to know.
	MQTTAddr func() string
	// Metrics is where our metrics are registered and what /metrics shows. A new registry when nil.
	Metrics *prometheus.Registry

	// Sessions lets browsers in that have signed in; nobody signs in when nil.
	Sessions Sessions
	// Page is the built page: index.html, and assets with their compressed siblings. A plain start page when nil.
	Page fs.FS
	// Streams is where our own event stream is counted and ended. A group of its own when nil.
	Streams *stream.Group
	// Refused is told of each request that was refused because its role lacks a permission.
	Refused func(ctx context.Context, permission, method, path string)

	PublicURL      string         // as browsers see us: scheme, host and prefix; empty: what the request says
	BasePath       string         // what stands before our paths for browsers; requests may come with it or without
	TrustedProxies []netip.Prefix // whose headers are believed
	FrameAncestors string         // who may show the page in a frame, as in a Content-Security-Policy; 'none' when empty

	WrongKeysPerMinute int // from one address before further ones are answered 429; 20 when zero
	Addresses          int // how many addresses with wrong keys are remembered at most; 4096 when zero
}

// Gateway serves everything that BunkerM says over HTTP.
type Gateway struct {
	o        Options
	log      *slog.Logger
	api      huma.API
	routes   *routes
	throttle *throttle
	metrics  *metrics
	pages    *pages
	page     *page // nil where the binary has none
	around   surroundings
	streams  *streams
	open     map[string]http.Handler // by exact path; needs no key

	openapiJSON, openapiYAML func() []byte // made when somebody asks for one

	mu        sync.Mutex
	onceReady map[string]bool // parts with Once that were ready before
}

// New returns a gateway without any service.
func New(o Options) (*Gateway, error) {
	if o.Keys == nil {
		return nil, errors.New("gateway: no keys: nobody could be let in")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) []Part { return nil }
	}
	if o.MQTTAddr == nil {
		o.MQTTAddr = func() string { return "" }
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Streams == nil {
		o.Streams = &stream.Group{}
	}
	if o.Refused == nil {
		o.Refused = func(context.Context, string, string, string) {}
	}
	if o.FrameAncestors == "" {
		o.FrameAncestors = noFrames
	}
	if o.WrongKeysPerMinute == 0 {
		o.WrongKeysPerMinute = 20
	}
	if o.Addresses == 0 {
		o.Addresses = 4096
	}
	g := &Gateway{o: o, log: o.Logger, onceReady: map[string]bool{}}
	g.throttle = newThrottle(o.WrongKeysPerMinute, o.Addresses, o.Clock)
	var err error
	if g.metrics, err = newMetrics(o.Metrics, o.Version); err != nil {
		return nil, err
	}
	if g.pages, err = loadPages(o.FrameAncestors); err != nil {
		return nil, err
	}
	if g.around, err = newSurroundings(o); err != nil {
		return nil, err
	}
	if g.page, err = loadPage(o.Page, o.FrameAncestors); err != nil {
		return nil, err
	}
	g.routes = &routes{g: g, mux: http.NewServeMux(), services: map[string]bool{}, anybody: map[string]bool{}}
	g.api = huma.NewAPI(g.config(), g.routes)
	g.streams = newStreams(g)
	g.streams.register()
	g.openapiJSON, g.openapiYAML = sync.OnceValue(g.renderJSON), sync.OnceValue(g.renderYAML)
	g.open = map[string]http.Handler{
		"/":                 http.HandlerFunc(g.servePage),
		"/healthz":          http.HandlerFunc(g.healthz),
		"/readyz":           http.HandlerFunc(g.readyz),
		"/api/openapi.json": g.document("application/openapi+json", `"url": "`, g.openapiJSON),
		"/api/openapi.yaml": g.document("application/openapi+yaml", "url: ", g.openapiYAML),
	}
	maps.Copy(g.open, g.pages.assets)
	if g.page != nil {
		maps.Copy(g.open, g.page.assets)
	}
	return g, nil
}

// API is where services register their operations, with paths as in the HTTP contract and without /api. An
// operation names the permission that it needs in Metadata["permission"]. Handlers return faults.
func (g *Gateway) API() huma.API { return g.api }

// Seal ends registration and completes what the OpenAPI document says. It fails naming every operation without a known
// permission; such an operation is not reachable. Call it once, before the handlers serve.
func (g *Gateway) Seal() error {
	if err := g.routes.seal(); err != nil {
		return err
	}
	g.completeOpenAPI()
	return nil
}

// OpenAPI returns the document of all operations: OpenAPI 3.1 as indented JSON, the same bytes for the same
// routes. It may be asked for after Seal.
func (g *Gateway) OpenAPI() []byte { return g.openapiJSON() }

// Handler serves port 2000: everything.
func (g *Gateway) Handler() http.Handler {
	return g.exchange(g.knock(door{open: g.open, people: true, inside: g.inside}))
}

// LocalHandler serves the API to whoever can reach it, without asking who they are: for a socket that only people who
// administer this host can open. They act as the command line.
func (g *Gateway) LocalHandler() http.Handler {
	who := auth.Principal{Name: auth.CommandName, Role: auth.Admin, Via: auth.ViaCommand}
	return g.exchange(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered(r).principal = who
		r = r.WithContext(auth.WithPrincipal(r.Context(), who))
		if f := checkAddress(r.URL); f != nil {
			g.refuse(w, r, f)
			return
		}
		g.inside(w, r)
	}))
}

// ServiceHandler serves the port of one service alone: its prefix, its settings and /healthz, with the same rules as
// Handler. prefix is the first segment of its paths, without slashes; its settings are at /settings/<prefix>.
func (g *Gateway) ServiceHandler(prefix string) http.Handler {
	open := map[string]http.Handler{"/healthz": g.open["/healthz"]}
	inside := func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.EscapedPath(); firstSegment(path) != prefix && path != "/settings/"+prefix {
			g.refuse(w, r, errNoSuchPath)
			return
		}
		g.routes.ServeHTTP(w, r)
	}
	return g.exchange(g.knock(door{open: open, inside: inside}))
}

// inside routes who was let in.
func (g *Gateway) inside(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if path == "/metrics" {
		g.metrics.serve(g, w, r)
		return
	}
	if rest, ok := strings.CutPrefix(path, apiMount); ok && g.routes.services[firstSegment(rest)] {
		entered(r).mount = apiMount
		g.routes.ServeHTTP(w, below(r, apiMount))
		return
	}
	if g.routes.bare(firstSegment(path)) {
		g.routes.ServeHTTP(w, r)
		return
	}
	g.refuse(w, r, errNoSuchPath)
}

// forAnybody reports whether a request is to a route that needs nobody to be known.
func (g *Gateway) forAnybody(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), apiMount)
	return ok && g.routes.anybody[r.Method+" "+rest]
}
