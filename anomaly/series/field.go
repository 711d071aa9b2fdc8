package series

import (
	"math"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/extract"
)

// Samples is how many values a series has to have before it may alarm.
const Samples = 200

// Field is one series: the values that a topic has brought at one path.
type Field struct {
	Path string

	rate     rate // of what the detectors get
	absence  absence
	standard *detect.Standard // one of both, once there was a number
	lean     *detect.Lean
	stuck    detect.Stuck
	trend    trend
	states   *states // of a field that has words, not numbers
	counter  counter
	cell     cell
	history  *history

	mean, spread  float64 // over the last thousand values: the mean and the mean square distance from it (Welford)
	lowest        float64 // ever; values rest there
	highest       float64
	lastNumber    float64
	samples       int64 // values that were numbers, or words
	alarmed       int64 // when a value was an alarm for the last time
	first, seen   int64 // when the first and the last one came
	verdicts      verdicts
	score         float32 // of the last value
	alarm         float32 // the same after fatigue, and 0 where it repeats the last alarm
	echo          uint8   // values for which a short mean still remembers that the value was stuck
	isStuck       bool
	low, expected float32 // of the last value, as far as known
	high          float32
}

// fieldBytes is what a field costs with its lean detector.
const fieldBytes = int(unsafe.Sizeof(Field{}) + unsafe.Sizeof(detect.Lean{}))

const (
	historyBytes  = int(unsafe.Sizeof(history{}))
	standardBytes = int(unsafe.Sizeof(detect.Standard{}))
	leanBytes     = int(unsafe.Sizeof(detect.Lean{}))
)

// observe takes the value of a message in.
func (f *Field) observe(c *Context, v *extract.Field) {
	switch v.Kind {
	case extract.Number:
		f.states = nil // it was a word, and is a number now: unknown while a sensor starts
		f.number(c, v.Number)
	case extract.Bool:
		f.word(c, wordOf(v))
	case extract.Text:
		if f.lean == nil && f.standard == nil {
			f.word(c, string(v.Text))
		}
	case extract.Null:
	}
}

// memoryOf is how many values the mean and the spread of the answer are over.
const memoryOf = 1000

// number takes a number in: whether it moves at all, whether it is a counter, and what the detectors say.
func (f *Field) number(c *Context, x float64) {
	f.describe(c, x)
	f.stand(c, x)
	x, usable := f.counter.change(c, f, x)
	if !usable {
		return
	}
	f.cell.fold(c.At, x, func(x float64, at int64) { f.detect(c, x, at) })
}

// describe keeps what people want to know of a series.
func (f *Field) describe(c *Context, x float64) {
	f.samples++
	f.seen, f.lastNumber = c.At, x
	if f.samples == 1 {
		f.first = c.At
	}
	share := 1 / float64(min(f.samples, memoryOf))
	off := x - f.mean
	f.mean += share * off
	f.spread += share * (off*(x-f.mean) - f.spread)
	if math.IsNaN(f.spread) || math.IsInf(f.spread, 0) || math.IsInf(f.mean, 0) {
		f.mean, f.spread = x, 0 // numbers at the end of what a float can hold
	}
	if f.samples == 1 {
		f.lowest, f.highest = x, x
	}
	f.lowest, f.highest = min(f.lowest, x), max(f.highest, x)
}

const (
	mostEcho   = 20 // values that the short mean needs to forget
	leastStuck = 2  // the score from which on a standing value explains what the short mean says
	stuckFor   = 10 * secondMs
)

// stand looks at a value that does not change. At nothing, or at the lowest that it ever was, a value may rest: a solar
// panel at night is not broken.
func (f *Field) stand(c *Context, x float64) {
	if x == 0 || x == f.lowest {
		if f.isStuck {
			f.unstick(c)
		}
		f.stuck.Rest()
		return
	}
	r := f.stuck.Add(x)
	if r.Score >= leastStuck {
		f.echo = mostEcho
	} else if f.echo > 0 {
		f.echo--
	}
	length := f.stuck.Length()
	if !f.isStuck && r.Score <= 0 {
		return // nearly always
	}
	since := c.At - int64(float64(length-1)*f.gap())
	threshold := f.rate.threshold(c, f.verdicts)
	switch {
	case f.isStuck && length <= 1:
		f.unstick(c)
	case f.samples >= Samples && r.Score >= threshold && c.At-since >= stuckFor:
		f.isStuck = true
		c.find(Finding{
			Field: f.Path, Kind: Stuck, Since: since, Score: r.Score, Threshold: threshold, Value: x,
			Expected: r.Expected, High: float64(length), Text: "",
		})
	}
}

