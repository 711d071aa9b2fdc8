package detect

import "math"

// band is where a value may lie around a middle without the tail's saying that it is as rare as that. In the core's terms,
// where nothing is wider than what a value can be.
func (c *core) band(t *tail, middle float32, rarity, asked float64) (low, high float64) {
	side := func(room float64) float64 {
		u := t.beyond(rarity / asked)
		if u > room {
			// A value that far is a record, so one part more has its say on it.
			least := rarity / (asked + 1)
			u = max(room, t.beyond(least))
			if t == &c.onLevel && !math.IsInf(u, 1) {
				u = c.nearer(room, u, least)
			}
		}
		return min(u, widest)
	}
	room := func(to float32) float64 {
		if c.n < recordFrom {
			return math.Inf(1)
		}
		return math.Abs(float64(to - middle))
	}
	return float64(middle) - side(room(c.low)), float64(middle) + side(room(c.high))
}

// nearer is where, between the edge of the range and a distance at which it is so by the level alone, something is as rare as that:
// what lies outside is rarer, the more the further. It is never too far, and too near by less than a hundredth of what is between.
func (c *core) nearer(room, far, rarity float64) float64 {
	if c.outside(far-room) >= 1 {
		return far
	}
	near := room
	for range 7 {
		if u := (near + far) / 2; c.onLevel.rarity(u)*c.outside(u-room) > rarity {
			near = u
		} else {
			far = u
		}
	}
	return near
}

// Band says between which values a point would score less than score by [Level]. expected is the level. While too little
// is known for such a score the band is as wide as values can be, 1e37 to both sides; it is never infinite.
func (d *Lean) Band(score float64) (low, expected, high float64) {
	return d.core.levelBand(score, 2)
}

// levelBand is the band by the level, where so many parts are asked.
func (c *core) levelBand(score, asked float64) (low, expected, high float64) {
	expected = c.base + float64(c.level)
	if c.n < warmUp {
		return c.base - widest, expected, c.base + widest
	}
	low, high = c.band(&c.onLevel, c.level, math.Pow(10, -score), asked)
	return c.base + low, expected, c.base + high
}

// Band says between which values a point in that hour of the week would score less than score, by [Week] when the profile
// has a say and by [Level] otherwise. expected is that part's. While too little is known for such a score the band is as
// wide as values can be, 1e37 to both sides; it is never infinite.
func (d *Standard) Band(score float64, hour int) (low, expected, high float64) {
	hour = hourOfWeek(hour)
	if !d.speaks(hour) {
		return d.core.levelBand(score, 2)
	}
	low, high = d.core.band(&d.onWeek, d.mean[hour], math.Pow(10, -score), 3)
	return d.core.base + low, d.core.base + float64(d.mean[hour]), d.core.base + high
}
