package doctest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPathsOfTheAPIExist compares what the pages name with the contract.
func TestPathsOfTheAPIExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/api/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var contract struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(text, &contract); err != nil {
		t.Fatal(err)
	}
	placeholder := regexp.MustCompile(`\{[a-z_]+\}`)
	type route struct {
		pattern *regexp.Regexp
		methods map[string]any
	}
	var routes []route
	for documented, methods := range contract.Paths {
		pattern := placeholder.ReplaceAllString(documented, `[^/]+`)
		routes = append(routes, route{regexp.MustCompile("^" + pattern + "$"), methods})
	}
	exists := func(name, method string) bool {
		for _, r := range routes {
			if _, has := r.methods[strings.ToLower(method)]; r.pattern.MatchString(name) && (method == "" || has) {
				return true
			}
		}
		return false
	}
	served := regexp.MustCompile(`localhost:2000/api(/[^\s"'?]*)`)
	named := regexp.MustCompile(`^(GET|POST|PUT|DELETE) (?:/api)?(/[^\s"'?]*)`)
	n := 0
	for _, p := range pages(t) {
		for _, found := range served.FindAllStringSubmatch(p.text, -1) {
			name := strings.TrimRight(found[1], ".,;:)>`")
			if name == "/docs" || strings.HasPrefix(name, "/openapi") {
				continue
			}
			if n++; !exists(name, "") {
				t.Errorf("%s: the API has no %s", p.name, name)
			}
		}
		for _, s := range span.FindAllStringSubmatch(p.prose, -1) {
			found := named.FindStringSubmatch(s[1])
			if found == nil || slices.Contains([]string{"/metrics", "/readyz", "/healthz"}, found[2]) {
				continue
			}
			if n++; !exists(found[2], found[1]) {
				t.Errorf("%s: the API has no %s %s", p.name, found[1], found[2])
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d addresses were looked up", n)
	}
}
