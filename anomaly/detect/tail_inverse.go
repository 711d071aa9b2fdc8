package detect

import "math"

// head is what the tail beyond the counts is made of: from which bin on, how many points, and the sum of the logarithms of
// by how much they exceed that bin's lower edge. It has no points where nothing but zeros has been seen.
func (t *tail) head() (at int, points, excess float64) {
	want := uint32(max(tailPoints*unit, tailPart*float64(t.total)))
	count := uint32(0)
	for at = tailBins; at > 0 && count < want; {
		at--
		count += uint32(t.bins[at])
	}
	for i := at; i < tailBins; i++ {
		excess += float64(t.bins[i]) * (float64(i-at) + 0.5)
	}
	return at, float64(count) / unit, excess / unit * (math.Ln2 / perOctave)
}

// beyond is rarity's inverse: from which deviation on something is as rare as that, or rarer. It is 0 where everything is,
// and infinite where nothing would be, because too little has been seen to say so.
func (t *tail) beyond(rarity float64) float64 {
	u := t.inverse(rarity, func(ratio, points, excess float64) float64 { return math.Pow(ratio, -shapeOf(points, excess)) })
	if rarity >= 1 || !t.begun || math.IsInf(u, 1) {
		return u
	}
	return max(u, t.beyondSeen(rarity))
}

// beyondSeen is the inverse of seen.
func (t *tail) beyondSeen(rarity float64) float64 {
	n := float64(t.total) / unit
	if one := 1 / (n + 1); rarity < one {
		_, points, excess := t.head()
		return edge(int(t.top)+1) * math.Pow(rarity/one, -shapeOf(points, excess))
	}
	for at, count := tailBins-1, uint32(0); at >= int(t.mid); at-- {
		if count += uint32(t.bins[at]); float64(count)/unit/(n+1) > rarity {
			return edge(int(t.top) - (tailBins - 1) + at + 1)
		}
	}
	return 0
}

// inverse finds where a rarity is reached. Beyond what is counted, past says by how many times the counts' edge must be
// exceeded for a part of the points there.
func (t *tail) inverse(rarity float64, past func(part, points, excess float64) float64) float64 {
	switch {
	case rarity >= 1:
		return 0
	case t.total == 0 || rarity <= 0:
		return math.Inf(1)
	}
	n := float64(t.total) / unit
	at, points, excess := t.head()
	if points == 0 {
		if 1/(n+1) <= rarity {
			return 0
		}
		return math.Inf(1)
	}
	lowest := int(t.top) - (tailBins - 1)
	floor := 0.0 // below is what is common
	if t.mid > 0 {
		floor = edge(lowest + int(t.mid))
	}
	if head := min(points, n) / (n + 1); rarity < head {
		return max(floor, edge(lowest+at)*past(rarity/head, points, excess))
	}
	// Within what is counted: the lowest bin that so few reach.
	for count := points * unit; at > int(t.mid); at-- {
		if count += float64(t.bins[at-1]); count/unit/(n+1) > rarity {
			return edge(lowest + at)
		}
	}
	return floor
}

// quantile is the deviation below which the part q of all lie, 0 to 1, and 0 while nothing has been seen. Within a bin all
// are taken to lie evenly; what is too small for the bins is taken to be at the lowest.
func (t *tail) quantile(q float64) float64 {
	want := q * float64(t.total)
	below := float64(t.zeros)
	if want <= below || !t.begun {
		return 0
	}
	lowest := int(t.top) - (tailBins - 1)
	for i, c := range t.bins {
		if c := float64(c); c > 0 && below+c >= want {
			return edge(lowest+i) * math.Exp2((want-below)/c/perOctave)
		}
		below += float64(t.bins[i])
	}
	return edge(int(t.top) + 1)
}
