package series

import "math"

// The types of series.
const (
	TypeNumber  = "number"
	TypeCounter = "counter"
	TypeState   = "state" // booleans and words of which there are few
	TypeText    = "text"  // words of which there are many
)

// Summary is what is known of a field now. What is not known is NaN.
type Summary struct {
	Path         string
	Type         string
	Samples      int64 // that count for learning, see SamplesNeeded
	Ready        bool
	GapSeconds   float64 // the usual time between two values
	Mean, Stddev float64 // of about the last thousand values
	Expected     float64
	Low, High    float64 // between which the next value would not be an alarm
	Last         float64
	LastText     string
	LastSeen     int64
	Score        float64 // of the last value
	Alarm        float64 // the same after fatigue, and 0 where it repeats the last alarm: what is compared with a threshold
	Counter      bool    // Expected, Low and High are of its change per second
	Large        bool    // it has the larger detector
	LearnsWeek   bool    // the hours of the week are not known yet
	Sensitivity  float64 // the offset of its threshold
}

// Summary returns what is known of a field.
func (f *Field) Summary() Summary {
	s := Summary{
		Path: f.Path, Type: TypeNumber, Samples: min(f.samples, Samples), LastSeen: f.seen, Score: float64(f.score), Alarm: float64(f.alarm),
		Mean: math.NaN(), Stddev: math.NaN(), Expected: math.NaN(), Low: math.NaN(), High: math.NaN(), Last: math.NaN(),
		Sensitivity: f.verdicts.offset(f.seen), Large: f.standard != nil,
	}
	if f.rate.mean > 0 {
		s.GapSeconds = f.gap() / secondMs
	}
	switch {
	case f.states != nil && f.states.many:
		s.Type, s.LastText, s.Ready = TypeText, f.states.name, true
		return s
	case f.states != nil:
		s.Type, s.LastText = TypeState, f.states.name
	case f.samples > 0 && (f.standard != nil || f.lean != nil):
		s.Mean, s.Stddev, s.Last = f.mean, math.Sqrt(max(0, f.spread)), f.lastNumber
		points := 0
		if f.standard != nil {
			points = f.standard.Points()
		} else {
			points = f.lean.Points()
		}
		s.Samples = min(int64(points), Samples)
		if points >= Samples {
			s.Expected, s.Low, s.High = float64(f.expected), float64(f.low), float64(f.high)
		}
		if f.counter.is {
			s.Type, s.Counter = TypeCounter, true
		}
	}
	s.LearnsWeek = f.standard != nil && f.seen-f.first < 2*weekMs
	s.Ready = s.Samples >= Samples
	return s
}

// Fields are the fields of the topic, in the order in which they were first seen.
func (t *Topic) Fields() []*Field { return t.fields }

// Field is the field of a path; nil where there is none.
func (t *Topic) Field(path string) *Field {
	if i := t.find([]byte(path), 0); i >= 0 {
		return t.fields[i]
	}
	return nil
}

// Points are what is kept of a field's values between two moments, the oldest first.
func (f *Field) Points(from, to int64) []Point {
	if f.history == nil {
		return nil
	}
	return f.history.points(from, to)
}

// Score is the highest score of the last message of the topic, and how many of its fields are ready.
func (t *Topic) Score() (score float64, ready int) {
	for _, f := range t.fields {
		if f.samples >= Samples {
			ready++
		}
	}
	return float64(t.newest), ready
}

// GapSeconds is the usual time between two messages.
func (t *Topic) GapSeconds() float64 { return float64(t.arrives.mean) / secondMs }
