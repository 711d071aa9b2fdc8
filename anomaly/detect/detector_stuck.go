package detect

import "math"

// Stuck tells when a series repeats one value for longer than it usually does, as a broken sensor does. It learns how many
// points in a row usually are equal, in about 130 bytes. What is on or off for hours has long runs, and what changes with
// every point has none: each is judged by its own. The zero value is ready.
type Stuck struct {
	runs   tail // their lengths in points
	value  float64
	n      uint32 // runs that have ended
	length uint32 // points of the present run, 0 before the first
}

const (
	stuckRuns   = 20 // runs before the first score
	stuckLength = 10 // points of a run before it can be one that is stuck
	stuckAlarm  = 5  // a run from this score on teaches less than its length
	// What is quiet every night is to be found a few nights and not for a month, so a run that is an alarm teaches that
	// twice as long as what would have been one is possible.
	stuckClip = 2
)

// Add takes a value in, which must be a number, and scores the run that it belongs to: 0 until twenty runs have ended and
// while the run has fewer than ten points. Expected is how long the longest in a hundred runs usually are, Spread the length of
// the present one, both in points.
func (d *Stuck) Add(x float64) Result {
	if d.length > 0 && x == d.value {
		d.length = min(d.length, math.MaxUint32-1) + 1
	} else {
		d.learn()
		d.value, d.length = x, 1
	}
	r := Result{Spread: float64(d.length)}
	if d.n < stuckRuns || d.length < stuckLength {
		return r
	}
	if rarity := d.runs.careful(float64(d.length)); rarity < 1 {
		r.Score = -math.Log10(max(rarity, leastRarity))
		r.Alarm, r.Why = r.Score, Flat
	}
	r.Expected = d.runs.quantile(0.99)
	return r
}

// Rest ends the present run without learning it, for a value at which a series may stay for as long as it likes.
func (d *Stuck) Rest() { d.length = 0 }

// Length is how many points the present run has.
func (d *Stuck) Length() int { return int(d.length) }

// Runs is how many have ended.
func (d *Stuck) Runs() int { return int(d.n) }

// learn takes in the run that ends.
func (d *Stuck) learn() {
	if d.length == 0 {
		return
	}
	length := float64(d.length)
	if d.n >= stuckRuns && length > stuckClip*stuckLength { // less is never clipped
		// What nothing is known of is not clipped: then that is infinite.
		length = min(length, stuckClip*max(stuckLength, d.runs.carefulBeyond(math.Pow(10, -stuckAlarm))))
	}
	d.runs.addCarefully(length)
	d.n = min(d.n, math.MaxUint32-1) + 1
}
