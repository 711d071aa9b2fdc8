package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// columns are the heads of the table.
func columns() []string { return []string{"what", "measured", "reference", "ratio", "mark", ""} }

// cells are what a line says, in the order of the columns.
func (l *line) cells() []string {
	if !l.measured {
		return []string{l.what, "not measured", l.reference, "", l.wanted(), ""}
	}
	reference, ratio := "", ""
	if l.reference != "" {
		reference = with(l.base, l.unit) + ": " + l.reference
		ratio = number(l.ratio)
		if l.mark.of == howFaster {
			ratio += " × faster"
		}
	}
	return []string{l.what, with(l.figure, l.unit), reference, ratio, l.wanted(), l.verdict()}
}

// wanted is the mark in words.
func (l *line) wanted() string {
	sign := "≤ "
	if l.mark.atLeast {
		sign = "≥ "
	}
	switch {
	case l.mark.stated:
		return "none"
	case l.mark.of == theValue:
		return sign + with(l.mark.limit, l.unit)
	case l.mark.of == howFaster:
		return sign + number(l.mark.limit) + " × faster"
	default:
		return sign + number(l.mark.limit) + " ×"
	}
}

func (l *line) verdict() string {
	switch short := l.missing(); {
	case l.mark.stated:
		return "stated"
	case math.IsNaN(l.judged()):
		return "cannot be told"
	case short == 0:
		return "reached"
	case l.mark.of == theValue:
		return "short by " + with(short, l.unit)
	default:
		return "short by " + number(short)
	}
}

// with is a value and its unit.
func with(v float64, unit string) string {
	if unit != "" && !strings.HasPrefix(unit, "/") {
		unit = " " + unit
	}
	return number(v) + unit
}

// number tells a value with as many digits as are worth reading: two behind the first that is not 0, and none behind the
// point from a hundred on, with commas between thousands.
func number(v float64) string {
	size := math.Abs(v)
	switch {
	case v == 0 || math.IsNaN(v) || math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case size >= 99.95:
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	case size >= 9.995:
		return trimmed(strconv.FormatFloat(v, 'f', 1, 64))
	case size >= 0.1:
		return trimmed(strconv.FormatFloat(v, 'f', 2, 64))
	default:
		digits := 1 - int(math.Floor(math.Log10(size)))
		return trimmed(strconv.FormatFloat(v, 'f', digits, 64))
	}
}

// trimmed takes off zeros that say nothing.
func trimmed(text string) string {
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// markdown is the table for the document.
func markdown(lines []line) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | |\n|%s\n", strings.Join(columns()[:len(columns())-1], " | "), strings.Repeat("---|", len(columns())))
	subject := ""
	for i := range lines {
		if l := &lines[i]; l.subject != subject {
			subject = l.subject
			fmt.Fprintf(&b, "| **%s** |%s\n", subject, strings.Repeat(" |", len(columns())-1))
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(lines[i].cells(), " | "))
	}
	return b.String()
}

// terminal is the table for a person's eyes, without what only Markdown needs.
func terminal(lines []line) string {
	table := [][]string{columns()}
	for i := range lines {
		cells := lines[i].cells()
		for n := range cells {
			cells[n] = strings.ReplaceAll(cells[n], "`", "")
		}
		table = append(table, cells)
	}
	widths := make([]int, len(columns()))
	for _, cells := range table {
		for n, cell := range cells {
			widths[n] = max(widths[n], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	subject := ""
	for i, cells := range table {
		if i > 0 && lines[i-1].subject != subject {
			subject = lines[i-1].subject
			fmt.Fprintf(&b, "\n%s\n", subject)
		}
		var text strings.Builder
		for n, cell := range cells {
			fmt.Fprintf(&text, "  %s%s", cell, strings.Repeat(" ", widths[n]-utf8.RuneCountInString(cell)))
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	return b.String()
}
