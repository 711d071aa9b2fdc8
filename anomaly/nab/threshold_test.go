package nab_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/nab"
)

// What the thresholds of people are made of, whatever the labels say.
const (
	budget      = 0.1 // false alarms per series and day: the default
	leastPerDay = 288 // points a day by which a threshold is worked out at least, as anomaly/series does
)

// thresholds are the scores that each series exceeds as often as the default budget allows where nothing is the matter.
func thresholds(all []nab.Series) []float64 {
	var own []float64
	for _, s := range all {
		own = append(own, math.Log10(max(leastPerDay, s.PerDay())/budget))
	}
	return own
}

// alerted is 1 where people get an alarm with the default settings.
func alerted(b *testing.B, s *nab.Series) []float64 {
	scores := make([]float64, len(s.Values))
	for i, row := range rows(b, s) {
		if row[6] != "" {
			scores[i] = 1
		}
	}
	return scores
}

// BenchmarkFixedThreshold scores detectors at the threshold that the default budget makes of each series' own rate, which
// knows nothing of the labels, beside the one for all series that the benchmark's rules choose by them. alerts are what people
// get with the default settings, each worth the same:
//
//	standard …      the three profiles at the fixed threshold
//	standard_best … the same at the best one, best_at for the first of them
//	threshold_…     the lowest and the highest of all series
//	hits, false     windows found and points outside, at the fixed threshold; false_a_day per series
func BenchmarkFixedThreshold(b *testing.B) {
	all := read(b)
	own := thresholds(all)
	least, most, days := math.Inf(1), 0., 0.
	for i, s := range all {
		least, most = min(least, own[i]), max(most, own[i])
		days += float64(len(s.Values)-s.Probation()) / s.PerDay()
	}
	for _, c := range append(contenders(), contender{"alerts", alerted}) {
		own := own
		switch c.name {
		case "lean", "standard", "as served":
		case "alerts":
			own = slices.Repeat([]float64{1}, len(all))
		default:
			continue // the scores of controls are no probabilities
		}
		b.Run(strings.ReplaceAll(c.name, " ", "_"), func(b *testing.B) {
			scores := make([][]float64, len(all))
			for range b.N {
				for i := range all {
					scores[i] = c.scores(b, &all[i])
				}
			}
			for _, p := range nab.Profiles() {
				name := strings.ReplaceAll(p.Name, " ", "_")
				best := nab.Best(all, scores, p)
				b.ReportMetric(nab.At(all, scores, own, p).Value, name)
				b.ReportMetric(best.Value, name+"_best")
				if p.Name == "standard" {
					b.ReportMetric(best.Threshold, "best_at")
				}
			}
			fixed := nab.At(all, scores, own, nab.Profiles()[0])
			b.ReportMetric(least, "threshold_least")
			b.ReportMetric(most, "threshold_most")
			b.ReportMetric(float64(fixed.Hits), "hits")
			b.ReportMetric(float64(fixed.False), "false")
			b.ReportMetric(float64(fixed.False)/days, "false_a_day")
			b.ReportMetric(0, "ns/op")
		})
	}
}
