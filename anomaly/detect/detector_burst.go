package detect

import "math"

// Burst tells when much more comes than usually does. It is told how many came in each cell of time; how long a cell is, ten
// seconds for instance, is the caller's. It learns how often which count comes, in about 130 bytes. The zero value is ready.
//
// A count is strange when it is rare among those that were seen and, besides, more than chance brings at the present rate:
// arrivals that have nothing to do with each other are Poisson distributed.
type Burst struct {
	counts tail
	rate   float32 // mean count of a cell, of late
	n      uint32  // cells
}

const (
	burstFrom   = 100 // cells before the first score
	burstMemory = 360 // cells that the rate remembers: an hour of ten seconds each
	mostCount   = 1e9 // what is more counts as so many
	burstAlarm  = 5   // a count from this score on teaches no more than that
)

// Add takes a cell in and scores it. Only what is more than usual scores. Expected is the usual count, Spread the count from
// which on the score is 5.
func (d *Burst) Add(n int) Result {
	count := float64(max(0, min(n, mostCount)))
	rate := float64(d.rate)
	r := Result{Expected: rate}
	learned := count
	if d.n >= burstFrom {
		high := d.high()
		r.Spread = min(high, widest)
		if count > rate {
			rarity := max(d.counts.careful(count), poissonAtLeast(count, rate))
			if rarity < 1 {
				r.Score = -math.Log10(max(rarity, leastRarity))
				r.Alarm, r.Why = r.Score, Rush
			}
		}
		learned = min(count, max(high, 1))
	}
	d.counts.addCarefully(learned)
	d.pass(1)
	d.rate += float32((learned - rate) / float64(min(d.n, burstMemory)))
	return r
}

// high is from which count on the score is at least burstAlarm.
func (d *Burst) high() float64 {
	rarity := math.Pow(10, -burstAlarm)
	high := math.Ceil(max(1, d.counts.carefulBeyond(rarity)))
	if math.IsInf(high, 1) {
		return high
	}
	return max(high, poissonBeyond(rarity, float64(d.rate)))
}

// Skip takes in that in so many cells nothing came.
func (d *Burst) Skip(cells int) {
	if cells <= 0 {
		return
	}
	// What is older than some half-lives has been forgotten; so many cells of nothing tell no more than this many.
	for range min(cells, 8*halfLife) {
		d.counts.addCarefully(0)
	}
	before := d.n
	d.pass(cells)
	// While it learns the rate is the mean of all, afterwards each cell takes its part of it away.
	if d.n <= burstMemory {
		d.rate *= float32(before) / float32(d.n)
	} else {
		d.rate *= float32(min(before, burstMemory)) / burstMemory
		d.rate *= float32(math.Pow(1-1./burstMemory, float64(cells)-max(0, burstMemory-float64(before))))
	}
}

// pass counts cells.
func (d *Burst) pass(cells int) {
	d.n = uint32(min(uint64(d.n)+uint64(cells), math.MaxUint32))
}

// Cells is how many it has seen.
func (d *Burst) Cells() int { return int(d.n) }
