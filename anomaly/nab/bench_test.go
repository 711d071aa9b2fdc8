package nab_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/csvfile"
	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nab"
)

// contender is a detector as the benchmark sees it: one score a point, in order. It is given no more of a series than its
// points.
type contender struct {
	name   string
	scores func(b *testing.B, s *nab.Series) []float64
}

func contenders() []contender {
	return []contender{
		{"null", pointwise(func() func(int, float64, int) float64 { return func(int, float64, int) float64 { return 0 } })},
		{"blind timer 300", timer(300)},
		{"blind timer 400", timer(400)},
		{"blind timer 600", timer(600)},
		{"3 sigma over 1 h", func(_ *testing.B, s *nab.Series) []float64 { return sigmas(s, 3600) }},
		{"lean", pointwise(func() func(int, float64, int) float64 {
			var d detect.Lean
			return func(_ int, v float64, _ int) float64 { return d.Add(v).Alarm }
		})},
		{"standard", pointwise(func() func(int, float64, int) float64 {
			var d detect.Standard
			return func(_ int, v float64, hour int) float64 { return d.Add(v, hour).Alarm }
		})},
		{"as served", served},
	}
}

// pointwise makes a contender of what scores a point by its number, its value and its hour of the week.
func pointwise(fresh func() func(i int, value float64, hour int) float64) func(*testing.B, *nab.Series) []float64 {
	return func(_ *testing.B, s *nab.Series) []float64 {
		add := fresh()
		scores := make([]float64, len(s.Values))
		for i, v := range s.Values {
			scores[i] = add(i, v, hour(s.Times[i]))
		}
		return scores
	}
}

// hour is the hour of the week of seconds since 1970, which began on a Thursday.
func hour(at int64) int { return int((at/3600 + 4*24) % 168) }

// timer alarms whatever comes.
func timer(every int) func(*testing.B, *nab.Series) []float64 {
	return pointwise(func() func(int, float64, int) float64 {
		return func(i int, _ float64, _ int) float64 {
			if i > 0 && i%every == 0 {
				return 1
			}
			return 0
		}
	})
}

// sigmas is how many standard deviations a point is from the mean of the points in so many seconds before it.
func sigmas(s *nab.Series, seconds int64) []float64 {
	scores := make([]float64, len(s.Values))
	from := 0
	for i, v := range s.Values {
		for from < i && s.Times[from] < s.Times[i]-seconds {
			from++
		}
		var n, sum, squares float64
		for _, x := range s.Values[from:i] {
			n, sum, squares = n+1, sum+x, squares+x*x
		}
		if spread := math.Sqrt(max(0, squares/n-sum/n*sum/n)); n > 2 && spread > 0 {
			scores[i] = math.Abs(v-sum/n) / spread
		}
	}
	return scores
}

// served is what people get: everything that looks at a number in the program, with the fatigue and the rules around it, as
// bunkerm detect writes it.
func served(b *testing.B, s *nab.Series) []float64 {
	scores := make([]float64, len(s.Values))
	for i, row := range rows(b, s, defaultBudget) {
		var err error
		if scores[i], err = strconv.ParseFloat(row[3], 64); err != nil {
			b.Fatal(err)
		}
	}
	return scores
}

// rows are what bunkerm detect writes of a series with a budget, a row for each point.
func rows(b *testing.B, s *nab.Series, budget float64) [][]string {
	var in, out bytes.Buffer
	in.WriteString("time,value\n")
	for i, v := range s.Values {
		in.WriteString(strconv.FormatInt(s.Times[i], 10) + "," + strconv.FormatFloat(v, 'g', -1, 64) + "\n")
	}
	if err := csvfile.Run(&in, &out, csvfile.Options{Budget: budget}); err != nil {
		b.Fatal(err)
	}
	all, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(all) != len(s.Values)+1 {
		b.Fatalf("%s: %d rows for %d values, %v", s.Name, len(all), len(s.Values), err)
	}
	return all[1:]
}

// BenchmarkNothingLabelled counts the alarms that people get with the default settings on the files without a window.
func BenchmarkNothingLabelled(b *testing.B) {
	for range b.N {
		files, alarms, days := 0, 0, 0.
		for _, s := range read(b) {
			if len(s.Windows) > 0 {
				continue
			}
			files++
			days += float64(s.Times[len(s.Times)-1]-s.Times[0]) / (24 * 3600)
			for _, row := range rows(b, &s, defaultBudget) {
				if row[6] != "" {
					alarms++
					b.Logf("%s: %s", s.Name, row)
				}
			}
		}
		b.ReportMetric(float64(files), "files")
		b.ReportMetric(days, "days")
		b.ReportMetric(float64(alarms), "alarms")
	}
	b.ReportMetric(0, "ns/op")
}

// read reads the benchmark from the folder that BUNKERM_NAB names.
func read(b *testing.B) []nab.Series {
	b.Helper()
	dir := os.Getenv("BUNKERM_NAB")
	if dir == "" {
		b.Fatal("BUNKERM_NAB does not name the folder of the Numenta Anomaly Benchmark's data")
	}
	all, err := nab.Read(dir)
	if err != nil {
		b.Fatal(err)
	}
	return all
}

// BenchmarkNAB runs the detectors and the controls over the benchmark's series.
func BenchmarkNAB(b *testing.B) {
	all := read(b)
	points := 0
	for _, s := range all {
		points += len(s.Values)
	}
	for _, c := range contenders() {
		b.Run(strings.ReplaceAll(c.name, " ", "_"), func(b *testing.B) {
			var scores [][]float64
			var took time.Duration
			for range b.N {
				scores = scores[:0]
				begun := time.Now()
				for i := range all {
					scores = append(scores, c.scores(b, &all[i]))
				}
				took += time.Since(begun)
			}
			b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*points), "ns/point")
			b.ReportMetric(0, "ns/op")
			for _, p := range nab.Profiles() {
				b.ReportMetric(nab.Best(all, scores, p).Value, strings.ReplaceAll(p.Name, " ", "_"))
			}
		})
	}
}
