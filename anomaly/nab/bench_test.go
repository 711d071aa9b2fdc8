package nab_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nab"
)

// contender is a detector as the benchmark sees it: one score a point, in order.
type contender struct {
	name string
	make func() func(i int, value float64, hour int) float64
}

func contenders() []contender {
	timer := func(every int) func() func(int, float64, int) float64 {
		return func() func(int, float64, int) float64 {
			return func(i int, _ float64, _ int) float64 {
				if i > 0 && i%every == 0 {
					return 1
				}
				return 0
			}
		}
	}
	return []contender{
		{"null", func() func(int, float64, int) float64 { return func(int, float64, int) float64 { return 0 } }},
		{"blind timer 300", timer(300)},
		{"blind timer 400", timer(400)},
		{"blind timer 600", timer(600)},
		{"lean", func() func(int, float64, int) float64 {
			var d detect.Lean
			return func(_ int, v float64, _ int) float64 { return d.Add(v).Alarm }
		}},
		{"standard", func() func(int, float64, int) float64 {
			var d detect.Standard
			return func(_ int, v float64, hour int) float64 { return d.Add(v, hour).Alarm }
		}},
	}
}

// BenchmarkNAB runs the detectors over the benchmark's series, in the folder that BUNKERM_NAB names.
func BenchmarkNAB(b *testing.B) {
	dir := os.Getenv("BUNKERM_NAB")
	if dir == "" {
		b.Fatal("BUNKERM_NAB does not name the folder of the Numenta Anomaly Benchmark's data")
	}
	all, err := nab.Read(dir)
	if err != nil {
		b.Fatal(err)
	}
	hours := make([][]int, len(all))
	points := 0
	for i, s := range all {
		for _, at := range s.Times {
			when := time.Unix(at, 0).UTC()
			hours[i] = append(hours[i], int(when.Weekday())*24+when.Hour())
		}
		points += len(s.Values)
	}
	for _, c := range contenders() {
		b.Run(strings.ReplaceAll(c.name, " ", "_"), func(b *testing.B) {
			var scores [][]float64
			for range b.N {
				scores = scores[:0]
				for i, s := range all {
					add := c.make()
					of := make([]float64, len(s.Values))
					for j, v := range s.Values {
						of[j] = add(j, v, hours[i][j])
					}
					scores = append(scores, of)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*points), "ns/point")
			b.ReportMetric(0, "ns/op")
			for _, p := range nab.Profiles() {
				b.ReportMetric(nab.Best(all, scores, p).Value, strings.ReplaceAll(p.Name, " ", "_"))
			}
		})
	}
}
