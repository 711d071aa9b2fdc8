package detect

import "math"

// Shape tells when a curve goes as it never went: each single value may be usual. It compares the last 16 and the last 64
// points with all windows as long among the last 2048, and scores how far the nearest is (the left matrix profile; Yeh et al.,
// "Matrix Profile I", ICDM 2016), by Euclidean distance without normalisation, because the height of a curve matters. It takes
// 26 KB and some microseconds a point, which is for series that somebody has chosen.
type Shape struct {
	base        float64 // the first value
	n           uint32
	level       float32 // mean, relative to base
	off         float32 // mean distance from it
	newest      int32   // where in values it is
	hush        hush
	values      [shapeMemory + shapeSlide]float32 // relative to base; slid back by shapeSlide when full
	short, long profile
}

const (
	shapeMemory = 2048
	shapeSlide  = 512
	shapeFrom   = 512 // points before the first distance counts: when little has been seen, much looks like nothing before
	shapeClip   = 50  // a value counts as at most so many mean deviations off the mean, so that squares keep their precision
	shortWindow = 16
	longWindow  = 64
)

// NewShape makes one. It does not grow.
func NewShape() *Shape { return &Shape{newest: shapeMemory - 2} }

// Add scores how the curve goes that ends with a value, and learns it. It must be a number, not NaN or infinite. Expected is
// the value with which the most similar window ended, Spread how far the nearest usually is, per point; both in the series' unit.
func (d *Shape) Add(x float64) Result {
	if d.n == 0 {
		d.base = x
	}
	d.keep(float32(max(-shapeWidest, min(shapeWidest, x-d.base))))
	f := finding{rarity: 1, expected: d.level, spread: d.off}
	for _, p := range []struct {
		*profile
		window int
	}{{&d.short, shortWindow}, {&d.long, longWindow}} {
		if int(d.n) <= p.window {
			continue
		}
		distance, ago := p.nearest(d.values[d.newest-shapeMemory+1:d.newest+1], int(d.n), p.window)
		if ago == 0 || d.n <= shapeFrom {
			continue
		}
		f.unless(p.usual.careful(distance), Form, d.values[int(d.newest)-ago], float32(p.usual.quantile(0.5)))
		p.usual.addCarefully(distance)
	}
	r := Result{Why: f.why, Expected: d.base + float64(f.expected), Spread: float64(f.spread)}
	if rarity := f.rarity * f.asked; f.why != NoPart && rarity < 1 {
		r.Score = -math.Log10(max(rarity, leastRarity))
	}
	r.Alarm = d.hush.alarm(r.Score, d.n-1)
	return r
}

// Points is how many values it has seen.
func (d *Shape) Points() int { return int(d.n) }

// shapeWidest bounds what a value is off the first one, so that sums of squares stay finite.
const shapeWidest = 1e15

// keep puts a value where it can be compared.
func (d *Shape) keep(v float32) {
	d.n = min(d.n, math.MaxUint32-1) + 1
	distance := float32(math.Abs(float64(v - d.level)))
	if reach := shapeClip * d.off; d.n > warmUp && reach > 0 && distance > reach {
		v, distance = max(d.level-reach, min(d.level+reach, v)), reach
	}
	share := 1 / float32(min(d.n, levelMemory))
	d.level += share * (v - d.level)
	d.off += share * (distance - d.off)
	if d.newest++; int(d.newest) == len(d.values) {
		copy(d.values[:], d.values[shapeSlide:])
		d.newest -= shapeSlide
	}
	d.values[d.newest] = v
}
