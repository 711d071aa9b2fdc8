// Package doctest follows the documentation word for word: it runs every block of commands of every page against the
// binary and a real Mosquitto, and holds the pages against the program that they are about. It consists of tests, and
// may import the rooms for tests.
package doctest

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is where the repository begins, seen from here.
const root = "../.."

// page is one file of the documentation.
type page struct {
	name   string // from the root, with slashes: docs/tls.md
	text   string
	blocks []block
	// prose is the text without its blocks, line for line.
	prose string
}

// block is what stands between two fences.
type block struct {
	line     int    // of its first fence
	language string // sh, text, json …
	marks    []string
	text     string
}

// has tells whether a mark stands behind the language.
func (b block) has(mark string) bool { return slices.Contains(b.marks, mark) }

// needs is what the block cannot be run without, or nothing.
func (b block) needs() string {
	for _, m := range b.marks {
		if what, is := strings.CutPrefix(m, "needs="); is {
			return what
		}
	}
	return ""
}

// pages reads the documentation: the README and everything in docs.
func pages(t *testing.T) []page {
	t.Helper()
	names := []string{"README.md", "SECURITY.md", "CHANGELOG.md"}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(name string, d fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".md" {
			name, err = filepath.Rel(root, name)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []page
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if os.IsNotExist(err) && !strings.Contains(name, "/") {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := read(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("only %d pages: the test looks at the wrong place", len(all))
	}
	return all
}

var fence = regexp.MustCompile("^( *)```(.*)$")

// read parts a page into blocks and prose. A block may be indented, as in a list.
func read(name, text string) (p page, err error) {
	p = page{name: name, text: text}
	var prose strings.Builder
	var open *block
	var indent string
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		found := fence.FindStringSubmatch(line)
		switch {
		case open == nil && found == nil:
			prose.WriteString(line)
		case open == nil:
			words := strings.Fields(found[2])
			if len(words) == 0 {
				return p, fmt.Errorf("%s:%d: the block has no language: text is one", name, n)
			}
			open, indent = &block{line: n, language: words[0], marks: words[1:]}, found[1]
		case found != nil:
			p.blocks = append(p.blocks, *open)
			open = nil
		default:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		}
		prose.WriteByte('\n')
	}
	if open != nil {
		return p, fmt.Errorf("%s:%d: the block has no end", name, open.line)
	}
	p.prose = prose.String()
	return p, nil
}

// step is one block of commands and what the page promises that they print: nothing, when no block of text follows.
type step struct {
	block
	prints string
}

// steps are the page's blocks of commands.
func (p page) steps() []step {
	var all []step
	for i, b := range p.blocks {
		switch {
		case b.language == "sh":
			all = append(all, step{block: b})
		case b.language == "text" && i > 0 && p.blocks[i-1].language == "sh":
			all[len(all)-1].prints = b.text
		}
	}
	return all
}
