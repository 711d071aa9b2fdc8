package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// metric names a figure: the package's folder, the benchmark without Benchmark and without the number of cores, and the
// unit as the benchmark prints it.
type metric struct{ pkg, bench, unit string }

func (m metric) String() string { return fmt.Sprintf("%s of %s.%s", m.unit, m.pkg, m.bench) }

// figures are what the benchmarks said, once or as often as a measurement repeats them.
type figures map[metric][]float64

// median is the one in the middle of what was said.
func (f figures) median(m metric) (value float64, found bool) {
	said := slices.Sorted(slices.Values(f[m]))
	if len(said) == 0 {
		return 0, false
	}
	return said[len(said)/2], true
}

const module = "github.com/bunkerm/bunkerm/"

// read takes in what a benchmark printed. Its own lines may stand among others.
func (f figures) read(name string, text []byte) error {
	lines := benchfmt.NewReader(bytes.NewReader(onlyLines(text)), name)
	for lines.Scan() {
		switch record := lines.Result().(type) {
		case *benchfmt.Result:
			pkg := strings.TrimPrefix(record.GetConfig("pkg"), module)
			for _, v := range record.Values {
				unit, value := v.Unit, v.Value
				if v.OrigUnit != "" { // the reader makes seconds of nanoseconds
					unit, value = v.OrigUnit, v.OrigValue
				}
				key := metric{pkg, withoutCores(record.Name), unit}
				f[key] = append(f[key], value)
			}
		case *benchfmt.SyntaxError:
			return fmt.Errorf("%s: %w", name, record)
		}
	}
	return lines.Err()
}

var cores = regexp.MustCompile(`-\d+$`)

// withoutCores takes off the -2 that go test appends on two cores.
func withoutCores(name benchfmt.Name) string {
	return cores.ReplaceAllString(name.String(), "")
}

// onlyLines leaves what is a result or says which package the next ones are of. A benchmark that logs has its name on a line
// by itself, which is not one.
func onlyLines(text []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(text) {
		isResult := bytes.HasPrefix(line, []byte("Benchmark")) && len(bytes.Fields(line)) >= 4
		if isResult || bytes.HasPrefix(line, []byte("pkg: ")) {
			kept = append(kept, line...)
		}
	}
	return kept
}
