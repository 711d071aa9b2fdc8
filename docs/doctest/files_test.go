package doctest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// inCode is everything of a page that is meant literally: its blocks, and what stands between backticks.
func (p page) inCode() []string {
	var all []string
	for _, b := range p.blocks {
		all = append(all, b.text)
	}
	for _, found := range span.FindAllStringSubmatch(p.prose, -1) {
		all = append(all, found[1])
	}
	return all
}

// TestFilesOfTheRepositoryExist looks for what the pages name by its path from the root, and for the targets of make.
func TestFilesOfTheRepositoryExist(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?:^|[\s"'(=])(?:\./)?((?:docs|packaging|scripts|cmd|app|ui|tools)/[A-Za-z0-9_./-]*[A-Za-z0-9_-])`)
	target := regexp.MustCompile(`(?:^|[\n;&] *)(?:sudo )?make ([a-z-]+)`)
	n := 0
	for _, p := range pages(t) {
		for _, text := range p.inCode() {
			for _, found := range named.FindAllStringSubmatch(text, -1) {
				n++
				if matches, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(found[1]))); err != nil || len(matches) == 0 {
					t.Errorf("%s: there is no %s", p.name, found[1])
				}
			}
			for _, found := range target.FindAllStringSubmatch(text, -1) {
				n++
				if !strings.Contains(string(makefile), "\n"+found[1]+":") {
					t.Errorf("%s: there is no make %s", p.name, found[1])
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d names were looked up", n)
	}
}

// TestEnvironmentExists looks up every variable of ours.
func TestEnvironmentExists(t *testing.T) {
	variable := regexp.MustCompile(`\bBUNKERM_[A-Z_]*[A-Z]\b`)
	var known []string
	for _, command := range []string{"serve", "doctor"} {
		out, _ := exec.Command(build(t), command, "--help").CombinedOutput() // what it lacks is missed below
		for _, found := range variable.FindAllString(string(out), -1) {
			known = append(known, found, found+"_FILE")
		}
	}
	n := 0
	for _, p := range pages(t) {
		for _, name := range variable.FindAllString(p.text, -1) {
			forTests := strings.HasPrefix(name, "BUNKERM_BENCH_") || strings.HasPrefix(name, "BUNKERM_TEST_") || name == "BUNKERM_NAB"
			if n++; !forTests && !slices.Contains(known, name) {
				t.Errorf("%s: nothing reads %s", p.name, name)
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d variables were looked up", n)
	}
}

// TestTheDataFolderIsDescribed compares the README's table with what is there after a backup and a certificate.
func TestTheDataFolderIsDescribed(t *testing.T) {
	t.Parallel()
	pl := newPlace(t, build(t))
	write(t, filepath.Join(pl.dir, "data", "backups", "nightly-20260101T000000Z.tar.gz"), "", 0o600)
	out := pl.shell(t).say(prelude + background("bunkerm serve --mqtts-listen 127.0.0.1:0\n") + "bunkerm cert create >/dev/null\necho found\ncd data\n" +
		`for name in .[a-z]* * broker/*; do [ -d "$name" ] && name=$name/; echo "$name"; done`)
	_, names, found := strings.Cut(out, "found\n")
	if !found || strings.Count(names, "\n") < 12 {
		t.Fatalf("the folder cannot be listed:\n%s", out)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "\n## What is in the data folder\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for name := range strings.Lines(names) {
		name = strings.TrimSuffix(name, "\n")
		switch name {
		case ".[a-z]*", "broker/", "bunkerm.db-shm", "bunkerm.db-wal": // no file, said by its parts, said with the database
			continue
		}
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the README does not say what %s is", name)
		}
	}
}
