package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestTheTable tells what a whole run said, which is kept in testdata, and has every row of the table.
func TestTheTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "said.txt"))
	if err != nil {
		t.Fatal(err)
	}
	found := figures{}
	if err := found.read("said.txt", text); err != nil {
		t.Fatal(err)
	}
	lines, err := fill(rows(), found)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "table.md", settingOf(text).sentence()+"\n\n"+markdown(lines))
	golden(t, "table.txt", terminal(lines))
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (- as kept, -update writes it anew):\n%s", name, diff)
	}
}

func TestVerdicts(t *testing.T) {
	const unit = "ms"
	value, base := metric{"a", "B", "value"}, metric{"a", "B", "base"}
	for _, c := range []struct {
		mark        mark
		value, base float64
		ratio, want string
		said        string
	}{
		{ratioAtMost(1.5), 3, 2, "1.5", "≤ 1.5 ×", "reached"},
		{ratioAtMost(1.5), 3.6, 2, "1.8", "≤ 1.5 ×", "short by 0.3"},
		{ratioAtMost(1.5), 3.002, 2, "1.5", "≤ 1.5 ×", "short by 0.001"},
		{ratioAtLeast(0.8), 159_000, 118_600, "1.34", "≥ 0.8 ×", "reached"},
		{ratioAtLeast(0.8), 70, 100, "0.7", "≥ 0.8 ×", "short by 0.1"},
		{fasterAtLeast25(), 2, 80, "40 × faster", "≥ 25 × faster", "reached"},
		{fasterAtLeast25(), 2, 10, "5 × faster", "≥ 25 × faster", "short by 20"},
		{atMost(40), 39, 13, "3", "≤ 40 ms", "reached"},
		{atMost(40), 46, 10, "4.6", "≤ 40 ms", "short by 6 ms"},
		{atLeast(1_000_000), 900_000, 1_000_000, "0.9", "≥ 1,000,000 ms", "short by 100,000 ms"},
		{atMost(0), 0, 1, "0", "≤ 0 ms", "reached"},
		{atMost(0), 3, 1, "3", "≤ 0 ms", "short by 3 ms"},
		{statedOnly(), 6, 2, "3", "none", "stated"},
	} {
		r := row{what: "x", figures: []metric{value}, unit: unit, reference: "y", against: base, mark: c.mark}
		lines, err := fill([]row{r}, figures{value: {c.value}, base: {c.base}})
		if err != nil {
			t.Fatal(err)
		}
		cells := lines[0].cells()
		if got := cells[3:]; cmp.Diff([]string{c.ratio, c.want, c.said}, got) != "" {
			t.Errorf("%+v: %q, want %q %q %q", c.mark, got, c.ratio, c.want, c.said)
		}
	}
}

func TestTheWorstOfSeveralCounts(t *testing.T) {
	a, b := metric{"p", "A", "x"}, metric{"p", "B", "x"}
	found := figures{a: {3}, b: {7}}
	for want, m := range map[float64]mark{7: atMost(5), 3: atLeast(5)} {
		lines, err := fill([]row{{figures: []metric{a, b}, mark: m}}, found)
		if err != nil || lines[0].figure != want {
			t.Errorf("%+v: %v %v", m, lines[0].figure, err)
		}
	}
}

func TestAMissingFigureIsAnErrorAndSaidInItsRow(t *testing.T) {
	all := rows()
	lines, err := fill(all, figures{})
	if err == nil || len(lines) != len(all) {
		t.Fatalf("%d lines of %d, %v", len(lines), len(all), err)
	}
	for _, want := range []string{"nobody measured KB/gzip, KB/plain of ui.Bundle\n", "of cmd/bunkerm.Crowd"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %s", want)
		}
	}
	if strings.Contains(markdown(lines), "reached") || strings.Count(markdown(lines), "not measured") != len(all) {
		t.Error(markdown(lines))
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 1.499: "1.5", 0.66: "0.66", 0.0123: "0.012", 12.34: "12.3", 99.96: "100", 123.4: "123", 1234567.8: "1,234,568", -2500: "-2,500", 0.1: "0.1",
		1000: "1,000", 20: "20",
	} {
		if got := number(v); got != want {
			t.Errorf("number(%v) is %q, want %q", v, got, want)
		}
	}
}
