package series

import "math"

const (
	secondMs = 1000
	hourMs   = 3600 * secondMs
	dayMs    = 24 * hourMs

	rateMemory = 200 // gaps that the mean gap remembers
	longGap    = 10  // mean gaps from which on sampling has paused
)

// rate knows how often something comes.
type rate struct {
	last int64   // when it came last; 0: never
	mean float32 // gap in milliseconds
	n    uint16  // gaps, up to rateMemory
}

// take takes an arrival in, and reports whether it comes after a pause. A clock that goes back is no gap.
func (r *rate) take(at int64) (paused bool) {
	if r.last != 0 && at > r.last {
		gap := float32(at - r.last)
		paused = r.n >= 10 && gap > longGap*r.mean
		r.n = min(r.n+1, rateMemory)
		if !paused {
			r.mean += (gap - r.mean) / float32(r.n)
		}
	}
	r.last = at
	return paused
}

// perDay is how many come in a day.
func (r *rate) perDay() float64 {
	if r.mean <= 0 {
		return dayMs / secondMs
	}
	return dayMs / float64(r.mean)
}

// leastPerDay is the rate from which on a threshold is worked out: something that comes less often would be an alarm at
// probabilities that no one finds remarkable.
const leastPerDay = 288

// threshold is the score that is exceeded budget times a day where nothing is the matter: log10(points a day / budget).
func (r *rate) threshold(c *Context, said verdicts) float64 {
	return math.Log10(max(leastPerDay, r.perDay())/c.Budget) + said.offset(c.At)
}
