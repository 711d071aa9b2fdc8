package series

import "github.com/bunkerm/bunkerm/anomaly/detect"

// Rebase forgets what a field of the topic was like and what people have said of it, as after a change of unit: learning
// begins again, in the memory that the field has. What goes on about it is over. It returns false where there is no such
// field.
func (t *Topic) Rebase(c *Context, path string) bool {
	f := t.Field(path)
	if f == nil {
		return false
	}
	if f.states != nil {
		c.Grown -= statesBytes
	}
	*f = Field{Path: f.Path, standard: f.standard, lean: f.lean, trend: trend{detector: f.trend.detector}, history: f.history, seen: f.seen}
	f.restart()
	if t.shape[path] != nil {
		t.shape[path] = detect.NewShape()
	}
	if t.joint != nil { // it knows how this field went with the others
		t.joint = nil
		c.Grown -= jointBytes
	}
	for _, k := range [...]Kind{Level, Drift, Season, Record, Trend, Shape, Reset, Stuck, Missing, State, Dwell} {
		c.Found = append(c.Found, Finding{Field: path, Kind: k, At: c.At, Over: true})
	}
	return true
}
