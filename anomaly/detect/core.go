package detect

import "math"

// Result is what a detector says of one point.
type Result struct {
	Score    float64 // -log10 of a probability, not lowered by anything; 0 for what is common
	Alarm    float64 // Score after fatigue, and 0 for what only repeats the last alarm: what is compared with a threshold
	Why      Part    // whose score it is
	Expected float64 // by that part; where none found anything, the level
	Spread   float64 // the usual distance from it
}

const (
	warmUp = 20 // points before the first score

	levelMemory = 6000 // points that the level remembers
	clip        = 3    // a point moves the level by at most as many mean deviations
	fastMemory  = 10
	slowMemory  = 200

	recordFrom  = 30  // points before a record means something
	recordScore = 4.3 // of a record that exceeds the range by its own width
	recordSlope = 0.4 // for each power of ten more or less

	// How much rarer than by its distance from the level alone a value is that lies outside of the range, as a score: by the range's own
	// width, and for each power of ten more or less. A record is scored by what is set and by what follows from the series, so
	// that neither has to be right.
	outsideScore = 0.8
	outsideSlope = 0.25
)

// core is what both detectors have. All values are relative to the first one, so that float32 suffices.
type core struct {
	base       float64 // the first value
	n          uint32
	level      float32
	off        float32 // mean distance from the level
	fast, slow float32
	low, high  float32
	hush       hush
	onLevel    tail
	onDrift    tail
}

// widest bounds what a value is off the first one, so that sums and differences of float32 stay finite.
const widest = 1e37

// relative takes a value in the core's terms; the first one makes them.
func (c *core) relative(x float64) float32 {
	if c.n == 0 {
		c.base = x
	}
	return float32(max(-widest, min(widest, x-c.base)))
}

// finding is a part's say on a value, as a probability: the smallest of several counts.
type finding struct {
	rarity           float64
	why              Part
	asked            float64 // how many parts have been asked
	expected, spread float32 // in the core's terms
}

// unless keeps the one that is rarer.
func (f *finding) unless(rarity float64, why Part, expected, spread float32) {
	f.asked++
	if rarity < f.rarity {
		f.rarity, f.why, f.expected, f.spread = rarity, why, expected, spread
	}
}

// result is what people get.
func (c *core) result(f finding) Result {
	r := Result{Why: f.why, Expected: c.base + float64(f.expected), Spread: float64(f.spread)}
	// Whoever asks several finds something rare the more often (Bonferroni).
	if rarity := f.rarity * max(1, f.asked); rarity < 1 {
		r.Score = -math.Log10(max(rarity, leastRarity))
	}
	r.Alarm = c.hush.alarm(r.Score, c.n)
	return r
}

// leastRarity bounds what a model can claim to know.
const leastRarity = 1e-30

// look scores a value by what was learned before.
func (c *core) look(v float32) finding {
	f := finding{rarity: 1, expected: c.level, spread: c.off}
	if c.n < warmUp {
		return f
	}
	excess := max(c.low-v, v-c.high)
	record := c.n >= recordFrom && excess > 0
	onLevel := c.onLevel.rarity(math.Abs(float64(v - c.level)))
	if record {
		onLevel *= c.outside(float64(excess))
	}
	f.unless(onLevel, Level, c.level, c.off)
	fast := c.fast + (v-c.fast)*(1./fastMemory)
	slow := c.slow + (v-c.slow)*(1./slowMemory)
	f.unless(c.onDrift.rarity(math.Abs(float64(fast-slow))), Drift, c.slow, c.off)
	if record {
		width := c.high - c.low
		nearest, score := c.high, recordScore
		if v < c.low {
			nearest = c.low
		}
		if width > 0 {
			score += recordSlope * math.Log10(float64(excess/width))
		}
		f.unless(math.Pow(10, -score), Record, nearest, width)
	}
	return f
}

// outside is by how much rarer a value is that exceeds the range by so much, as a factor of at most 1.
func (c *core) outside(excess float64) float64 {
	width := float64(c.high - c.low)
	if width <= 0 || excess <= 0 {
		return 1
	}
	return min(1, math.Pow(10, -outsideScore-outsideSlope*math.Log10(excess/width)))
}

// learn takes a value in; usual says whether its distance from the level may be expected from now on.
func (c *core) learn(v float32, usual bool) {
	if c.n == 0 {
		c.low, c.high = v, v
		c.level, c.fast, c.slow = v, v, v
		c.n = 1
		return
	}
	c.n = min(c.n, math.MaxUint32-1) + 1
	off := v - c.level
	distance := float32(math.Abs(float64(off)))
	if c.n > warmUp/2 && usual {
		c.onLevel.add(float64(distance))
	}
	share := 1 / float32(min(c.n, levelMemory))
	if reach := clip * c.off; c.n > warmUp && reach > 0 {
		off = max(-reach, min(reach, off))
		distance = min(distance, reach)
	}
	c.level += share * off
	c.off += share * (distance - c.off)

	if c.n < slowMemory {
		c.fast += (v - c.fast) / float32(min(c.n, fastMemory))
		c.slow += (v - c.slow) / float32(c.n)
	} else {
		c.fast += (v - c.fast) * (1. / fastMemory)
		c.slow += (v - c.slow) * (1. / slowMemory)
	}
	if c.n > warmUp/2 {
		c.onDrift.add(math.Abs(float64(c.fast - c.slow)))
	}
	c.low, c.high = min(c.low, v), max(c.high, v)
}

// pause lets the short means begin anew at the level.
func (c *core) pause() { c.fast, c.slow = c.level, c.level }
