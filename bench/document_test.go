package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOnlyWhatStandsBetweenTheMarksIsReplaced(t *testing.T) {
	const document = "# Performance\n\n<!-- make bench, Mosquitto 2.0: begin -->\nold\n<!-- make bench, Mosquitto 2.0: end -->\n\nmore\n"
	path := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it can be done again
		if err := place(path, "2.0", "new\n\n"); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != strings.Replace(document, "old", "new", 1) {
			t.Errorf("%q, %v", got, err)
		}
	}
	for name, c := range map[string]struct{ document, series string }{
		"of another version": {document, "2.1"},
		"twice":              {document + document, "2.0"},
		"the wrong way":      {"<!-- make bench, Mosquitto 2.0: end --><!-- make bench, Mosquitto 2.0: begin -->", "2.0"},
	} {
		if got, err := placed(c.document, c.series, "new"); err == nil {
			t.Errorf("marks that are %s: %q", name, got)
		}
	}
}

// TestTheDocumentTakesTheTable holds the marks in docs/performance.md.
func TestTheDocumentTakesTheTable(t *testing.T) {
	if err := takes(filepath.Join("..", "docs", "performance.md"), "2.0"); err != nil {
		t.Error(err)
	}
}
