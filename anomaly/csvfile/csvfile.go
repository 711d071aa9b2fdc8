package csvfile

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/extract"
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// Options say how rows are looked at. The zero value is what the service does with its default settings.
type Options struct {
	Budget float64 // false alarms per series and day that are acceptable; 0: 0.1
	Deep   bool    // the costly detectors, too
	JSON   bool    // one JSON object a value instead of CSV
}

// Record is what is said of one value, as --json writes it.
type Record struct {
	Time     string    `json:"time"`
	Column   string    `json:"column"`
	Value    *float64  `json:"value"`    // null where it is no number
	Score    float64   `json:"score"`    // -log10 of a false-alarm probability; less after many alarms, 0 where it repeats one
	Raw      float64   `json:"raw"`      // the same without that
	Expected *float64  `json:"expected"` // null while learning
	Low      *float64  `json:"low"`
	High     *float64  `json:"high"`
	State    string    `json:"state"` // learning, ready
	Type     string    `json:"type"`
	Alert    string    `json:"alert,omitempty"` // its severity: medium, high, critical
	Findings []Finding `json:"findings,omitempty"`
}

// Finding is something strange about a value.
type Finding struct {
	Kind        string  `json:"kind"`
	Score       float64 `json:"score"`
	Threshold   float64 `json:"threshold"`
	Explanation string  `json:"explanation"`
}

// Run reads rows with a header from in and writes what is said of each value to out. The first column is the time: RFC 3339,
// 2006-01-02 15:04:05 in UTC, or seconds since the epoch. An error names the line.
func Run(in io.Reader, out io.Writer, o Options) error {
	rows, err := open(in)
	if err != nil {
		return err
	}
	r := newRun(rows, bufio.NewWriterSize(out, 1<<16), o)
	if err := r.head(); err != nil {
		return err
	}
	for {
		at, cells, err := rows.next()
		if errors.Is(err, io.EOF) {
			return r.flush()
		}
		if err != nil {
			return errors.Join(err, r.flush())
		}
		if err := r.row(at, cells); err != nil {
			return err
		}
		if rows.waits() { // who writes slowly wants to read along
			if err := r.flush(); err != nil {
				return err
			}
		}
	}
}

// run is one file on its way through.
type run struct {
	o       Options
	table   *table
	context series.Context
	topics  []*series.Topic // one for each so many columns as one can follow
	values  []extract.Field
	words   extract.Extractor
	out     *bufio.Writer
	csv     *csv.Writer
	json    *json.Encoder
	book    *incident.Book
	line    []string
	lasting map[string]bool // findings that go on, by column and kind: each is told once
}

const defaultBudget = 0.1

func newRun(rows *table, out *bufio.Writer, o Options) *run {
	if o.Budget <= 0 {
		o.Budget = defaultBudget
	}
	r := &run{o: o, table: rows, out: out, csv: csv.NewWriter(out), json: json.NewEncoder(out), line: make([]string, 7), lasting: map[string]bool{}}
	r.context = series.Context{Week: week, Budget: o.Budget, Deep: o.Deep}
	for range slices.Chunk(rows.names, series.MostFields) {
		r.topics = append(r.topics, series.NewTopic(&r.context, "file"))
	}
	r.book = incident.NewBook(0, 0, nil, incident.Words{Location: func() *time.Location { return time.UTC }})
	return r
}

func week(ms int64) int {
	t := time.UnixMilli(ms).UTC()
	return int(t.Weekday())*24 + t.Hour()
}

// flush hands on what has been written.
func (r *run) flush() error {
	r.csv.Flush()
	if err := errors.Join(r.csv.Error(), r.out.Flush()); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

func (r *run) head() error {
	if r.o.JSON {
		return nil
	}
	if err := r.csv.Write([]string{"time", "column", "value", "score", "low", "high", "alert"}); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// row takes one row in, and writes one line for each value.
func (r *run) row(at int64, row []string) error {
	r.values = r.values[:0]
	for i, name := range r.table.names {
		f := extract.Field{Kind: extract.Null}
		if found := r.words.Fields([]byte(r.table.value(row[i+1]))); len(found) == 1 && len(found[0].Path) == 0 {
			f = found[0]
			f.Text = append([]byte(nil), f.Text...)
		}
		f.Path = []byte(name)
		r.values = append(r.values, f)
	}
	c := &r.context
	c.At, c.Hour, c.Found = at, week(at), c.Found[:0]
	for i, topic := range r.topics {
		topic.Figures(c, r.values[i*series.MostFields:min((i+1)*series.MostFields, len(r.values))])
	}
	for i, name := range r.table.names {
		field := r.topics[i/series.MostFields].Field(name)
		if err := r.write(row[0], name, row[i+1], &r.values[i], field); err != nil {
			return err
		}
	}
	return nil
}

// write says what there is to say of one value.
func (r *run) write(at, name, text string, value *extract.Field, field *series.Field) error {
	record := Record{Time: at, Column: name, State: "learning"}
	if value.Kind == extract.Number {
		record.Value = &value.Number
	}
	if field != nil {
		s := field.Summary()
		record.Type, record.Raw = s.Type, round(s.Score)
		record.Expected, record.Low, record.High = finite(s.Expected), finite(s.Low), finite(s.High)
		if s.Ready {
			record.State = "ready"
		}
		if value.Kind != extract.Null {
			record.Score = round(s.Alarm)
		}
	}
	margin := -1.
	for i := range r.context.Found {
		f := &r.context.Found[i]
		if f.Field != name || !r.begins(f) {
			continue
		}
		record.Score = max(record.Score, round(f.Score))
		margin = max(margin, f.Score-f.Threshold)
		if r.o.JSON {
			record.Findings = append(record.Findings, Finding{
				Kind: string(f.Kind), Score: round(f.Score), Threshold: round(f.Threshold), Explanation: r.book.Explain(&incident.Report{Finding: *f}),
			})
		}
	}
	switch {
	case margin >= 2:
		record.Alert = incident.Critical.String()
	case margin >= 1:
		record.Alert = incident.High.String()
	case margin >= 0:
		record.Alert = incident.Medium.String()
	}
	return r.put(&record, text)
}

// begins reports whether a finding is a new one: what lasts is found again at each value.
func (r *run) begins(f *series.Finding) bool {
	if !f.Kind.Lasts() {
		return true
	}
	key := string(f.Kind) + " " + f.Field
	before := r.lasting[key]
	switch {
	case f.Over:
		delete(r.lasting, key)
		return false
	case f.Score >= f.Threshold:
		r.lasting[key] = true
	}
	return !before
}

func (r *run) put(record *Record, text string) error {
	var err error
	if r.o.JSON {
		err = r.json.Encode(record)
	} else {
		r.line = append(r.line[:0], record.Time, record.Column, text, strconv.FormatFloat(record.Score, 'f', -1, 64), number(record.Low), number(record.High), record.Alert)
		err = r.csv.Write(r.line)
	}
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

func number(x *float64) string {
	if x == nil {
		return ""
	}
	return strconv.FormatFloat(*x, 'g', 7, 64)
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }
