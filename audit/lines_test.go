package audit

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheFileHasTheSameAndFollowsRotation(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "audit.log")
	h := openHouse(t, "", file)
	h.add(3)
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	h.add(2)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	h.add(1) // cannot be written there, and is in the table
	until(t, "it says so", func() bool { s := h.Status(); return s.Writing && s.Detail != "" && s.Hint != "" })
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	h.add(1)
	h.stop()
	count := func(path string) (n int) {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		for lines := bufio.NewScanner(f); lines.Scan(); n++ {
			var e Entry
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Hash == "" {
				t.Errorf("%s: %v", lines.Text(), err)
			}
		}
		return n
	}
	if a, b := count(file+".1"), count(file); a != 3 || b != 1 {
		t.Errorf("%d and %d lines", a, b)
	}
	if len(h.list(Filter{})) != 7 {
		t.Error("the table lacks entries")
	}
	if _, err := Open(Options{Store: h.db, File: filepath.Join(dir, "none", "audit.log")}); err == nil {
		t.Error("a file that cannot be made is accepted")
	}
}

func TestAnEntryBeginsALineOfItsOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "audit.log")
	const torn = `{"id":1,"ti`
	if err := os.WriteFile(file, []byte(torn), 0o600); err != nil {
		t.Fatal(err)
	}
	h := openHouse(t, "", file)
	h.add(1)
	h.stop()
	text, err := os.ReadFile(file)
	rest, found := strings.CutPrefix(string(text), torn+"\n")
	if err != nil || !found || !json.Valid([]byte(rest)) {
		t.Errorf("%v: %s", err, text)
	}
}
