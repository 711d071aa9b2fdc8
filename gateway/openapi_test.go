package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/gateway"
)

func TestTheDocumentIsWhole(t *testing.T) {
	h := start(t)
	a := h.send("GET", "/api/openapi.json", "", "X-API-Key", "")
	want(t, a, 200)
	if !bytes.Equal([]byte(a.body), h.OpenAPI()) {
		t.Error("the served document is not the one of OpenAPI")
	}
	var document struct {
		OpenAPI  string
		Servers  []struct{ URL string }
		Security []map[string][]string
		Paths    map[string]map[string]struct {
			Tags       []string
			Permission string `json:"x-permission"`
			Responses  map[string]struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct {
			Schemas         map[string]json.RawMessage
			SecuritySchemes map[string]struct{ Name, In string }
		}
	}
	if err := json.Unmarshal([]byte(a.body), &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") || len(document.Servers) != 1 || document.Servers[0].URL != "/api" ||
		document.Components.SecuritySchemes["ApiKey"].Name != "X-API-Key" || len(document.Security) != 1 {
		t.Errorf("head of the document: %.600s", a.body)
	}
	for operation, statuses := range map[string][]string{
		"get /things/{id}":    {"200", "401", "403", "404", "422", "429", "500"},
		"post /things":        {"201", "400", "401", "403", "413", "415", "422", "429", "500"},
		"delete /things/{id}": {"204", "401", "403", "404", "422", "429", "500"},
	} {
		method, path, _ := strings.Cut(operation, " ")
		op := document.Paths[path][method]
		if !slices.Equal(op.Tags, []string{"things"}) || !strings.HasPrefix(op.Permission, "dynsec:") {
			t.Errorf("%s: tags %v, permission %q", operation, op.Tags, op.Permission)
		}
		var got []string
		for status, response := range op.Responses {
			got = append(got, status)
			if status >= "400" && response.Content["application/problem+json"].Schema.Ref != "#/components/schemas/Problem" {
				t.Errorf("%s: %s is not documented as a problem", operation, status)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, statuses) {
			t.Errorf("%s: answers %v, want %v", operation, got, statuses)
		}
	}
	for _, foreign := range []string{"ErrorModel", "ErrorDetail"} {
		if _, ok := document.Components.Schemas[foreign]; ok || strings.Contains(a.body, foreign) {
			t.Errorf("%s is still there", foreign)
		}
	}
	if strings.Contains(a.body, `"$schema"`) {
		t.Error("a body has a $schema that is not sent")
	}
	if yaml := h.send("GET", "/api/openapi.yaml", "", "X-API-Key", ""); !strings.Contains(yaml.body, "/things/{id}:") {
		t.Errorf("yaml: %.300s", yaml.body)
	}
}

func TestTheDocumentIsTheSameEachTime(t *testing.T) {
	first := start(t).OpenAPI()
	for range 5 {
		if !bytes.Equal(first, start(t).OpenAPI()) {
			t.Fatal("the same routes make another document")
		}
	}
}

func TestARouteWithoutPermissionDoesNotOpen(t *testing.T) {
	g, err := gateway.New(gateway.Options{Keys: testKeys()})
	if err != nil {
		t.Fatal(err)
	}
	handler := func(context.Context, *struct{}) (*namedBody, error) { return &namedBody{}, nil }
	huma.Register(g.API(), op("GET", "/open", "dynsec:read"), handler)
	huma.Register(g.API(), op("GET", "/forgotten", ""), handler)
	huma.Register(g.API(), op("GET", "/misspelt", "dynsec:raed"), handler)
	err = g.Seal()
	if err == nil || !strings.Contains(err.Error(), "/forgotten") || !strings.Contains(err.Error(), "/misspelt") ||
		strings.Contains(err.Error(), "/open") {
		t.Errorf("seal: %v", err)
	}
	h := &house{Gateway: g, t: t, url: "http://" + serve(t, g.Handler(), gateway.ServeOptions{})}
	want(t, h.send("GET", "/api/open", ""), 200)
	want(t, h.send("GET", "/api/forgotten", ""), 404)
	want(t, h.send("GET", "/api/misspelt", ""), 404)
}
