package series

import "math"

// cellMs is how long the values are folded into one for that come faster: a detector that knows two hundred values knows
// three minutes of a machine, not ten seconds.
const cellMs = secondMs

// fast is the gap below which values are folded.
const fast = cellMs * 9 / 10

// cell folds the values of one second into the one that is furthest from the one before, so that a short peak is seen.
type cell struct {
	rate   rate
	begun  int64 // when the first value of the cell came; 0: there is none
	value  float64
	before float64 // what was yielded last
}

// fold takes a value and yields what the detectors are to see, and when that was.
func (l *cell) fold(at int64, x float64, yield func(x float64, at int64)) {
	l.rate.take(at)
	if l.begun != 0 && at >= l.begun && at < l.begun+cellMs {
		if math.Abs(x-l.before) > math.Abs(l.value-l.before) {
			l.value = x
		}
		return
	}
	if l.begun != 0 {
		l.before = l.value
		yield(l.value, l.begun)
	}
	if l.rate.n >= 10 && l.rate.mean < fast {
		l.begun, l.value = at, x
		return
	}
	l.begun, l.before = 0, x
	yield(x, at)
}
