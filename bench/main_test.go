package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// document is one with a place for the table.
func document(t *testing.T) string {
	t.Helper()
	begin, end := marks("2.0")
	path := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(path, []byte("before\n"+begin+"\n"+end+"\nbehind\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatWasSaidIsToldAndWritten(t *testing.T) {
	path := document(t)
	var out, progress bytes.Buffer
	if err := run(t.Context(), []string{"-from", filepath.Join("testdata", "said.txt"), "-write", path}, &out, &progress); err != nil {
		t.Fatal(err)
	}
	written, told := read(t, path), out.String()
	if !strings.HasPrefix(written, "before\n<!--") || !strings.HasSuffix(written, "-->\nbehind\n") || !strings.Contains(written, "| **The page** |") {
		t.Error(written)
	}
	if !strings.HasPrefix(told, "Measured on 2026-11-26") || !strings.Contains(told, "short by") {
		t.Error(told)
	}
}

func TestATableWithAGapIsToldAndNotWritten(t *testing.T) {
	path, said := document(t), filepath.Join(t.TempDir(), "said.txt")
	before := read(t, path)
	whole := read(t, filepath.Join("testdata", "said.txt"))
	if err := os.WriteFile(said, []byte(strings.ReplaceAll(whole, "ms/plain", "ms/other")), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	err := run(t.Context(), []string{"-from", said, "-write", path}, &out, &progress)
	if err == nil || !strings.Contains(err.Error(), "nobody measured ms/plain of ui.Paint/cold") {
		t.Error(err)
	}
	if read(t, path) != before {
		t.Error("the document was written")
	}
	if !strings.Contains(out.String(), "not measured") {
		t.Error(out.String())
	}
}

func TestWrongArguments(t *testing.T) {
	for name, args := range map[string][]string{
		"-only": {"-only", "("}, "matches no benchmark": {"-only", "nothing is called so"}, "nothing is expected": {"quick"}, "not defined": {"-quicker"},
		"no such file": {"-from", "nowhere"},
	} {
		var out, progress bytes.Buffer
		if err := run(t.Context(), args, &out, &progress); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", args, err)
		}
	}
}
