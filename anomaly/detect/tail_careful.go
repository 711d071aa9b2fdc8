package detect

import "math"

// A silence, a run of equal values, a burst: of each a series has few, so the shape of their tail is a guess, and many come in
// multiples (a message lost, and another), so that the tail has steps. What follows asks the same counts with more care than
// rarity does, at a higher price:
//
//   - Beyond the counts it does not take the likeliest shape but all shapes by how likely they are. With a Gamma prior on
//     1/shape, of which rarity's prior is the mean, the deviations exceed an edge by a factor whose logarithm is Lomax
//     distributed.
//   - Large ones are not forgotten before their time, as add does for speed by rounding down what is left of a count.
//   - Where something as large has been seen, it is not taken to be rarer than it was.

// addCarefully takes a deviation in. What is left of a count is rounded up or down by chance, so that in the mean none is lost;
// the chance comes from the counts themselves, so that the same points always lead to the same.
func (t *tail) addCarefully(u float64) {
	if t.since+1 >= lowerEvery {
		chance := uint64(t.total)<<32 | uint64(t.above)
		round := func(c uint16) uint16 {
			chance = chance*6364136223846793005 + 1442695040888963407 // Knuth's linear congruential generator
			return uint16(float64(c)*remains + float64(chance>>11)/(1<<53))
		}
		t.zeros = round(t.zeros)
		for i, c := range t.bins {
			t.bins[i] = round(c)
		}
		t.lowered()
	}
	t.add(u)
}

// careful is the probability of a deviation of at least u, as rarity.
func (t *tail) careful(u float64) float64 {
	if u <= 0 || t.total == 0 {
		return 1
	}
	lowest := int(t.top) - (tailBins - 1)
	b := max(bin(u)-lowest, 0)
	if t.begun && b < int(t.mid) {
		return 1
	}
	n := float64(t.total) / unit
	at, points, excess := t.head()
	if points == 0 {
		return 1 / (n + 1)
	}
	seen := float64(t.within(min(b, tailBins), tailBins, 0)) / unit / (n + 1)
	if b < at {
		return seen
	}
	past := math.Pow(1+max(0, math.Log(u/edge(lowest+at)))/(excess+priorShape*priorCount), -(points + priorCount))
	return max(seen, min(1, min(points, n)/(n+1)*past))
}

// carefulBeyond is careful's inverse, as beyond is rarity's.
func (t *tail) carefulBeyond(rarity float64) float64 {
	u := t.inverse(rarity, func(part, points, excess float64) float64 {
		return math.Exp((excess + priorShape*priorCount) * (math.Pow(part, -1/(points+priorCount)) - 1))
	})
	if rarity >= 1 || !t.begun || math.IsInf(u, 1) {
		return u
	}
	most := rarity * (float64(t.total)/unit + 1) * unit
	for at, count := tailBins-1, 0.0; at >= int(t.mid); at-- {
		if count += float64(t.bins[at]); count > most {
			return max(u, edge(int(t.top)-(tailBins-1)+at+1))
		}
	}
	return u
}

// longer is how many of all were in bins above that of u, which says of one as large as u at least how common it is.
func (t *tail) longer(u float64) float64 {
	lowest := int(t.top) - (tailBins - 1)
	b := max(bin(u)-lowest, 0) + 1
	return float64(t.within(min(b, tailBins), tailBins, 0)) / (float64(t.total) + unit)
}

// longerBeyond is longer's inverse.
func (t *tail) longerBeyond(rarity float64) float64 {
	most := rarity * (float64(t.total) + unit)
	for at, count := tailBins-1, 0.0; at > 0; at-- {
		if count += float64(t.bins[at]); count > most {
			return edge(int(t.top) - (tailBins - 1) + at)
		}
	}
	return 0
}

// cut forgets what lies in bin b and above.
func (t *tail) cut(b int) {
	for i := b; i < tailBins; i++ {
		t.total -= uint32(t.bins[i])
		t.bins[i] = 0
	}
	t.mid, t.above = tailBins-1, uint32(t.bins[tailBins-1])
	t.settle()
}
