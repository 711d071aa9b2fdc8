package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
)

func TestTheTableOfGuessersIsBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	throttle := newThrottle(20, 100, func() time.Time { return now })
	for i := range 100_000 {
		throttle.wrong(netip.MustParseAddr(fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff)))
	}
	if throttle.recent.Len() != 100 || len(throttle.known) != 100 {
		t.Errorf("%d and %d addresses are remembered", throttle.recent.Len(), len(throttle.known))
	}
}

// fuzzBody has every shape that a body of ours has.
type fuzzBody struct {
	Name  string            `json:"name"`
	Size  int               `json:"size,omitempty"`
	Flag  *bool             `json:"flag,omitempty"`
	List  []fuzzBody        `json:"list,omitempty"`
	Plain map[string]string `json:"plain,omitempty"`
}

// FuzzBody holds the checker to what it promises about a body that it lets through.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"name":"a","size":3,"flag":true,"list":[{"name":"b"}],"plain":{"x":"y"}}`, `{"name":null}`, `{"Name":"a"}`,
		`{"name":"a","name":"b"}`, "{\"name\":\"\xff\"}", `{"name":"\ud800"}`, `[`, ``, `{} {}`, `{"list":[{"x":1}]}`, strings.Repeat("[", 200)} {
		f.Add([]byte(seed))
	}
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schema := registry.Schema(reflect.TypeFor[fuzzBody](), true, "")
	f.Fuzz(func(t *testing.T, data []byte) {
		if refusal := checkJSON(data, schema, registry); refusal != nil {
			if refusal.Message == "" || (refusal.GetStatus() != 400 && refusal.GetStatus() != 422) {
				t.Errorf("refusal %+v", refusal)
			}
			return
		}
		var value any
		if !utf8.Valid(data) || json.Unmarshal(data, &value) != nil {
			t.Fatalf("%q passes and is not JSON in UTF-8", data)
		}
		if value == nil || strings.Contains(fmt.Sprint(value), "<nil>") && !strings.Contains(string(data), "<nil>") && !strings.Contains(string(data), `\u`) {
			t.Fatalf("%q passes with a null", data)
		}
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.DisallowUnknownFields()
		var body fuzzBody
		if err := decoder.Decode(&body); err != nil && strings.Contains(err.Error(), "unknown field") {
			t.Fatalf("%q passes with an unknown field: %v", data, err)
		}
	})
}

// FuzzPath sends any text as a name through the mux: it arrives as it was, or is refused as no text.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"a", "/", "a/b", "..", ".", "%2F", "\xff", "😀", "a;b", "\x00", "//", " ", "?", "#"} {
		f.Add(seed)
	}
	g := bench(f)
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" {
			return
		}
		escaped := strings.ReplaceAll(url.PathEscape(name), ".", "%2E")
		u, err := url.ParseRequestURI("/api/names/" + escaped)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = u
		r.Header.Set("X-API-Key", "key")
		w := httptest.NewRecorder()
		g.Handler().ServeHTTP(w, r)
		if !utf8.ValidString(name) {
			if w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%q: status %d", name, w.Code)
			}
			return
		}
		var got struct{ Name string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); w.Code != http.StatusOK || err != nil || got.Name != name {
			t.Errorf("%q: status %d, arrives as %q, %v", name, w.Code, got.Name, err)
		}
	})
}

type oneKey struct{}

func (oneKey) Authenticate(key string) (auth.Principal, bool) {
	return auth.Principal{Name: "bench", Role: auth.Admin}, key == "key"
}

type nameOut struct {
	Body struct {
		Name string `json:"name"`
	}
}

// bench returns a gateway with one trivial service.
func bench(t testing.TB) *Gateway {
	g, err := New(Options{Keys: oneKey{}, Logger: slog.New(slog.NewJSONHandler(io.Discard, nil))}) //nolint:sloglint // formatting the access log is part of what is measured
	if err != nil {
		t.Fatal(err)
	}
	register(g.API())
	if err := g.Seal(); err != nil {
		t.Fatal(err)
	}
	return g
}

func register(api huma.API) {
	route := func(method, path string) huma.Operation {
		return huma.Operation{OperationID: method + path, Method: method, Path: path, Metadata: map[string]any{"permission": "dynsec:read"}}
	}
	huma.Register(api, route("GET", "/names/{name}"), func(ctx context.Context, in *struct {
		Name string `path:"name"`
	}) (*nameOut, error) {
		out := &nameOut{}
		out.Body.Name = in.Name
		return out, nil
	})
	huma.Register(api, route("POST", "/names"), func(ctx context.Context, in *struct{ Body fuzzBody }) (*nameOut, error) {
		out := &nameOut{}
		out.Body.Name = in.Body.Name
		return out, nil
	})
}
