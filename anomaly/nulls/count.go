package nulls

import (
	"math"
	"math/rand/v2"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// Count is how many alarms there were.
type Count struct {
	Days   float64 // over all series
	Alarms []int   // for each threshold
}

// PerDay is how many alarms a series has a day at the threshold of that number.
func (c Count) PerDay(threshold int) float64 { return float64(c.Alarms[threshold]) / c.Days }

// Threshold is the score that stands for so many alarms a day of so many points.
func Threshold(pointsPerDay, alarmsPerDay float64) float64 {
	return math.Log10(pointsPerDay / alarmsPerDay)
}

const minutesPerDay = 1440

// TrendsPerDay is how often a day detect.Trend looks at something: each hour, and each day that ends with it.
const TrendsPerDay = 48

// over counts the scores that reach thresholds.
func (c *Count) over(score float64, thresholds []float64) {
	for i, threshold := range thresholds {
		if score >= threshold {
			c.Alarms[i]++
		}
	}
}

// Standard counts the alarms of detect.Standard.
func Standard(process Values, series, points int, thresholds ...float64) Count {
	c := Count{Days: float64(series*(points-200)) / minutesPerDay, Alarms: make([]int, len(thresholds))}
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 7)))
		var d detect.Standard
		for i := range points {
			c.over(d.Add(next(i), i/60).Alarm, thresholds)
		}
	}
	return c
}

// Trend counts the hours at which detect.Trend begins to reach thresholds: what lasts is one alarm.
func Trend(process Values, series, points int, thresholds ...float64) Count {
	c := Count{Days: float64(series*(points-7*minutesPerDay)) / minutesPerDay, Alarms: make([]int, len(thresholds))}
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 8)))
		var d detect.Trend
		before := 0.0
		for i := range points {
			got, _, done := d.Add(next(i), int64(i)*60_000)
			if !done {
				continue
			}
			for i, threshold := range thresholds {
				if got.Alarm >= threshold && before < threshold {
					c.Alarms[i]++
				}
			}
			before = got.Alarm
		}
	}
	return c
}

// Stuck counts the runs at which detect.Stuck reaches thresholds.
func Stuck(process Values, series, points int, thresholds ...float64) Count {
	c := Count{Days: float64(series*points) / minutesPerDay, Alarms: make([]int, len(thresholds))}
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 13)))
		var d detect.Stuck
		most := 0.0
		for i := range points {
			got := d.Add(next(i)).Score
			if d.Length() == 1 {
				c.over(most, thresholds)
				most = 0
			}
			most = max(most, got)
		}
		c.over(most, thresholds)
	}
	return c
}

// Shape counts the alarms of detect.Shape.
func Shape(process Values, series, points int, thresholds ...float64) Count {
	c := Count{Days: float64(series*points) / minutesPerDay, Alarms: make([]int, len(thresholds))}
	for s := range series {
		next, d := process(rand.New(rand.NewPCG(uint64(s), 16))), detect.NewShape()
		for i := range points {
			c.over(d.Add(next(i)).Alarm, thresholds)
		}
	}
	return c
}

// Joint counts the alarms of detect.Joint.
func Joint(process Fields, series, points int, thresholds ...float64) Count {
	c := Count{Days: float64(series*points) / minutesPerDay, Alarms: make([]int, len(thresholds))}
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 18)))
		d := detect.NewJoint(len(next(0)))
		for i := range points {
			got, _ := d.Add(next(i))
			c.over(got.Alarm, thresholds)
		}
	}
	return c
}

// Burst counts the cells of detect.Burst that reach thresholds.
func Burst(process Counts, series, days int, thresholds ...float64) Count {
	c := Count{Days: float64(series * days), Alarms: make([]int, len(thresholds))}
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 14)))
		var d detect.Burst
		for i := range days * cellsPerDay {
			c.over(d.Add(next(i)).Score, thresholds)
		}
	}
	return c
}

const cellsPerDay = 8640

// States counts the changes and the dwells of detect.States that reach thresholds. A dwell counts once.
func States(process Few, series, points int, thresholds ...float64) (changes, dwells Count) {
	changes = Count{Days: float64(series*points) / minutesPerDay, Alarms: make([]int, len(thresholds))}
	dwells = Count{Days: changes.Days, Alarms: make([]int, len(thresholds))}
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 15)))
		var d detect.States
		most, before := 0.0, uint64(0)
		for i := range points {
			at := int64(i) * 60_000
			most = max(most, d.Dwell(at).Score)
			state := next(i)
			got, _ := d.Add(state, at)
			changes.over(got.Score, thresholds)
			if state != before {
				dwells.over(most, thresholds)
				most = 0
			}
			before = state
		}
	}
	return changes, dwells
}
