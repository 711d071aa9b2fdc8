package detect

import "math"

// What comes at regular intervals and loses a message now and then has gaps of two intervals, and none of three until two
// losses meet. How rare that is the lengths alone do not tell: a tail fitted to gaps of two intervals ends soon behind them, or
// goes on for far too long. But when each arrival fails with a probability p by itself, k-1 of them in a row fail with p^(k-1), and
// the next one ends a gap of k intervals. So a gap of u is as rare as the likeliest of
//
//	p^(k-1) · P(the sum of k intervals ≥ u)
//
// For k = 1 that is what the gaps say in which nothing is missing. For more, whose first factor is small already, intervals are
// taken to differ from their mean as by Laplace's distribution, and their sum by as much as the root of k says.

const (
	missedFrom = 1.5  // medians: a gap that is longer has missed an arrival
	nearFrom   = 0.7  // medians: one that is longer, and misses nothing, is a regular one
	late       = 0.1  // medians by which an arrival may be late before it counts as missed, where they are not regular
	regular    = 0.9  // of the gaps that miss nothing, how many are regular where arrivals are
	mostLosses = 0.1  // of the arrivals; where more are missing they are not lost, the gaps differ
	leastOff   = 0.01 // intervals by which one is off as a rule, at least
)

// losses is what the gaps say of messages that were lost. All are seconds.
type losses struct {
	rate   float64 // how often an arrival fails to come
	median float64 // 0 while there is none
	every  float64 // the interval, where arrivals are regular
	off    float64 // by how much one differs from that, in the mean
	kept   *tail   // the gaps that miss nothing, where arrivals are regular; nil where they are not
}

// losses looks how often an arrival fails to come: Krichevsky and Trofimov's estimate from the gaps.
func (d *Silence) losses() (l losses) {
	if l.median = d.Usual(); l.median <= 0 {
		return l
	}
	lowest := int(d.gaps.top) - (tailBins - 1)
	place := func(medians float64) int { return min(max(bin(medians*l.median)-lowest, 0), tailBins) }
	from := place(missedFrom)
	missing := d.gaps.within(from, tailBins, 0)
	l.rate = (float64(missing)/unit + 0.5) / (float64(d.gaps.total)/unit + 1)
	if near := d.gaps.within(place(nearFrom), from, 0); l.rate <= mostLosses && float64(near) >= regular*float64(d.gaps.total-missing) {
		kept := d.gaps
		kept.cut(from)
		l.kept = &kept
		l.every = float64(d.mean) * (1 - l.rate) // a lost message makes the mean longer, and the bins are too coarse for the median
		l.off = max(float64(d.off), leastOff*l.every)
	}
	return l
}

// rarity is the probability that a gap is as long as so many seconds, by its length.
func (d *Silence) rarity(gap float64) float64 {
	l := d.losses()
	switch {
	case l.median <= 0 || gap <= 0:
		return d.gaps.careful(gap)
	case l.kept == nil:
		failed := math.Pow(l.rate, max(0, math.Floor(gap/l.median-late))) // of a gap shorter than usual nothing is lost
		return max(d.gaps.careful(gap), failed)
	}
	rarity := max(d.gaps.longer(gap), l.kept.careful(gap))
	for k, failed := 2., l.rate; failed > rarity; k, failed = k+1, failed*l.rate {
		rarity = max(rarity, failed*l.exceeds(gap-k*l.every, k))
	}
	return rarity
}

// beyond is rarity's inverse: from which gap on, in seconds, it is as rare as that.
func (d *Silence) beyond(rarity float64) float64 {
	l := d.losses()
	switch {
	case l.median <= 0:
		return d.gaps.carefulBeyond(rarity)
	case l.kept == nil:
		failed := l.median * (math.Ceil(math.Log(rarity)/math.Log(l.rate)-1e-9) + late)
		return max(d.gaps.carefulBeyond(rarity), failed)
	}
	gap := max(d.gaps.longerBeyond(rarity), l.kept.carefulBeyond(rarity))
	for k, failed := 2., l.rate; failed > rarity; k, failed = k+1, failed*l.rate {
		gap = max(gap, k*l.every+l.exceedsBeyond(rarity/failed, k))
	}
	return gap
}

// exceeds is the probability that k intervals are longer in sum than k times their mean, by more than so many seconds.
func (l *losses) exceeds(by, k float64) float64 {
	if by <= 0 {
		return 1
	}
	return math.Exp(-by/(l.off*math.Sqrt(k))) / 2
}

// exceedsBeyond is exceeds' inverse.
func (l *losses) exceedsBeyond(rarity, k float64) float64 {
	return max(0, -math.Log(2*rarity)*l.off*math.Sqrt(k))
}
