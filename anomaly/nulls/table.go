package nulls

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Tables writes the tables of false alarms, as Markdown, at the threshold that stands for one alarm in ten days. It takes some
// seconds for each series of a process.
func Tables(w io.Writer, series int) error {
	t := table{w: w}
	const points, budget = 18_000, 0.1
	trendly := Threshold(TrendsPerDay, budget)
	minutely, cell := Threshold(minutesPerDay, budget), Threshold(cellsPerDay, budget)

	t.head("detect.Standard", "a day at %.2f", minutely)
	for name, process := range sorted(Series()) {
		t.row(name, Standard(process, series, points, minutely).PerDay(0))
	}
	t.head("detect.Trend", "a day at %.2f", trendly)
	for name, process := range sorted(Series()) {
		t.row(name, Trend(process, 2*series, 2*points, trendly).PerDay(0))
	}
	t.head("detect.Stuck", "a day at %.2f", minutely)
	for name, process := range sorted(Resting()) {
		t.row(name, Stuck(process, series, points, minutely).PerDay(0))
	}
	t.head("detect.Shape", "a day at %.2f", minutely)
	for name, process := range sorted(Series()) {
		t.row(name, Shape(process, series, points, minutely).PerDay(0))
	}
	t.head("detect.Joint", "a day at %.2f", minutely)
	for name, process := range sorted(Messages()) {
		t.row(name, Joint(process, series, points, minutely).PerDay(0))
	}
	t.head("detect.States", "changes a day at %.2f | dwells", minutely)
	for name, process := range sorted(Machines()) {
		changes, dwells := States(process, series, points, minutely)
		t.row(name, changes.PerDay(0), dwells.PerDay(0))
	}
	t.head("detect.Burst", "a day at %.2f", cell)
	for name, process := range sorted(Cells()) {
		t.row(name, Burst(process, series, 7, cell).PerDay(0))
	}
	t.head("detect.Silence", "arrivals a day | false a day at %d | at one in ten days | dead after s | at one in ten days", 5)
	for name, process := range sorted(Arrivals()) {
		count, arrivals := Silence(process, series, 28)
		atFive, atBudget := Dead(process, series, WednesdayNoon)
		t.row(name, arrivals, count.PerDay(0), count.PerDay(1), atFive, atBudget)
	}
	return t.err
}

// WednesdayNoon is when processes end, milliseconds after Monday: in the fourth week, in the middle of a shift.
const WednesdayNoon = 23*day + 12*hour

// sorted goes over a map by its keys.
func sorted[V any](m map[string]V) func(yield func(string, V) bool) {
	return func(yield func(string, V) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

// table writes, and remembers the first error.
type table struct {
	w   io.Writer
	err error
}

func (t *table) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *table) head(detector, columns string, args ...any) {
	t.printf("\n| `"+detector+"` | "+columns+" |\n", args...)
	t.printf("|%s\n", strings.Repeat("---|", 2+strings.Count(columns, "|")))
}

func (t *table) row(name string, columns ...float64) {
	t.printf("| %s |", name)
	for _, v := range columns {
		t.printf(" %.3f |", v)
	}
	t.printf("\n")
}
