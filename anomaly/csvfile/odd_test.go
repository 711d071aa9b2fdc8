package csvfile_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/csvfile"
)

// run is what is written of a file, without its header.
func run(t *testing.T, text string) [][]string {
	t.Helper()
	var out bytes.Buffer
	if err := csvfile.Run(strings.NewReader(text), &out, csvfile.Options{}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[1:]
}

// TestTheSameFileInOtherForms: what spreadsheets and other programs write is read as what it means.
func TestTheSameFileInOtherForms(t *testing.T) {
	plain := func(stamp string) string {
		return file(func(i int) string { return fmt.Sprint(1_700_000_000+60*i) + stamp })
	}
	scores := func(text string) (all []string) {
		for _, row := range run(t, text) {
			all = append(all, row[1]+" "+row[3]+" "+row[6])
		}
		return all
	}
	want := scores(plain(""))
	for name, text := range map[string]string{
		"lines end as on Windows":      strings.ReplaceAll(plain(""), "\n", "\r\n"),
		"a byte order mark and quotes": "\ufeff" + strings.Replace(plain(""), "when,temperature", `"when","temperature"`, 1),
		"semicolons, decimal commas":   strings.NewReplacer(",", ";", ".", ",").Replace(plain("")),
		"tabs":                         strings.ReplaceAll(plain(""), ",", "\t"),
		"milliseconds":                 plain("000"),
		"microseconds":                 plain("000000"),
		"nanoseconds":                  plain("000000000"),
		"an empty first line":          "\n" + plain(""),
	} {
		if got := scores(text); !slices.Equal(got, want) {
			t.Errorf("%s: the scores are others", name)
		}
	}
}

// TestAFirstLineThatIsARow: who has no header loses no row.
func TestAFirstLineThatIsARow(t *testing.T) {
	rows := run(t, "1700000000,1,\n1700000060,2,3\n")
	if len(rows) != 4 || rows[0][1] != "column 2" || rows[0][2] != "1" || rows[3][1] != "column 3" || rows[3][2] != "3" {
		t.Errorf("%q", rows)
	}
	if rows := run(t, "2026,v\n1700000060,2\n"); len(rows) != 1 || rows[0][1] != "v" {
		t.Errorf("a header that begins with a number: %q", rows)
	}
}

// TestEachColumnIsASeriesOfItsOwn, whatever it is called and however many there are.
func TestEachColumnIsASeriesOfItsOwn(t *testing.T) {
	const columns, length, strange = 150, 400, 300
	names := make([]string, columns)
	for i := range names {
		names[i] = "v" // all alike
	}
	var text strings.Builder
	text.WriteString("time," + strings.Join(names, ",") + "\n")
	r := rand.New(rand.NewPCG(1, 2))
	for at := range length {
		fmt.Fprint(&text, 1_700_000_000+60*at)
		for i := range columns {
			x := float64(1000*i) + r.NormFloat64()
			if at == strange {
				x += 100
			}
			fmt.Fprintf(&text, ",%.2f", x)
		}
		text.WriteByte('\n')
	}
	called, alarms := map[string]bool{}, 0
	for i, row := range run(t, text.String()) {
		called[row[1]] = true
		if row[6] != "" && i/columns == strange {
			alarms++
		}
	}
	if len(called) != columns || alarms != columns {
		t.Errorf("%d columns, of which %d alarm", len(called), alarms)
	}
}

// TestRowsAreReadAsTheyCome: a program that writes a row now and then sees at once what is said of it.
func TestRowsAreReadAsTheyCome(t *testing.T) {
	from, in := io.Pipe()
	back, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := csvfile.Run(from, out, csvfile.Options{})
		_ = out.Close()
		done <- err
	}()
	answers := csv.NewReader(back)
	for i, line := range []string{"time,v\n", "1,1\n", "2,5\n"} {
		if _, err := io.WriteString(in, line); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			continue // the header comes with the first row
		}
		if i == 1 {
			if _, err := answers.Read(); err != nil {
				t.Fatal(err)
			}
		}
		if row, err := answers.Read(); err != nil || row[0] != line[:1] {
			t.Fatalf("%q, %v", row, err)
		}
	}
	_ = in.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
