package series

import "math"

const (
	counterAfter = 100 // values before a series can be taken for a counter
	counterFalls = 100 // of so many values one may fall
)

// counter finds out whether a series only grows, such as a meter, and turns it into its change per second then.
type counter struct {
	rises, falls uint16
	is           bool
	last         float64
	at           int64
	sinceReset   int64 // values since it has begun again, or since the start
}

// change returns what the detectors are to see of a value; usable is false where that needs another value first.
func (n *counter) change(c *Context, f *Field, x float64) (y float64, usable bool) {
	last, at := n.last, n.at
	n.last, n.at = x, c.At
	if at == 0 {
		return x, true
	}
	was := n.is
	n.watch(x, last)
	if n.is != was {
		f.restart()
	}
	if !n.is {
		return x, true
	}
	n.sinceReset++
	if x < last {
		c.find(Finding{
			Field: f.Path, Kind: Reset, Score: math.Log10(float64(n.sinceReset)), Value: x, Expected: last, Low: last, High: last,
			Threshold: f.rate.threshold(c, f.verdicts),
		})
		n.sinceReset = 0
		return 0, false
	}
	passed := float64(c.At-at) / secondMs
	if passed <= 0 {
		return 0, false
	}
	return (x - last) / passed, true
}

// watch counts whether the series rises or falls. Old counts lose half of their weight now and then, so that a series can
// become another.
func (n *counter) watch(x, last float64) {
	switch {
	case x > last:
		n.rises++
	case x < last:
		n.falls++
	default:
		return
	}
	total := n.rises + n.falls
	switch {
	case total < counterAfter:
		return
	case n.falls*counterFalls < total:
		n.is = true
	case n.falls*counterFalls > 3*total:
		n.is = false
	}
	if total >= 4*counterAfter {
		n.rises, n.falls = n.rises/2, n.falls/2
	}
}

// restart lets the detectors begin again, because what they get is something else now.
func (f *Field) restart() {
	if f.standard != nil {
		f.standard.Rebase()
	} else if f.lean != nil {
		f.lean.Rebase()
	}
	f.trend.restart()
	f.cell = cell{}
	f.rate = rate{}
	if f.history != nil {
		*f.history = history{}
	}
}
