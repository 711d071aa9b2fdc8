package series

import "math"

const (
	mostOffset   = 2          // that verdicts can move a threshold by, either way
	verdictsHalf = 30 * dayMs // after which they count half
)

// verdicts is what people have said of a series' alarms, as an offset of its threshold that fades.
type verdicts struct {
	by float32
	at int64 // when it was as much
}

// offset is what is left of it at a moment.
func (v verdicts) offset(at int64) float64 {
	if v.by == 0 {
		return 0
	}
	return float64(v.by) * math.Exp2(-float64(max(0, at-v.at))/verdictsHalf)
}

// add takes one more in.
func (v *verdicts) add(by float64, at int64) float64 {
	offset := max(-mostOffset, min(mostOffset, v.offset(at)+by))
	*v = verdicts{float32(offset), at}
	return offset
}

// Tune moves the threshold of a field, or of the topic as a whole where there is no such field, by an offset that stays
// within two either way and fades by half in thirty days, and returns the offset that it has now.
func (t *Topic) Tune(path string, kind Kind, by float64, at int64) float64 {
	if f := t.Field(path); f != nil && kind != Silence && kind != Burst && kind != Size {
		return f.verdicts.add(by, at)
	}
	return t.said.add(by, at)
}
