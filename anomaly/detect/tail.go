package detect

import "math"

// A tail learns how large the deviations of one part usually are, and says how rare one is. Within what it has seen it
// counts; beyond, it goes on with the generalised Pareto tail that the largest deviations suggest (peaks over threshold;
// Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017), whose shape is Hill's estimator with a
// prior (Hill, "A simple general approach to inference about the tail of a distribution", Annals of Statistics 3, 1975).
//
// Deviations are counted in bins of a fifth of an octave. The bins move with the largest deviation; what is more than
// their number below it falls into the lowest one.
type tail struct {
	bins  [tailBins]uint16 // counts in units of 1/unit
	zeros uint16           // deviations of nothing at all
	top   int16            // the number of the highest bin, counted from 2^0; noTop while there is none
	since uint16           // points since the counts were last lowered
	begun bool             // top means something
	mid   uint8            // the highest bin from which on there is a tenth of all, see common
	total uint32           // of all counts
	above uint32           // of the bins from mid on
}

const (
	tailBins  = 44
	perOctave = 5
	unit      = 8 // what one point adds, so that lowering the counts does not round them away

	halfLife   = 4000 // points after which a count is worth half
	lowerEvery = 400  // points between two lowerings, which are cheaper together
)

// remains is what a count of one is worth lowerEvery points later: 2^(-lowerEvery/halfLife).
const remains = 0.9330329915368074

// The tail is the top hundredth, and at least eight points. The prior is worth four points of shape 0.2: between the
// exponential tail (0) and one as heavy as Student's with five degrees of freedom.
const (
	tailPart   = 0.01
	tailPoints = 8
	priorShape = 0.2
	priorCount = 4
)

// common is the part of all deviations that is not told apart: what is exceeded by so many is as likely as anything.
// Nine points in ten are answered with one comparison.
const common = 0.1

// The bits of 2^(1/5), 2^(2/5), 2^(3/5) and 2^(4/5).
const (
	edge1 = 0x3FF2611186BAE675
	edge2 = 0x3FF51CB453B9536D
	edge3 = 0x3FF8406003B2AE5B
	edge4 = 0x3FFBDB8CDADBE120
)

// bin is the number of the bin of a deviation more than zero: floor(5·log2 u), from the bits of u. It has no branches,
// because nothing could foretell them.
func bin(u float64) int {
	bits := math.Float64bits(u)
	m := bits&(1<<52-1) | 0x3FF<<52
	below := (m-edge1)>>63 + (m-edge2)>>63 + (m-edge3)>>63 + (m-edge4)>>63 // of the four edges, how many lie above
	return perOctave*(int(bits>>52)-1023) + 4 - int(below)
}

// edge is where a bin begins: 2^(b/5), put together from the bits that bin takes apart.
func edge(b int) float64 {
	octave := b / perOctave
	if b < 0 {
		octave = (b - (perOctave - 1)) / perOctave
	}
	if octave <= -1023 || octave >= 1024 {
		return math.Exp2(float64(b) / perOctave)
	}
	fifths := [perOctave]uint64{0x3FF0000000000000, edge1, edge2, edge3, edge4}
	return math.Float64frombits(fifths[b-octave*perOctave] + uint64(octave)<<52)
}

// rarity is the probability of a deviation of at least u, by what was added before, and 1 for what is common. Nothing is
// added.
func (t *tail) rarity(u float64) float64 {
	if u <= 0 || t.total == 0 {
		return 1
	}
	n := float64(t.total) / unit
	if !t.begun {
		return 1 / (n + 1) // the first one after n times nothing
	}
	lowest := int(t.top) - (tailBins - 1)
	b := max(bin(u)-lowest, 0)
	if b < int(t.mid) {
		return 1
	}
	want := uint32(max(tailPoints*unit, tailPart*float64(t.total)))
	// From the top down, until the tail is complete or the bin of u is reached, whichever lies lower.
	count, at := uint32(0), tailBins
	for at > 0 && (count < want || at > b) {
		at--
		count += uint32(t.bins[at])
		if count >= want && at > b {
			return float64(t.within(b, at, count)) / unit / (n + 1)
		}
	}
	if count == 0 {
		return 1 / (n + 1)
	}
	excess := 0.0
	for i := at; i < tailBins; i++ {
		excess += float64(t.bins[i]) * (float64(i-at) + 0.5)
	}
	points := float64(count) / unit
	shape := shapeOf(points, excess/unit*(math.Ln2/perOctave))
	return max(t.seen(u, b, shape), min(1, min(points, n)/(n+1)*math.Pow(u/edge(lowest+at), -1/shape)))
}

