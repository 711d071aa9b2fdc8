package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
)

const (
	adminKey   = "bkm_the-admin-of-these-tests"
	viewerKey  = "bkm_the-viewer-of-these-tests"
	metricsKey = "bkm_the-metrics-of-these-tests"
)

// keys is a fixed set of them; auth.Keys has its own tests.
type keys map[string]auth.Principal

func (k keys) Authenticate(key string) (auth.Principal, bool) {
	p, ok := k[key]
	return p, ok
}

func testKeys() keys {
	return keys{adminKey: {Name: "admin", Role: auth.Admin}, viewerKey: {Name: "viewer", Role: auth.Viewer},
		metricsKey: {Name: "metrics", Role: auth.Metrics}}
}

// journal is a log that several goroutines write and the test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// logs returns a logger that keeps everything.
func logs() (*journal, *slog.Logger) {
	j := &journal{}
	return j, slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// house is a gateway with a small service on a real listener.
type house struct {
	*gateway.Gateway
	t       testing.TB
	url     string
	journal *journal
}

func start(t testing.TB, change ...func(*gateway.Options)) *house {
	t.Helper()
	journal, logger := logs()
	o := gateway.Options{Logger: logger, Keys: testKeys(), Version: "1.2.3"}
	for _, c := range change {
		c(&o)
	}
	g, err := gateway.New(o)
	if err != nil {
		t.Fatal(err)
	}
	registerThings(g.API())
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	h := &house{Gateway: g, t: t, journal: journal}
	h.url = "http://" + serve(t, g.Handler(), gateway.ServeOptions{})
	return h
}

// serve serves h on a free loopback port until the test ends.
func serve(t testing.TB, h http.Handler, o gateway.ServeOptions) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gateway.Serve(ctx, ln, h, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

func (a answer) problem(t testing.TB) gateway.Problem {
	t.Helper()
	var p gateway.Problem
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q, want a problem; body %.200s", got, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Errorf("not a problem: %v: %.200s", err, a.body)
	}
	if p.Status != a.StatusCode || p.RequestID == "" || p.RequestID != a.Header.Get("X-Request-Id") || p.Detail == "" ||
		p.Title == "" || p.Type != "about:blank" {
		t.Errorf("problem %+v of status %d, request id %q", p, a.StatusCode, a.Header.Get("X-Request-Id"))
	}
	return p
}

// client neither follows redirects, because no API of ours redirects, nor keeps connections between tests.
func client() *http.Client {
	return &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send sends a request with the admin's key unless headers (name, value, ...) say otherwise.
func (h *house) send(method, path, body string, headers ...string) answer {
	h.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, h.url, reader)
	if err != nil {
		h.t.Fatal(err)
	}
	// Opaque sends the path as it is written, which is what half of these tests are about.
	r.URL.Opaque = strings.TrimPrefix(h.url, "http:") + path
	r.Header.Set("X-API-Key", adminKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return do(h.t, r)
}

func do(t testing.TB, r *http.Request) answer {
	t.Helper()
	return doWith(t, client(), r)
}

func doWith(t testing.TB, c *http.Client, r *http.Request) answer {
	t.Helper()
	response, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, string(text)}
}

func want(t testing.TB, a answer, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d: %.300s", a.StatusCode, status, a.body)
	}
}

// thing is what the small service of these tests is about.
type thing struct {
	Kind     string   `json:"kind,omitempty" enum:"large,small"`
	Name     string   `json:"name" minLength:"1" maxLength:"40"`
	Password *string  `json:"password,omitempty"`
	Size     *int     `json:"size,omitempty" minimum:"0" maximum:"9"`
	Mail     *string  `json:"mail,omitempty" format:"email"`
	Parts    []string `json:"parts,omitempty"`
	Inner    []inner  `json:"inner,omitempty"`
}

type inner struct {
	Label string `json:"label"`
}

type thingBody struct{ Body thing }

type created struct {
	Location string `header:"Location"`
	Body     named
}

type named struct {
	Name string `json:"name"`
	By   string `json:"by"`
}

type namedBody struct{ Body named }

func op(method, path, permission string, change ...func(*huma.Operation)) huma.Operation {
	o := huma.Operation{OperationID: method + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path), Method: method,
		Path: path, Summary: "Do something with things", Metadata: map[string]any{"permission": permission}}
	for _, c := range change {
		c(&o)
	}
	return o
}

// registerThings does what a service's Register does, with every kind of route that services have.
func registerThings(api huma.API) {
	huma.Register(api, op("GET", "/things/{id}", "dynsec:read"), func(ctx context.Context, in *struct {
		ID    string `path:"id"`
		Limit int    `query:"limit" minimum:"1" maximum:"10" default:"5"`
		Q     string `query:"q"`
	}) (*namedBody, error) {
		switch in.ID {
		case "conflict":
			return nil, errors.Join(fault.New(fault.Conflict, "it is there").Hint("take another").At("path.id", "exists"))
		case "away":
			return nil, fault.New(fault.Unavailable, "the broker is away").After(1500 * time.Millisecond).Because(errors.New("dial tcp"))
		case "gone":
			return nil, fault.New(fault.Unavailable, "the broker is away")
		case "theirs":
			return nil, fault.New(fault.Forbidden, "this one is somebody else's")
		case "internal":
			return nil, fault.New(fault.Internal, "leaky text about /etc/secret")
		case "foreign":
			return nil, errors.New("open /etc/secret: permission denied")
		case "panic":
			panic("at the disco")
		case "endless":
			<-ctx.Done()
			return nil, fmt.Errorf("reading: %w", ctx.Err())
		}
		return &namedBody{Body: named{Name: in.ID, By: auth.Actor(ctx)}}, nil
	})
	huma.Register(api, op("POST", "/things", "dynsec:write", func(o *huma.Operation) { o.DefaultStatus = http.StatusCreated }),
		func(ctx context.Context, in *thingBody) (*created, error) {
			return &created{Location: "/things/" + url.PathEscape(in.Body.Name), Body: named{in.Body.Name, auth.Actor(ctx)}}, nil
		})
	huma.Register(api, op("DELETE", "/things/{id}", "dynsec:write"), func(context.Context, *struct {
		ID string `path:"id"`
	}) (*struct{}, error) {
		return nil, nil
	})
	huma.Register(api, op("POST", "/things/{id}/poke", "dynsec:write"), func(_ context.Context, in *struct {
		ID string `path:"id"`
	}) (*namedBody, error) {
		return &namedBody{Body: named{Name: in.ID}}, nil
	})
	huma.Register(api, op("POST", "/things/import", "dynsec:write", func(o *huma.Operation) {
		o.MaxBodyBytes, o.SkipValidateBody = 10<<20, true
		o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: "array"}}, "text/csv": {Schema: &huma.Schema{Type: "string"}}}}
	}), func(_ context.Context, in *struct {
		ContentType string `header:"Content-Type" hidden:"true"`
		RawBody     []byte `contentType:"text/csv"`
	}) (*struct{ Body struct{ Bytes int } }, error) {
		return &struct{ Body struct{ Bytes int } }{Body: struct{ Bytes int }{len(in.RawBody)}}, nil
	})
}
