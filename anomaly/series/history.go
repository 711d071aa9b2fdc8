package series

import "math"

// Point is one value of a series with what was expected of it then.
type Point struct {
	At        int64
	Value     float32 // relative values would need their base here too; float32 has seven digits
	Low, High float32 // NaN where nothing is expected yet
	Score     float32
}

const (
	finePoints   = 120
	coarsePoints = 96
	coarseMs     = 15 * 60 * secondMs
)

// history keeps the last values one by one, and a day of quarters of an hour.
type history struct {
	fine    [finePoints]Point
	coarse  [coarsePoints]Point // the strangest value of each quarter
	nFine   uint32              // ever added
	nCoarse uint32
}

// add keeps a point.
func (h *history) add(p Point) {
	h.fine[h.nFine%finePoints] = p
	h.nFine++
	last := &h.coarse[(h.nCoarse+coarsePoints-1)%coarsePoints]
	if h.nCoarse == 0 || p.At/coarseMs != last.At/coarseMs {
		h.coarse[h.nCoarse%coarsePoints] = p
		h.nCoarse++
	} else if p.Score > last.Score {
		*last = p
	}
}

// points are those from a moment to another, the oldest first: one by one where they are kept so, by quarters before that.
func (h *history) points(from, to int64) []Point {
	var all []Point
	oldestFine := int64(math.MaxInt64)
	if n := min(h.nFine, finePoints); n > 0 {
		oldestFine = h.fine[(h.nFine-n)%finePoints].At
	}
	for n := min(h.nCoarse, coarsePoints); n > 0; n-- {
		if p := h.coarse[(h.nCoarse-n)%coarsePoints]; p.At >= from && p.At <= to && p.At < oldestFine {
			all = append(all, p)
		}
	}
	for n := min(h.nFine, finePoints); n > 0; n-- {
		if p := h.fine[(h.nFine-n)%finePoints]; p.At >= from && p.At <= to {
			all = append(all, p)
		}
	}
	return all
}
