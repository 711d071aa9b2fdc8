package nulls

import (
	"math"
	"math/rand/v2"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// Silence counts the gaps at which detect.Silence reaches the score 5, and those at which it reaches what stands for one alarm
// in ten days at the rate of arrivals so far; and says how many arrivals came a day.
func Silence(process Gaps, series, days int) (c Count, arrivals float64) {
	c = Count{Days: float64(series * days), Alarms: make([]int, 2)}
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 11)))
		var d detect.Silence
		for at := Monday; at < Monday+int64(days)*day; {
			d.Arrive(at, Week)
			arrivals++
			then := at + next(at)
			perDay := float64(d.Points()) * float64(day) / float64(at-Monday+hour)
			for i, score := range []float64{5, Threshold(max(1, perDay), 0.1)} {
				if by, ok := d.Deadline(score, Week); ok && by < then {
					c.Alarms[i]++
				}
			}
			at = then
		}
	}
	return c, arrivals / float64(series*days)
}

// Dead is after how many seconds without an arrival it is found that a process has ended, in the mean of the series: at the score
// 5, and at the one that stands for one alarm in ten days. It ends after so many milliseconds. A mean is infinite where one of the
// series is never found.
func Dead(process Gaps, series int, after int64) (atFive, atBudget float64) {
	for s := range series {
		next := process(rand.New(rand.NewPCG(uint64(s), 11)))
		var d detect.Silence
		for at := Monday; at < Monday+after; at += next(at) {
			d.Arrive(at, Week)
		}
		found := func(score float64) float64 {
			by, ok := d.Deadline(score, Week)
			if !ok {
				return math.Inf(1)
			}
			return float64(by-d.Last()) / 1000 / float64(series)
		}
		atFive += found(5)
		atBudget += found(Threshold(max(1, float64(d.Points())*float64(day)/float64(after)), 0.1))
	}
	return atFive, atBudget
}
