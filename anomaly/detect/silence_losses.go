package detect

import "math"

// What comes at regular intervals and loses a message now and then has gaps of two intervals, and none of three until two
// losses meet. How rare that is the lengths alone do not tell, since a tail fitted to gaps of two intervals ends soon behind
// them. But when each arrival fails with a probability p by itself, k of them in a row fail with p^k, so a gap that misses k
// arrivals is not taken to be rarer than that.

const (
	missedFrom = 1.5 // medians: a gap that is longer has missed an arrival
	late       = 0.1 // medians by which an arrival may be late before it counts as missed
)

// lossRate is how often an arrival fails to come: Krichevsky and Trofimov's estimate from the gaps.
func (d *Silence) lossRate(median float64) float64 {
	lowest := int(d.gaps.top) - (tailBins - 1)
	b := min(max(bin(missedFrom*median)-lowest, 0), tailBins)
	missing := float64(d.gaps.within(b, tailBins, 0)) / unit
	return (missing + 0.5) / (float64(d.gaps.total)/unit + 1)
}

// lost is the probability that a gap of so many seconds is nothing but losses.
func (d *Silence) lost(gap float64) float64 {
	median := d.Usual()
	if median <= 0 {
		return 0
	}
	return math.Pow(d.lossRate(median), max(0, math.Floor(gap/median-late))) // of a gap shorter than usual nothing is lost
}

// lostBeyond is lost's inverse: from which gap on, in seconds, it is as rare as that.
func (d *Silence) lostBeyond(rarity float64) float64 {
	median := d.Usual()
	if median <= 0 {
		return 0
	}
	return median * (math.Ceil(math.Log(rarity)/math.Log(d.lossRate(median))-1e-9) + late)
}
