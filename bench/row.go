package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// row is one line of the table.
type row struct {
	subject   string // rows of one subject follow each other
	what      string
	figures   []metric // of several the worst counts, by the mark
	unit      string   // in which the figures are told; a benchmark's own unit can be an awkward one
	scale     float64  // a figure times this is in that unit; 0 is 1
	reference string   // what it is compared with, empty if there is nothing
	against   metric   // the reference's figure, in the same unit and of the same run
	mark      mark
}

// quantity is what a mark is about.
type quantity int

const (
	theRatio  quantity = iota // figure ÷ reference
	howFaster                 // reference ÷ figure: so many times faster
	theValue                  // the figure itself
)

// mark is what a row should reach.
type mark struct {
	of      quantity
	atLeast bool // otherwise at most
	limit   float64
	stated  bool // there is no limit: the figure is told and that is all
}

func ratioAtMost(x float64) mark  { return mark{of: theRatio, limit: x} }
func ratioAtLeast(x float64) mark { return mark{of: theRatio, limit: x, atLeast: true} }
func fasterAtLeast25() mark       { return mark{of: howFaster, limit: 25, atLeast: true} }
func atMost(x float64) mark       { return mark{of: theValue, limit: x} }
func atLeast(x float64) mark      { return mark{of: theValue, limit: x, atLeast: true} }
func statedOnly() mark            { return mark{stated: true} }

// line is a row with its figures.
type line struct {
	row
	measured bool
	figure   float64
	base     float64 // the reference's
	ratio    float64 // of the two, as the mark wants it; 0 without a reference
}

// judged is the number that the mark is about.
func (l *line) judged() float64 {
	if l.mark.of == theValue {
		return l.figure
	}
	return l.ratio
}

// missing is by how much the mark is missed, 0 where it is reached.
func (l *line) missing() float64 {
	switch {
	case l.mark.stated:
		return 0
	case l.mark.atLeast:
		return max(0, l.mark.limit-l.judged())
	default:
		return max(0, l.judged()-l.mark.limit)
	}
}

// fill gives each row its figures. The error names every figure that nobody measured; its row says so too.
func fill(rows []row, found figures) ([]line, error) {
	var lines []line
	missing := map[metric]bool{}
	for i := range rows {
		l := line{row: rows[i], measured: true}
		get := func(m metric) float64 {
			v, ok := found.median(m)
			if !ok {
				l.measured = false
				missing[m] = true
			}
			if l.scale != 0 {
				v *= l.scale
			}
			return v
		}
		for n, m := range l.figures {
			v := get(m)
			worse := v > l.figure
			if l.mark.atLeast && l.mark.of != howFaster {
				worse = v < l.figure
			}
			if n == 0 || worse {
				l.figure = v
			}
		}
		if l.reference != "" {
			l.base = get(l.against)
			if l.mark.of == howFaster {
				l.ratio = l.base / l.figure
			} else {
				l.ratio = l.figure / l.base
			}
		}
		lines = append(lines, l)
	}
	return lines, nobodyMeasured(missing)
}

// nobodyMeasured is an error that names figures, those of one benchmark together.
func nobodyMeasured(missing map[metric]bool) error {
	units := map[string][]string{}
	for m := range missing {
		of := m.pkg + "." + m.bench
		units[of] = append(units[of], m.unit)
	}
	var all []error
	for _, of := range slices.Sorted(maps.Keys(units)) {
		slices.Sort(units[of])
		all = append(all, fmt.Errorf("nobody measured %s of %s", strings.Join(units[of], ", "), of))
	}
	return errors.Join(all...)
}

// rowsOf are the rows of which those measurements give every figure.
func rowsOf(all []row, chosen []*measurement) (rows []row) {
	for i := range all {
		if all[i].metricsFrom(chosen) {
			rows = append(rows, all[i])
		}
	}
	return rows
}

func (r *row) metrics() []metric {
	if r.reference == "" {
		return r.figures
	}
	return append(slices.Clip(r.figures), r.against)
}

func (r *row) metricsFrom(chosen []*measurement) bool {
	for _, m := range r.metrics() {
		given := false
		for _, c := range chosen {
			given = given || c.gives(m.pkg, m.bench)
		}
		if !given {
			return false
		}
	}
	return true
}
