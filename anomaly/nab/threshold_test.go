package nab_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/nab"
)

// What the thresholds of people are made of, whatever the labels say.
const (
	defaultBudget = 0.1 // false alarms per series and day
	highBudget    = 0.5 // the same with the sensitivity set to high
	leastPerDay   = 288 // points a day by which a threshold is worked out at least, as anomaly/series does
)

// thresholds are the scores that each series exceeds budget times a day where nothing is the matter.
func thresholds(all []nab.Series, budget float64) []float64 {
	var own []float64
	for _, s := range all {
		own = append(own, math.Log10(max(leastPerDay, s.PerDay())/budget))
	}
	return own
}

// alerts is a contender that alarms where people get an alarm with that budget. A threshold beside that has no meaning, so all
// of them are as high as can be.
func alerts(budget float64) contender {
	return contender{"alerts", func(b *testing.B, s *nab.Series) []float64 {
		scores := make([]float64, len(s.Values))
		for i, row := range rows(b, s, budget) {
			if row[6] != "" {
				scores[i] = math.Inf(1)
			}
		}
		return scores
	}}
}

// BenchmarkFixedThreshold scores detectors at the thresholds that a budget makes of each series' own rate, which know nothing of
// the labels, beside the one for all series that the benchmark's rules choose by them. alerts are what people get, each of
// them worth the same.
//
//	standard …      the three profiles at the fixed thresholds
//	standard_best   the first of them at the best threshold; best_at is that one
//	threshold       the fixed one, as the mean over all series
//	hits, false     windows found, and points outside, at the fixed thresholds; false_a_day the latter per series and day
func BenchmarkFixedThreshold(b *testing.B) {
	all := read(b)
	days := 0.
	for _, s := range all {
		days += float64(len(s.Values)-s.Probation()) / s.PerDay()
	}
	for _, budget := range []float64{defaultBudget, highBudget} {
		own := thresholds(all, budget)
		for _, c := range append(contenders(), alerts(budget)) {
			if c.name != "standard" && c.name != "as served" && c.name != "alerts" {
				continue // the scores of controls are no probabilities
			}
			b.Run(fmt.Sprintf("%s, %v a day", c.name, budget), func(b *testing.B) {
				scores := make([][]float64, len(all))
				for range b.N {
					for i := range all {
						scores[i] = c.scores(b, &all[i])
					}
				}
				for _, p := range nab.Profiles() {
					b.ReportMetric(nab.At(all, scores, own, p).Value, strings.ReplaceAll(p.Name, " ", "_"))
				}
				fixed := nab.At(all, scores, own, nab.Profiles()[0])
				if best := nab.Best(all, scores, nab.Profiles()[0]); c.name != "alerts" {
					b.ReportMetric(best.Value, "standard_best")
					b.ReportMetric(best.Threshold, "best_at")
				}
				b.ReportMetric(mean(own), "threshold")
				b.ReportMetric(float64(fixed.Hits), "hits")
				b.ReportMetric(float64(fixed.False), "false")
				b.ReportMetric(float64(fixed.False)/days, "false_a_day")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
