package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

// TestNoTrendIsFoundWhereNoneIs counts alarms on the processes with which nothing is the matter, at one alarm in ten days.
func TestNoTrendIsFoundWhereNoneIs(t *testing.T) {
	threshold := nulls.Threshold(nulls.TrendsPerDay, 0.1)
	for name, process := range nulls.Series() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := nulls.Trend(process, 20, 30_000, threshold)
			t.Logf("%s: %.4f a day", name, count.PerDay(0))
			within(t, count, 0, 0.15)
		})
	}
}

// TestWhatGoesAwaySlowlyIsFound plays four weeks of a series with a day, one value a minute, of which the last one is strange.
func TestWhatGoesAwaySlowlyIsFound(t *testing.T) {
	const dayOf, begin, end = 1440, 21 * 1440, 28 * 1440
	for name, c := range map[string]struct {
		strange func(i int) float64 // what is added, in points since it began
		within  int                 // points; 0: never
	}{
		"nothing":                       {func(int) float64 { return 0 }, 0},
		"a drift over a week":           {func(i int) float64 { return 12 * float64(i) / (7 * dayOf) }, 6 * dayOf},
		"a drift over a day":            {func(i int) float64 { return min(12, 12*float64(i)/dayOf) }, dayOf},
		"a step":                        {func(int) float64 { return 5 }, 10 * 60},
		"one hour that is far away":     {func(i int) float64 { return 20 * b2f(i >= 600 && i < 660) }, 0},
		"a little beside, within a day": {func(int) float64 { return 0.5 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			threshold := nulls.Threshold(nulls.TrendsPerDay, 0.1)
			r := rand.New(rand.NewPCG(3, 9))
			var d detect.Trend
			found := 0
			for i := range end {
				x := 20 + 2*math.Sin(2*math.Pi*float64(i)/dayOf) + r.NormFloat64()
				if i >= begin {
					x += c.strange(i - begin)
				}
				got, mean, done := d.Add(x, int64(i)*60_000)
				if !done || got.Alarm < threshold || found > 0 {
					continue
				}
				t.Logf("after %d minutes: %+v, mean %.2f", i-begin, got, mean)
				if found = i - begin; found < 0 {
					t.Fatal("nothing was the matter yet")
				}
			}
			if (found > 0) != (c.within > 0) || found > c.within {
				t.Errorf("found after %d minutes, not within %d", found, c.within)
			}
		})
	}
}

// TestHoursWithFewValuesAreNone has a series pause, and come back with a single value.
func TestHoursWithFewValuesAreNone(t *testing.T) {
	var d detect.Trend
	add := func(minute int, x float64) bool {
		_, _, done := d.Add(x, int64(minute)*60_000)
		return done
	}
	hours := 0
	for i := range 60 * 60 {
		if add(i, 20) {
			hours++
		}
	}
	if hours != 59 {
		t.Fatalf("%d hours of sixty have ended", hours)
	}
	if add(61*60+59, 90) {
		t.Error("an hour ends that was followed by a pause")
	}
	if add(62*60, 20) {
		t.Error("a single value is an hour")
	}
}
