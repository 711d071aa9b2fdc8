package doctest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestLinksResolve follows every link inside the repository, and to headings.
func TestLinksResolve(t *testing.T) {
	anchors := map[string][]string{}
	all := pages(t)
	for _, p := range all {
		anchors[p.name] = anchorsOf(p.prose)
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, p := range all {
		for _, found := range link.FindAllStringSubmatch(p.prose, -1) {
			target := found[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(target, "#")
			name := p.name
			if file != "" {
				name = path.Join(path.Dir(p.name), file)
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
				t.Errorf("%s links to %s, which is not there", p.name, target)
			} else if anchor != "" && strings.HasSuffix(name, ".md") && !slices.Contains(anchors[name], anchor) {
				t.Errorf("%s links to %s, and no heading there is called so: %q", p.name, target, anchors[name])
			}
		}
	}
}

// anchorsOf are the names by which a page's headings can be linked to, as GitHub makes them.
func anchorsOf(prose string) []string {
	var all []string
	for line := range strings.Lines(prose) {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(heading)))
	}
	return all
}
