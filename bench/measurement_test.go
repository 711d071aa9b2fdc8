package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEveryRowIsMeasuredOnce holds the rows and the measurements together, and both to the benchmarks that there are.
func TestEveryRowIsMeasuredOnce(t *testing.T) {
	all := measurements()
	used := map[*measurement]bool{}
	everything := rows()
	for i := range everything {
		r := &everything[i]
		for _, figure := range r.metrics() {
			gives := 0
			for _, m := range all {
				if m.gives(figure.pkg, figure.bench) {
					gives, used[m] = gives+1, true
				}
			}
			if gives != 1 {
				t.Errorf("%q: %d measurements give %s", r.what, gives, figure)
			}
		}
	}
	for _, m := range all {
		if !used[m] {
			t.Errorf("no row shows what %s measures", m)
		}
		top, _, _ := strings.Cut(m.bench, "/")
		for name := range strings.SplitSeq(top, "|") {
			if !isIn(t, m, name) {
				t.Errorf("%s: there is no benchmark of that name", m)
			}
		}
	}
}

// isIn looks for a benchmark in the sources of a package.
func isIn(t *testing.T, m *measurement, name string) bool {
	t.Helper()
	pattern, declared := "*_test.go", "func Benchmark"+name+"("
	if len(m.command) > 0 {
		pattern, declared = filepath.Join("e2e", "*.spec.ts"), "Benchmark"+name+"/"
	}
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(m.pkg), pattern))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && bytes.Contains(text, []byte(declared))
	})
}

func TestWhatGoTestIsGiven(t *testing.T) {
	m := &measurement{pkg: "monitor", bench: "History/hour|90_days", time: "200x", quick: "50x", count: 3, env: []string{"MANY=1"}, limit: time.Minute}
	for quick, want := range map[bool]string{
		false: "go test -run ^$ -bench ^Benchmark(History)$/(hour|90_days) -timeout 1m0s -count 3 -benchtime 200x ./monitor",
		true:  "go test -run ^$ -bench ^Benchmark(History)$/(hour|90_days) -timeout 1m0s -short -benchtime 50x ./monitor",
	} {
		cmd := m.prepared(t.Context(), quick)
		if got := strings.Join(cmd.Args, " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if slices.Contains(cmd.Env, "MANY=1") == quick {
			t.Errorf("quick: %v, the environment: %v", quick, cmd.Env)
		}
	}
	page := &measurement{pkg: "ui", bench: "Paint", command: []string{"npx", "playwright"}}
	if cmd := page.prepared(t.Context(), false); cmd.Dir != "ui" || strings.Join(cmd.Args, " ") != "npx playwright" {
		t.Errorf("%q in %s", cmd.Args, cmd.Dir)
	}
}

func TestWhatFailedIsToldAndNotAllThatWasSaid(t *testing.T) {
	said := "--- FAIL: BenchmarkAdopt\n    bench_adopt_test.go:45: never: ready\n" + strings.Repeat("a line of a log\n", 1000) + "FAIL\n"
	got := reasons(said)
	if !strings.HasPrefix(got, "    bench_adopt_test.go:45: never: ready\n") || !strings.HasSuffix(got, "\nFAIL") || strings.Count(got, "\n") > 25 {
		t.Error(got)
	}
}

// TestAFailedMeasurementFailsTheWhole goes on with the others and keeps what was said.
func TestAFailedMeasurementFailsTheWhole(t *testing.T) {
	shell := func(name, script string) *measurement {
		return &measurement{pkg: ".", bench: name, command: []string{"sh", "-c", script}, limit: time.Minute}
	}
	found := figures{}
	var kept, progress bytes.Buffer
	err := measureAll(t.Context(), []*measurement{
		shell("Bad", "echo BenchmarkBad 1 5 ms; echo the broker is gone >&2; exit 1"),
		shell("Good", "echo BenchmarkGood 1 7 ms"),
	}, false, found, &kept, &progress)
	if err == nil || !strings.Contains(err.Error(), "..Bad has failed") {
		t.Error(err)
	}
	if !strings.Contains(progress.String(), "the broker is gone") {
		t.Errorf("nobody hears why: %s", &progress)
	}
	if got, _ := found.median(metric{".", "Good", "ms"}); got != 7 {
		t.Errorf("%v", found)
	}
	if !strings.Contains(kept.String(), "BenchmarkGood 1 7 ms\n") {
		t.Errorf("%q", &kept)
	}
}

func TestOnlyLeavesTheRowsThatAreMeasured(t *testing.T) {
	chosen := chosenOf(measurements(), regexp.MustCompile(`^ui\.`))
	left := rowsOf(rows(), chosen)
	if len(chosen) != 2 || len(left) == 0 || len(left) >= len(rows()) {
		t.Fatalf("%d measurements, %d rows", len(chosen), len(left))
	}
	for i := range left {
		if left[i].subject != "The page" {
			t.Error(left[i].what)
		}
	}
}
