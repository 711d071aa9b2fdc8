package series

import (
	"math"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// trend looks at whole hours of a series that has the larger detector, from its second hour on.
type trend struct {
	detector *detect.Trend
	away     bool  // a finding goes on
	calm     uint8 // hours since it was last seen
}

const trendBytes = int(unsafe.Sizeof(detect.Trend{}))

// trendParts is what a day of whole hours is: each is looked at by itself and with the day before it.
const trendParts = 2 * dayMs / hourMs

const (
	still     = 1.5 // how far below its threshold an hour still belongs to what has been found
	calmHours = 24  // after which it is over: at night what has drifted may be where it is by day
)

// take takes a value in that the detectors see.
func (t *trend) take(c *Context, f *Field, x float64, at int64) {
	if t.detector == nil {
		if f.standard == nil || at-f.first < hourMs || !c.room(trendBytes) {
			return
		}
		t.detector = new(detect.Trend)
		c.Grown += trendBytes
	}
	r, mean, done := t.detector.Add(x, at)
	if !done {
		return
	}
	threshold := math.Log10(trendParts/c.Budget) + f.verdicts.offset(c.At)
	switch {
	case !t.away:
	case r.Alarm >= threshold-still:
		t.calm = 0
	case t.calm >= calmHours-1:
		t.away, t.calm = false, 0
		c.Found = append(c.Found, Finding{Field: f.Path, Kind: Trend, At: c.At, Over: true})
	default:
		t.calm++
	}
	if !t.away && at-f.alarmed < dayMs {
		return // the day had its alarm: this is the same matter, seen once more
	}
	t.away = t.away || r.Alarm >= threshold
	since := at - hourMs
	if r.Why == detect.Drift {
		since = at - dayMs
	}
	c.find(Finding{
		Field: f.Path, Kind: Trend, Since: since, Score: r.Alarm, Threshold: threshold, Value: mean, Expected: r.Expected,
		Low: math.NaN(), High: math.NaN(), Counter: f.counter.is,
	})
}

// restart begins anew.
func (t *trend) restart() {
	if t.detector != nil {
		*t.detector = detect.Trend{}
	}
}

// bytes is what it takes.
func (t *trend) bytes() int {
	if t.detector == nil {
		return 0
	}
	return trendBytes
}

// drop gives up what it knows, and returns how many bytes that was.
func (t *trend) drop() (freed int) {
	freed = t.bytes()
	t.detector = nil
	return freed
}
