package series

import (
	"hash/fnv"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/extract"
)

// states is a series of words: the states of a machine.
type states struct {
	detector detect.States
	name     string // of the present state
	entered  int64
	dwelling bool
	many     bool // there are too many different words to be states
}

const statesBytes = 1024 // about; what they know of each state comes and goes

// wordOf names a boolean.
func wordOf(v *extract.Field) string {
	if v.Number != 0 {
		return "true"
	}
	return "false"
}

// word takes a word in.
func (f *Field) word(c *Context, name string) {
	f.samples++
	f.seen = c.At
	f.rate.take(c.At)
	if f.states == nil {
		f.states = new(states)
		c.Grown += statesBytes
	}
	s := f.states
	if s.many {
		s.name = name
		return
	}
	before := s.name
	r, known := s.detector.Add(hashOf(name), c.At)
	if !known {
		*s = states{many: true, name: name}
		return
	}
	f.score = float32(r.Score)
	if name != before {
		s.name, s.entered = name, c.At
		if s.dwelling {
			s.dwelling = false
			c.Found = append(c.Found, Finding{Field: f.Path, Kind: Dwell, At: c.At, Over: true})
		}
	}
	if f.samples < Samples {
		return
	}
	if name != before && before != "" {
		c.find(Finding{
			Field: f.Path, Kind: State, Score: r.Score, Threshold: f.rate.threshold(c, f.verdicts), Text: name, Before: before,
		})
	}
	f.dwell(c)
}

// dwell looks at how long the present state has lasted; c.At may be later than the last message.
func (f *Field) dwell(c *Context) {
	s := f.states
	if s == nil || s.many || f.samples < Samples || s.entered == 0 {
		return
	}
	r := s.detector.Dwell(c.At)
	threshold := f.rate.threshold(c, f.verdicts)
	if r.Score < threshold || c.At-s.entered < stuckFor {
		return
	}
	s.dwelling = true
	c.find(Finding{
		Field: f.Path, Kind: Dwell, Since: s.entered, Score: r.Score, Threshold: threshold, Text: s.name,
		Value: float64(c.At-s.entered) / secondMs, Expected: r.Expected, High: r.Spread,
	})
}

func hashOf(word string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(word))
	return h.Sum64()
}
