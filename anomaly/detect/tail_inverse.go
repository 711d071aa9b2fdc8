package detect

import "math"

// beyond is rarity's inverse: from which deviation on something is as rare as that, or rarer. It is 0 where everything is,
// and infinite where nothing would be, because too little has been seen to say so.
func (t *tail) beyond(rarity float64) float64 {
	switch {
	case rarity >= 1:
		return 0
	case t.total == 0 || rarity <= 0:
		return math.Inf(1)
	}
	n := float64(t.total) / unit
	if !t.begun {
		if 1/(n+1) <= rarity {
			return 0
		}
		return math.Inf(1)
	}
	lowest := int(t.top) - (tailBins - 1)
	want := uint32(max(tailPoints*unit, tailPart*float64(t.total)))
	count, at := uint32(0), tailBins
	excess := 0.0 // of what is counted, in bins from the highest one's upper end down
	for at > 0 && count < want {
		at--
		count += uint32(t.bins[at])
		excess += float64(t.bins[at]) * float64(tailBins-at)
	}
	if count == 0 {
		if 1/(n+1) <= rarity {
			return 0
		}
		return math.Inf(1)
	}
	floor := 0.0 // below is what is common
	if t.mid > 0 {
		floor = edge(lowest + int(t.mid))
	}
	points := float64(count) / unit
	if head := min(points, n) / (n + 1); rarity < head {
		// Each bin's points lie in its middle, and are as far above at's lower edge as they are not below the upper end.
		above := float64(count)*(float64(tailBins-at)+0.5) - excess
		shape := (above/unit*(math.Ln2/perOctave) + priorShape*priorCount) / (points + priorCount)
		return max(floor, edge(lowest+at)*math.Pow(rarity/head, -shape))
	}
	// Within what is counted: the lowest bin that so few reach.
	for at > int(t.mid) && float64(count+uint32(t.bins[at-1]))/unit/(n+1) <= rarity {
		at--
		count += uint32(t.bins[at])
	}
	if at <= int(t.mid) {
		return floor
	}
	return edge(lowest + at)
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
