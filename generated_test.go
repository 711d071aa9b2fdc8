package bunkerm_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/app"
)

// update makes the tests write what they would compare: make gen.
var update = flag.Bool("update", false, "write generated files anew")

const (
	openAPIFile = "docs/api/openapi.json"
	readmeFile  = "README.md"
)

// TestGeneratedOpenAPI compares the golden file with the document that the program serves, so that a change of the
// API is seen as what it is when it is reviewed.
func TestGeneratedOpenAPI(t *testing.T) {
	document, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, openAPIFile, append(bytes.TrimSpace(document), '\n'))
}

// TestArraysAreNeverNull holds a promise of the API: a list without entries is [], so callers need not ask.
func TestArraysAreNeverNull(t *testing.T) {
	text, err := app.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	arrays := 0
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch node := node.(type) {
		case map[string]any:
			switch kinds := node["type"].(type) {
			case string:
				if kinds == "array" {
					arrays++
				}
			case []any:
				if slices.Contains(kinds, any("array")) {
					t.Errorf("%s may be null", path)
				}
			}
			for key, child := range node {
				walk(path+"/"+key, child)
			}
		case []any:
			for _, child := range node {
				walk(path, child)
			}
		}
	}
	walk("", document)
	if arrays == 0 {
		t.Error("the document describes no array: the test looks at the wrong place")
	}
}

// TestGeneratedSettings compares the README's table of settings with the one place where they are declared.
func TestGeneratedSettings(t *testing.T) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- settings: make gen writes this table from app/settings.go -->\n", "<!-- end of settings -->\n"
	before, rest, found := strings.Cut(string(readme), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has lost the lines %q and %q", readmeFile, begin, end)
	}
	golden(t, readmeFile, []byte(before+begin+"\n"+app.SettingsTable()+"\n"+end+after))
}

// golden compares a file with what it should be, or writes it.
func golden(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(have), "\n"), strings.Split(string(want), "\n")); diff != "" {
		t.Errorf("%s is not up to date: run make gen and look at the difference (-file +program):\n%s", name, diff)
	}
}
