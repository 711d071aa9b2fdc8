package csvfile_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/csvfile"
)

// file is two columns of which one has a spike, in the given form of time.
func file(stamp func(i int) string) string {
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString("when,temperature,state\n")
	for i := range 2000 {
		x := 20 + r.NormFloat64()
		if i == 1500 {
			x = 60
		}
		fmt.Fprintf(&b, "%s,%.2f,%s\n", stamp(i), x, []string{"on", "off"}[i/50%2])
	}
	return b.String()
}

func TestAFileOfOnesOwn(t *testing.T) {
	for name, stamp := range map[string]func(i int) string{
		"seconds":  func(i int) string { return fmt.Sprint(1_700_000_000 + 60*i) },
		"RFC 3339": func(i int) string { return fmt.Sprintf("2026-03-%02dT%02d:%02d:00Z", 1+i/1440, i/60%24, i%60) },
		"plain":    func(i int) string { return fmt.Sprintf("2026-03-%02d %02d:%02d:00", 1+i/1440, i/60%24, i%60) },
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := csvfile.Run(strings.NewReader(file(stamp)), &out, csvfile.Options{}); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(rows[0], ","); got != "time,column,value,score,low,high,alert" {
				t.Errorf("the header is %s", got)
			}
			if len(rows) != 1+2*2000 {
				t.Fatalf("%d rows", len(rows))
			}
			for i, row := range rows[1:] {
				if alert := row[6] != ""; alert != (i == 2*1500) {
					t.Errorf("row %d: %q", i, row)
				}
			}
			if spike := rows[1+2*1500]; spike[1] != "temperature" || spike[2] != "60.00" || spike[6] != "critical" {
				t.Errorf("the spike: %q", spike)
			}
		})
	}
}

func TestMoreThanTheTable(t *testing.T) {
	var out strings.Builder
	if err := csvfile.Run(strings.NewReader(file(func(i int) string { return fmt.Sprint(60 * i) })), &out, csvfile.Options{JSON: true, Deep: true}); err != nil {
		t.Fatal(err)
	}
	alerts := 0
	for line := range strings.Lines(out.String()) {
		var r csvfile.Record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Alert != "" {
			alerts++
			if r.Column != "temperature" || len(r.Findings) == 0 || r.Findings[0].Explanation == "" {
				t.Errorf("%s", line)
			}
		}
	}
	if alerts != 1 {
		t.Errorf("%d alerts", alerts)
	}
}

func TestAFileThatIsNone(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"empty":          {"", "empty"},
		"one column":     {"time\n1\n", "no column of values"},
		"no time":        {"t,v\nyesterday,1\n", "line 2"},
		"a short row":    {"t,v\n1,2\n3\n", "wrong number of fields"},
		"a quote open":   {"t,v\n1,\"2\n", "quote"},
		"time too large": {"t,v\n1e300,2\n", "no time"},
	} {
		var out strings.Builder
		if err := csvfile.Run(strings.NewReader(c.text), &out, csvfile.Options{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRun holds that no file makes it panic, and that each value has its row.
func FuzzRun(f *testing.F) {
	f.Add("t,a,b\n1,2,x\n2,,NaN\n2,1e999,-0\n1,5,5\n")
	f.Add(file(func(i int) string { return fmt.Sprint(i) })[:2000])
	f.Add("1;2,5;x\n2;,5;\n")
	f.Fuzz(func(t *testing.T, text string) {
		var out strings.Builder
		if csvfile.Run(strings.NewReader(text), &out, csvfile.Options{}) != nil {
			return
		}
		rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(rows) == 0 {
			t.Fatalf("%d rows: %v", len(rows), err)
		}
		if first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n"); strings.Contains(first, ",") && !strings.HasPrefix(text, "\ufeff") {
			in, _ := csv.NewReader(strings.NewReader(text)).ReadAll()
			// A first line that is a row already has its answers, too.
			if columns := len(in[0]) - 1; len(rows)-1 != (len(in)-1)*columns && len(rows)-1 != len(in)*columns {
				t.Errorf("%d rows of %d", len(rows), len(in))
			}
		}
	})
}

// BenchmarkRun is how fast a file goes through, a value at a time.
func BenchmarkRun(b *testing.B) {
	text := file(func(i int) string { return fmt.Sprint(60 * i) })
	for range b.N {
		var out strings.Builder
		if err := csvfile.Run(strings.NewReader(text), &out, csvfile.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(math.Round(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4000), "ns/value")
}
