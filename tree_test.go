package bunkerm_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/bunkerm/bunkerm"

// mayImport says which rooms of ours each room may import: the table of docs/ARCHITECTURE.md. A room is the first
// element of a package's path; packages of one room may import each other. A new room does not pass before it has
// its line here.
func mayImport() map[string][]string {
	return map[string][]string{
		"":           {}, // the root's doc.go
		"fault":      {},
		"broker":     {"fault"},
		"store":      {"fault"},
		"stream":     {"fault"},
		"query":      {},
		"dynsec":     {"broker", "config", "fault", "query"}, // of config the language of the file alone
		"monitor":    {"broker", "fault", "query", "store", "stream"},
		"privacy":    {"fault"},
		"clientlogs": {"broker", "fault", "privacy", "query", "store", "stream"},
		"config":     {"broker", "fault", "privacy", "query", "store", "stream"},
		"auth":       {"fault", "privacy", "query", "store"},
		"audit":      {"fault", "privacy", "query", "store"},
		"gateway":    {"auth", "fault", "stream"},
		"system":     {"fault"},
		"notify":     {"fault", "privacy", "store"},
		"certs":      {"fault"},
		"adopt":      {"broker", "dynsec", "fault"},
		"backup":     {"fault"},
		"anomaly":    {"fault", "notify", "privacy", "query", "store", "stream"},
		"app":        {"adopt", "anomaly", "audit", "auth", "backup", "broker", "certs", "clientlogs", "config", "dynsec", "fault", "gateway", "monitor", "notify", "privacy", "store", "stream", "system", "ui"},
		"cmd":        {"app"},
		"docs":       {}, // the test that follows the documentation
		"packaging":  {}, // packages, images, and the tests that hold them to the program
		"scripts":    {},
		"bench":      {}, // it reads what benchmarks print
		"soak":       {}, // it knows the program as its users do
		"ui":         {},
	}
}

// testsMayImport is what tests may import on top of that. Packages whose name ends in test are for tests only.
func testsMayImport() map[string][]string {
	return map[string][]string{
		"":        {"app"},
		"anomaly": {"broker"}, // topic filters as they really match
		"cmd":     {"broker"}, // the names of our own account, which people must not take from us

		"packaging": {"app"}, // which settings there are
	}
}

type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// room is the first element of the package's path inside the module, "" for the root.
func (p pkg) room() string { return roomOf(p.ImportPath) }

func roomOf(importPath string) string {
	room, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/"), "/")
	return room
}

// packages asks go for every package of the module as the named platform sees it.
func packages(t *testing.T, goos string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var found []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("reading go list's answer: %v", err)
		}
		found = append(found, p)
	}
	if len(found) < 5 {
		t.Fatalf("go list names only %d packages: the test looks at the wrong place", len(found))
	}
	return found
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	rules, extra := mayImport(), testsMayImport()
	for _, goos := range []string{"linux", "darwin"} {
		for _, p := range packages(t, goos) {
			allowed, known := rules[p.room()]
			if !known {
				t.Errorf("%s is a new room: say in mayImport what it may import", p.ImportPath)
				continue
			}
			check := func(imports []string, allowed []string, inTest bool) {
				for _, imported := range imports {
					if imported != module && !strings.HasPrefix(imported, module+"/") {
						continue
					}
					forTests := strings.HasSuffix(imported, "test")
					switch room := roomOf(imported); {
					case forTests && inTest:
					case forTests:
						t.Errorf("%s imports %s, which is for tests", p.ImportPath, imported)
					case room != p.room() && !slices.Contains(allowed, room):
						t.Errorf("%s (%s) imports %s: it may import %q and its own room", p.ImportPath, goos, imported, allowed)
					}
				}
			}
			check(p.Imports, allowed, false)
			inTests := slices.Concat(allowed, extra[p.room()])
			check(p.TestImports, inTests, true)
			check(p.XTestImports, inTests, true)
		}
	}
}

// source is one hand-written file of the repository.
type source struct {
	path string // with slashes, relative to the root
	text string
}

// generated is the line by which Go's tools recognise generated files; other languages comment it their own way.
var generated = regexp.MustCompile(`(?m)^(//|/\*|#) Code generated .* DO NOT EDIT\.`)