// shapeOf is Hill's estimator with a prior; excess is the sum of the logarithms of by how much points exceed an edge.
func shapeOf(points, excess float64) float64 {
	return (excess + priorShape*priorCount) / (points + priorCount)
}

// seen is how rare what is in bin b or above has been, and beyond the highest bin how the tail goes on from there: what has
// happened once is not taken to be rarer than it was. A job that runs once a day is an outlier of thirteen deviations each
// time, and no surprise.
func (t *tail) seen(u float64, b int, shape float64) float64 {
	part := max(unit, float64(t.within(min(b, tailBins), tailBins, 0))) / (float64(t.total) + unit)
	if past := u / edge(int(t.top)+1); past > 1 {
		part *= math.Pow(past, -1/shape)
	}
	return part
}

// within is how many points are in bin b and above; count are those from bin at on, which lies higher.
func (t *tail) within(b, at int, count uint32) uint32 {
	for i := b; i < at; i++ {
		count += uint32(t.bins[i])
	}
	return count
}

// add takes a deviation in.
func (t *tail) add(u float64) {
	if t.since++; t.since >= lowerEvery {
		t.lower()
	}
	if u <= 0 {
		t.count(&t.zeros)
		t.settle()
		return
	}
	b := bin(u)
	if !t.begun {
		t.begun, t.top = true, int16(b)
	}
	if up := b - int(t.top); up > 0 {
		t.raise(up)
	}
	at := max(0, b-(int(t.top)-(tailBins-1)))
	if t.count(&t.bins[at]) && at >= int(t.mid) {
		t.above += unit
	}
	t.settle()
}

// settle moves mid to where it belongs. A point moves it by a bin at most, in the long run.
func (t *tail) settle() {
	tenth := uint32(float32(t.total) * common)
	for t.mid > 0 && t.above < tenth {
		t.mid--
		t.above += uint32(t.bins[t.mid])
	}
	for t.mid < tailBins-1 && t.above-uint32(t.bins[t.mid]) >= tenth {
		t.above -= uint32(t.bins[t.mid])
		t.mid++
	}
}

// recount finds mid anew, after the bins have moved.
func (t *tail) recount() {
	t.mid, t.above = tailBins-1, uint32(t.bins[tailBins-1])
	t.settle()
}

// count takes a point into a counter that is not full.
func (t *tail) count(c *uint16) bool {
	if *c > math.MaxUint16-unit {
		return false
	}
	*c += unit
	t.total += unit
	return true
}

// raise moves the bins up, so that the highest is as many higher. What falls out below goes into the lowest.
func (t *tail) raise(by int) {
	t.top += int16(by)
	low := uint32(0)
	for i := range min(by+1, tailBins) {
		low += uint32(t.bins[i])
	}
	if by < tailBins {
		copy(t.bins[:], t.bins[by:])
		clear(t.bins[tailBins-by:])
	} else {
		clear(t.bins[:])
	}
	kept := min(low, math.MaxUint16)
	t.total -= low - kept
	t.bins[0] = uint16(kept)
	t.recount()
}

// lower makes what is old count less.
func (t *tail) lower() {
	t.zeros = uint16(float64(t.zeros) * remains)
	for i, c := range t.bins {
		t.bins[i] = uint16(float64(c) * remains)
	}
	t.lowered()
}

// lowered counts anew and brings the bins down, after the counts have been lowered.
func (t *tail) lowered() {
	t.since = 0
	highest := -1
	t.total = uint32(t.zeros)
	for i := range t.bins {
		t.total += uint32(t.bins[i])
		if t.bins[i] > 0 {
			highest = i
		}
	}
	if highest >= 0 && highest < tailBins-1 {
		// What is so high has been forgotten: the bins come down to where something is.
		down := tailBins - 1 - highest
		copy(t.bins[down:], t.bins[:highest+1])
		clear(t.bins[:down])
		t.top -= int16(down)
	}
	t.recount()
}
