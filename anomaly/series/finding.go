package series

// Kind says what is strange.
type Kind string

// The kinds of findings. The first seven are about a number.
const (
	Level   Kind = "level"   // far from where the series has been for a long time
	Drift   Kind = "drift"   // the last ten values are far from the last two hundred
	Season  Kind = "season"  // far from what this hour of the week usually brings
	Record  Kind = "record"  // higher or lower than ever
	Trend   Kind = "trend"   // the mean of an hour or of a day is far from what it was for weeks
	Shape   Kind = "shape"   // the course of the last values is unlike any before
	Joint   Kind = "joint"   // each field may be usual, and all of them together are not
	Reset   Kind = "reset"   // a counter has begun again
	Stuck   Kind = "stuck"   // the value does not change any more
	Missing Kind = "missing" // the field is not in the payload any more
	State   Kind = "state"   // an unusual change between states, or a state never seen
	Dwell   Kind = "dwell"   // the state lasts unusually long
	Silence Kind = "silence" // no message for an unusually long time
	Burst   Kind = "burst"   // unusually many messages
	Size    Kind = "size"    // the payload is larger than ever
)

// Lasts tells the kinds that are found again at each look while they go on, and whose end is told.
func (k Kind) Lasts() bool {
	switch k {
	case Trend, Stuck, Silence, Dwell, Missing, Burst:
		return true
	}
	return false
}

// Finding is something strange about a series.
type Finding struct {
	Field     string // its path; empty for a plain payload, and where it is about the topic as a whole
	Kind      Kind
	At        int64   // milliseconds since the epoch
	Since     int64   // when what is strange began; At for what is about one value
	Score     float64 // -log10 of the probability of a false alarm
	Threshold float64 // from which on it is an alarm: the budget and the rate of the series make it
	Value     float64 // what was seen: the value, seconds of silence, messages in ten seconds, bytes
	Expected  float64
	Low, High float64 // between which it would not be strange
	Text      string  // the state, where it has a name
	Before    string  // and the one before it
	Counter   bool    // Value, Expected, Low and High are a counter's change per second
	Over      bool    // what was found before has ended; only Field, Kind and At are set
}

// lowest is how far below its threshold a finding is still worth keeping.
const lowest = 1

// Context is what a series needs to know of the moment, and where findings go.
type Context struct {
	At     int64                // milliseconds since the epoch
	Week   func(ms int64) int   // the hour of the week, 0 to 167, where the people are
	Hour   int                  // that of At
	Budget float64              // false alarms that are acceptable per series and day
	Room   func(bytes int) bool // asked before a series takes memory that it could do without; nil: there is room
	Deep   bool                 // the costly detectors are wanted too

	Found []Finding // is appended to
	Grown int       // bytes that have come to be used since the caller has set it to 0
}

func (c *Context) room(bytes int) bool { return c.Room == nil || c.Room(bytes) }

// find keeps a finding that is strange enough.
func (c *Context) find(f Finding) {
	if f.Score < f.Threshold-lowest {
		return
	}
	f.At = c.At
	if f.Since == 0 {
		f.Since = c.At
	}
	c.Found = append(c.Found, f)
}