// sources reads the files with one of the extensions, without what is generated, fetched or recorded.
func sources(t *testing.T, extensions ...string) []source {
	t.Helper()
	var found []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			hidden := strings.HasPrefix(d.Name(), ".") && name != "."
			if hidden || slices.Contains([]string{"bin", "data", "ui/dist"}, name) ||
				slices.Contains([]string{"node_modules", "testdata"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(extensions, path.Ext(name)) || strings.HasSuffix(name, ".gen.ts") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !generated.Match(text) {
			found = append(found, source{name, string(text)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatalf("no file ends in %q: the test looks at the wrong place", extensions)
	}
	return found
}

func TestNoFileIsLongerThan400Lines(t *testing.T) {
	for _, s := range sources(t, ".go", ".ts", ".tsx", ".css") {
		if n := strings.Count(s.text, "\n"); n > 400 {
			t.Errorf("%s has %d lines: more than one idea lives in it", s.path, n)
		}
	}
}

func TestNamesSayWhatTheyDo(t *testing.T) {
	vague := []string{
		"base", "common", "helper", "helpers", "manager", "misc", "mock", "mocks", "model", "models",
		"pkg", "shared", "type", "types", "util", "utils",
	}
	for _, s := range sources(t, ".go", ".ts", ".tsx") {
		for part := range strings.SplitSeq(strings.TrimSuffix(s.path, path.Ext(s.path)), "/") {
			if slices.Contains(vague, strings.TrimSuffix(part, "_test")) {
				t.Errorf("%s: %q names a layer or nothing; name what it does in the product", s.path, part)
			}
		}
	}
}

// TestPackagesIntroduceThemselves wants a comment on every package that says what it is and which rooms it may
// import, and no init function anywhere.
func TestPackagesIntroduceThemselves(t *testing.T) {
	type intro struct {
		doc, testDoc string // a package that consists of tests is introduced in one of them
		onlyTests    bool
	}
	intros := map[string]intro{} // by directory and package name
	for _, s := range sources(t, ".go") {
		file, err := parser.ParseFile(token.NewFileSet(), s.path, s.text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		key := path.Dir(s.path) + " " + strings.TrimSuffix(file.Name.Name, "_test")
		in, known := intros[key]
		if strings.HasSuffix(s.path, "_test.go") {
			in.testDoc += file.Doc.Text()
			in.onlyTests = in.onlyTests || !known
		} else {
			in.doc += file.Doc.Text()
			in.onlyTests = false
		}
		intros[key] = in
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function: do it in a constructor", s.path)
			}
		}
	}
	for key, in := range intros {
		dir, name, _ := strings.Cut(key, " ")
		doc := in.doc
		if in.onlyTests {
			doc = in.testDoc
		}
		switch {
		case name == "main":
			if !strings.HasPrefix(doc, "Command "+path.Base(dir)+" ") {
				t.Errorf("%s: want a comment that begins with %q", dir, "Command "+path.Base(dir))
			}
		case !strings.HasPrefix(doc, "Package "+name):
			t.Errorf("%s: want a comment that begins with %q", dir, "Package "+name)
		case dir != "." && !strings.Contains(doc, "import"):
			t.Errorf("%s: the package comment does not say which rooms it may import", dir)
		}
	}
}

// TestOnlyTheGatewayTakesRequests keeps every route behind the one middleware that asks for a key: what a service
// registers through huma is in the OpenAPI document, and nothing is registered in any other way.
func TestOnlyTheGatewayTakesRequests(t *testing.T) {
	direct := regexp.MustCompile(`\.(Handle|HandleFunc)\(|http\.NewServeMux\(|http\.ListenAndServe`)
	for _, s := range sources(t, ".go") {
		if strings.HasPrefix(s.path, "gateway/") || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		if found := direct.FindString(s.text); found != "" {
			t.Errorf("%s takes requests by itself (%s): register an operation with the gateway's API", s.path, found)
		}
	}
}

// TestNoAddressesOfRegistries keeps the machine on which a dependency was fetched out of the repository.
func TestNoAddressesOfRegistries(t *testing.T) {
	forbidden := map[string]string{
		".npmrc": "registry=", "go.mod": "replace ", "tools/go.mod": "replace ",
	}
	locks, err := filepath.Glob("*/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range locks {
		forbidden[name] = `"resolved"`
	}
	for name, word := range forbidden {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), word) {
			t.Errorf("%s contains %s", name, word)
		}
	}
}
