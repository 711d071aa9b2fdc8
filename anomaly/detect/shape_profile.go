package detect

import "math"

// profile is how far the newest window of one length is from those before.
type profile struct {
	square [shapeMemory]float32 // by place: the squared distance of the window that ends in square's place of the last values
	usual  tail                 // distances to the nearest, per point
}

// nearest is the root mean square distance to the nearest window that does not overlap the newest, and how many points ago that
// one ended; ago is 0 while there is none. values are the last shapeMemory, of which the last n count; the newest is new.
//
// From one point to the next each distance changes by its newest and its oldest term only, whatever the window's length (AAMP;
// Akbarinia and Cloez, "Efficient Matrix Profile Computation Using Different Distance Functions", 2019). A distance belongs to
// a lag, which is a place counted from the end, so the values move along beneath the places. What rounding adds up to is
// removed by reckoning one of the distances anew with each point.
func (p *profile) nearest(values []float32, n, window int) (distance float64, ago int) {
	const last = shapeMemory - 1
	first, end := places(n, window)
	if first >= end {
		return 0, 0
	}
	newest, left := values[last], values[last-window]
	// The terms that come and go; where the older window has only now become complete there is nothing to go on from.
	known := max(first, window, last-(n-1-window))
	square, came, gone := p.square[known:end], values[known:end], values[known-window:end-window]
	for i := range square {
		a, b := newest-came[i], left-gone[i]
		square[i] += a*a - b*b
	}
	for place := first; place < known && place < end; place++ {
		p.square[place] = squares(values, place, window)
	}
	again := first + n%(end-first)
	p.square[again] = squares(values, again, window)
	least, at := float32(math.Inf(1)), first
	for i, s := range p.square[first:end] {
		if s < least {
			least, at = s, first+i
		}
	}
	return math.Sqrt(max(0, float64(least)) / float64(window)), last - at
}

// places are those at which a window ends that can be compared with the newest: both must have been seen, and the older must
// still be there.
func places(n, window int) (first, end int) {
	const last = shapeMemory - 1
	first, end = max(window-1, last-(n-window)), last-window+1
	return first, max(first, end)
}

// squares is the squared distance of the newest window from the one that ends at a place.
func squares(values []float32, place, window int) float32 {
	newest, older := values[shapeMemory-window:], values[place-window+1:place+1]
	sum := float32(0)
	for i, v := range older {
		d := newest[i] - v
		sum += d * d
	}
	return sum
}
