package csvfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// table is a file as rows of cells: a time, and values that have names.
type table struct {
	source  *bufio.Reader
	rows    *csv.Reader
	names   []string // of the columns behind the first
	first   []string // the first line, where it is no header but a row
	decimal bool     // numbers may have a decimal comma
}

// open reads the header. Cells may be separated by commas, or, where the first line has none, by semicolons or tabs as spreadsheets
// write them. A first line that begins with a time and goes on with numbers is a row already.
func open(in io.Reader) (*table, error) {
	t := &table{source: bufio.NewReaderSize(in, 1<<16)}
	if mark, _ := t.source.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = t.source.Discard(len(byteOrderMark))
	}
	t.rows = csv.NewReader(t.source)
	t.rows.Comma = t.separator()
	t.decimal = t.rows.Comma == ';'
	t.rows.ReuseRecord = true
	header, err := t.rows.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty; its first line names the columns, the first of which is the time")
	case err != nil:
		return nil, fmt.Errorf("reading the header: %w", err)
	case len(header) < 2:
		return nil, errors.New("there is no column of values; the first column is the time, the others are values, separated by commas")
	}
	if t.isRow(header) {
		t.first = append([]string(nil), header...)
		header = make([]string, len(header))
	}
	t.name(header[1:])
	return t, nil
}

const byteOrderMark = "\ufeff"

// separator is what stands between the cells of the first line.
func (t *table) separator() rune {
	var line []byte
	for whole, err := false, error(nil); !whole && err == nil; {
		var start []byte
		start, err = t.source.Peek(t.source.Buffered() + 1)
		line, _, whole = bytes.Cut(bytes.TrimLeft(start, "\r\n"), []byte("\n"))
	}
	for _, c := range []byte{',', ';', '\t'} {
		if bytes.IndexByte(line, c) >= 0 {
			return rune(c)
		}
	}
	return ','
}

// isRow reports whether the first line is data.
func (t *table) isRow(cells []string) bool {
	if _, err := moment(cells[0]); err != nil {
		return false
	}
	for _, cell := range cells[1:] {
		if _, err := strconv.ParseFloat(t.value(cell), 64); err != nil && strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// name gives each column a name of its own.
func (t *table) name(header []string) {
	taken := map[string]bool{}
	for i, name := range header {
		column := "column " + strconv.Itoa(i+2)
		switch {
		case name == "":
			name = column
		case taken[name]:
			name += " (" + column + ")"
		}
		for taken[name] {
			name += "'"
		}
		taken[name] = true
		t.names = append(t.names, strings.Clone(name))
	}
}

// next is the next row; io.EOF is the end.
func (t *table) next() (at int64, cells []string, err error) {
	if cells, t.first = t.first, nil; cells == nil {
		cells, err = t.rows.Read()
	}
	switch {
	case errors.Is(err, io.EOF):
		return 0, nil, io.EOF
	case errors.Is(err, csv.ErrFieldCount):
		line, _ := t.rows.FieldPos(0)
		return 0, nil, fmt.Errorf("line %d has the wrong number of fields, %d instead of %d", line, len(cells), len(t.names)+1)
	case err != nil:
		return 0, nil, fmt.Errorf("reading: %w", err)
	}
	if at, err = moment(cells[0]); err != nil {
		line, _ := t.rows.FieldPos(0)
		return 0, nil, fmt.Errorf("line %d: %w", line, err)
	}
	return at, cells, nil
}

// waits reports whether the next row is not there yet.
func (t *table) waits() bool { return t.source.Buffered() == 0 }

var decimalComma = regexp.MustCompile(`^\s*[-+]?\d*,\d+([eE][-+]?\d+)?\s*$`)

// value is a cell as it is to be understood.
func (t *table) value(cell string) string {
	if t.decimal && decimalComma.MatchString(cell) {
		return strings.Replace(cell, ",", ".", 1)
	}
	return cell
}

// A number of the epoch is one of seconds, or, where that would be after the year 5100, of milliseconds, microseconds or
// nanoseconds.
const (
	mostSeconds = 1e11
	mostMillis  = 1e14
	mostMicros  = 1e17
	mostNanos   = 9.2e18
)

// moment reads a time. The result is milliseconds since the epoch.
func moment(text string) (int64, error) {
	text = strings.TrimSpace(text)
	if x, err := strconv.ParseFloat(text, 64); err == nil {
		switch size := math.Abs(x); {
		case size < mostSeconds:
			return int64(math.Round(x * 1000)), nil
		case size < mostMillis:
			return int64(math.Round(x)), nil
		case size < mostMicros:
			return int64(math.Round(x / 1e3)), nil
		case size < mostNanos:
			return int64(math.Round(x / 1e6)), nil
		}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMilli(), nil
		}
	}
	return 0, fmt.Errorf("%q is no time: it may be RFC 3339, 2006-01-02 15:04:05, or seconds since the epoch", text)
}