func (f *Field) unstick(c *Context) {
	f.isStuck = false
	c.Found = append(c.Found, Finding{Field: f.Path, Kind: Stuck, At: c.At, Over: true})
}

// gap is the usual time between two values, in milliseconds.
func (f *Field) gap() float64 { return float64(f.rate.mean) }

// detect asks the detectors.
func (f *Field) detect(c *Context, x float64, at int64) {
	if f.rate.take(at) {
		f.pause()
	}
	f.promote(c)
	threshold := f.rate.threshold(c, f.verdicts)
	low, expected, high := f.band(threshold, c.Hour)
	var r detect.Result
	if f.standard != nil {
		r = f.standard.Add(x, c.Hour)
	} else {
		r = f.lean.Add(x)
	}
	f.alarm = float32(r.Alarm)
	f.score, f.low, f.expected, f.high = float32(r.Score), float32(low), float32(expected), float32(high)
	if f.history != nil {
		f.history.add(Point{At: at, Value: float32(x), Low: f.low, High: f.high, Score: f.score})
	}
	f.trend.take(c, f, x, at)
	if r.Why == detect.Week && f.young(at) {
		return
	}
	if r.Why == detect.Drift && f.echo > 0 {
		f.alarm = 0
		return
	}
	if r.Alarm >= threshold {
		f.alarmed = at
	}
	c.find(Finding{
		Field: f.Path, Kind: f.kindOf(r.Why, at), Score: r.Alarm, Threshold: threshold, Value: x, Expected: r.Expected,
		Low: low, High: high, Counter: f.counter.is,
	})
}

// weekMs is how long it takes until the hours of the week are known. What the profile says before is about this hour alone.
const weekMs = 7 * dayMs

// young reports whether the hours of the week are known from a single week, which is no more than an anecdote. The first of them
// comes again before the week is over.
func (f *Field) young(at int64) bool { return at-f.first >= weekMs-hourMs && at-f.first < 2*weekMs }

func (f *Field) kindOf(p detect.Part, at int64) Kind {
	switch p {
	case detect.Drift:
		return Drift
	case detect.Week:
		if at-f.first < weekMs {
			return Level
		}
		return Season
	case detect.Record:
		return Record
	}
	return Level
}

// How many values a series has to have before it gets what is large: many topics are seen once, and a fleet that has just
// been switched on would drive itself out.
const (
	fromHistory  = 3
	fromStandard = 20
)

// promote gives a series the larger detector and a history where there is room.
func (f *Field) promote(c *Context) {
	if f.standard == nil && f.samples >= fromStandard && c.room(standardBytes) {
		if f.lean != nil {
			f.standard, f.lean = f.lean.Promote(), nil
			c.Grown -= leanBytes
		} else {
			f.standard = new(detect.Standard)
		}
		c.Grown += standardBytes
	}
	if f.standard == nil && f.lean == nil {
		f.lean = new(detect.Lean)
	}
	if f.history == nil && f.samples >= fromHistory && c.room(historyBytes) {
		f.history = new(history)
		c.Grown += historyBytes
	}
}

// slim takes away what a series can do without, and returns how many bytes that was.
func (f *Field) slim() (freed int) {
	if f.history != nil {
		f.history, freed = nil, historyBytes
	}
	freed += f.trend.drop()
	if f.standard != nil {
		f.lean, f.standard = f.standard.Demote(), nil
		freed += standardBytes - leanBytes
	}
	return freed
}

func (f *Field) pause() {
	if f.standard != nil {
		f.standard.Pause()
	} else if f.lean != nil {
		f.lean.Pause()
	}
}

// band is between which values a number would not be strange enough. It is shown, so it ends where the series' own width has
// been passed: right behind something strange nearly everything would be usual.
func (f *Field) band(threshold float64, hour int) (low, expected, high float64) {
	switch {
	case f.standard != nil && f.standard.Points() >= Samples:
		low, expected, high = f.standard.Band(threshold, hour)
	case f.lean != nil && f.lean.Points() >= Samples:
		low, expected, high = f.lean.Band(threshold)
	default:
		return math.NaN(), math.NaN(), math.NaN()
	}
	if width := f.highest - f.lowest; !f.counter.is && width > 0 {
		low, high = max(low, min(expected, f.lowest-width)), min(high, max(expected, f.highest+width))
	}
	return low, expected, high
}
