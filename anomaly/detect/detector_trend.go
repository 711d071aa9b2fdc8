package detect

import (
	"math"
	"slices"
)

// Trend looks at the mean of each hour and at that of the last day: what goes away slowly, or stays a little beside where it was,
// is far from usual in the mean of many values long before a single one is. It learns an hour only a day later, because a drift
// over a day would otherwise become usual as it comes, and says nothing of what is within the range of the hours before or does
// not last for three of them. It takes about 400 bytes. The zero value is ready.
type Trend struct {
	core  core                // of hours that are a day old
	hour  int64               // the one that is being gathered, in hours since the epoch
	mean  float64             // of its values
	n     uint32              // its values
	usual float32             // values that an hour has
	day   [hoursOfDay]float32 // the last hours, in the core's terms
	next  uint8               // where the next one goes
	known uint8               // how many of them there are
}

const (
	trendFrom   = 6 * hoursOfDay // hours before the first alarm: a week, of which the last day is not learned yet
	trendMemory = hoursOfDay     // hours that the usual number of values remembers
	trendPart   = 2              // an hour with less than half as many is not like the others
	trendRush   = 2              // what an hour counts for at most, in usual ones: some may bring many times as many, and the others are usual
	trendHours  = 3              // hours in a row that have to be strange
	trendEnds   = 3              // hours at either end that say nothing about a day
	trendLeast  = 3              // mean deviations of an hour that a day has to be off: less may be certain, and no matter
)

// Add takes a value in, which must be a number, not NaN or infinite; at is milliseconds since the epoch. done reports whether
// an hour has ended: r is what is to be said of it ([Level]) or of the day that ends with it ([Drift]), mean the mean of that.
// Alarm is the score, and 0 while too few hours are known: what has drifted is as strange in the next hour.
func (d *Trend) Add(x float64, at int64) (r Result, mean float64, done bool) {
	if hour := at / hourMs; hour != d.hour {
		if d.n > 0 && hour == d.hour+1 {
			r, mean, done = d.end()
		}
		d.hour, d.mean, d.n = hour, 0, 0
	}
	d.n++
	d.mean += (x - d.mean) / float64(d.n)
	if math.IsInf(d.mean, 0) {
		d.mean = x // numbers at the end of what a float can hold
	}
	return r, mean, done
}

// end takes in the hour that has been gathered.
func (d *Trend) end() (r Result, mean float64, done bool) {
	few := float32(d.n)*trendPart < d.usual
	n := float32(d.n)
	if d.known > 0 {
		n = min(n, trendRush*d.usual)
	}
	d.usual += (n - d.usual) / min(trendMemory, float32(d.known)+1)
	if few {
		return Result{}, 0, false
	}
	c := &d.core
	if d.known == 0 {
		c.base = d.mean
	}
	v := float32(max(-widest, min(widest, d.mean-c.base)))
	if d.known == hoursOfDay {
		c.learn(d.day[d.next], true)
	} else {
		d.known++
	}
	d.day[d.next] = v
	d.next = (d.next + 1) % hoursOfDay
	f, of := d.look(d.steady(v))
	r = c.result(f)
	r.Alarm = 0
	if c.n >= trendFrom {
		r.Alarm = r.Score
	}
	return r, c.base + float64(of), true
}

// steady is the least that the last hours have in common: the one that is nearest to the level, or the level where they are on
// both sides of it. What an hour alone does is for those to say who look at values.
func (d *Trend) steady(v float32) float32 {
	level := d.core.level
	for back := 2; back <= min(trendHours, int(d.known)); back++ {
		other := d.day[(int(d.next)+hoursOfDay-back)%hoursOfDay]
		switch {
		case (other > level) != (v > level):
			return level
		case math.Abs(float64(other-level)) < math.Abs(float64(v-level)):
			v = other
		}
	}
	return v
}

// look scores an hour, and the day that it ends; of is the mean of whichever is the stranger.
func (d *Trend) look(v float32) (f finding, of float32) {
	c := &d.core
	f = finding{rarity: 1, expected: c.level, spread: c.off}
	if c.n < warmUp || v >= c.low && v <= c.high {
		return f, v
	}
	f.unless(c.onLevel.careful(math.Abs(float64(v-c.level))), Level, c.level, c.off)
	day := d.midmean()
	if off := float32(math.Abs(float64(day - c.slow))); off >= trendLeast*c.off {
		f.unless(c.onDrift.careful(float64(off)), Drift, c.slow, c.off)
	}
	if f.why == Drift {
		return f, day
	}
	return f, v
}

// midmean is the mean of the day without its lowest and highest hours, so that one hour does not make a day.
func (d *Trend) midmean() float32 {
	sorted := d.day
	slices.Sort(sorted[:])
	sum := float32(0)
	for _, v := range sorted[trendEnds : hoursOfDay-trendEnds] {
		sum += v / (hoursOfDay - 2*trendEnds)
	}
	return sum
}

// Hours is how many hours it knows.
func (d *Trend) Hours() int { return int(d.core.n) }
