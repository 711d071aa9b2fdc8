package series

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// savedTopic is a topic as it is kept between two starts. The costly detectors are not: they learn anew within an hour or so.
type savedTopic struct {
	Name     string       `json:"name"`
	First    int64        `json:"first"`
	Last     int64        `json:"last"`
	Messages int64        `json:"messages"`
	Left     int64        `json:"left,omitempty"`
	Offset   float32      `json:"offset,omitempty"`
	OffsetAt int64        `json:"offset_at,omitempty"`
	Arrives  savedRate    `json:"arrives"`
	Silence  []byte       `json:"silence"`
	Burst    []byte       `json:"burst,omitempty"`
	Largest  uint32       `json:"largest"`
	Sizes    uint32       `json:"sizes"`
	Silent   bool         `json:"silent,omitempty"`
	Fields   []savedField `json:"fields"`
}

type savedRate struct {
	Last int64   `json:"last"`
	Mean float32 `json:"mean"`
	N    uint16  `json:"n"`
}

type savedField struct {
	Path     string       `json:"path"`
	Rate     savedRate    `json:"rate"`
	Standard []byte       `json:"standard,omitempty"`
	Lean     []byte       `json:"lean,omitempty"`
	Trend    []byte       `json:"trend,omitempty"`
	Away     bool         `json:"away,omitempty"`
	Calm     uint8        `json:"calm,omitempty"`
	Stuck    []byte       `json:"stuck"`
	States   *savedStates `json:"states,omitempty"`
	Counter  *counterOf   `json:"counter,omitempty"`
	Absence  absenceOf    `json:"absence"`
	Mean     float64      `json:"mean"`
	Spread   float64      `json:"spread"`
	Lowest   float64      `json:"lowest"`
	Highest  float64      `json:"highest"`
	Last     float64      `json:"last"`
	Samples  int64        `json:"samples"`
	First    int64        `json:"first"`
	Seen     int64        `json:"seen"`
	Offset   float32      `json:"offset,omitempty"`
	OffsetAt int64        `json:"offset_at,omitempty"`
	Low      *float32     `json:"low,omitempty"`
	Expected *float32     `json:"expected,omitempty"`
	High     *float32     `json:"high,omitempty"`
	IsStuck  bool         `json:"is_stuck,omitempty"`
	Course   []byte       `json:"course,omitempty"`
}

type savedStates struct {
	Detector []byte `json:"detector"`
	Name     string `json:"name"`
	Entered  int64  `json:"entered"`
	Many     bool   `json:"many,omitempty"`
	Dwelling bool   `json:"dwelling,omitempty"`
}

type counterOf struct {
	Rises      uint16  `json:"rises"`
	Falls      uint16  `json:"falls"`
	Is         bool    `json:"is"`
	Last       float64 `json:"last"`
	At         int64   `json:"at"`
	SinceReset int64   `json:"since_reset"`
}

type absenceOf struct {
	Messages uint32 `json:"messages"`
	Missing  uint32 `json:"missing"`
	Run      uint32 `json:"run,omitempty"`
	Told     bool   `json:"told,omitempty"`
}

// Save writes the topic as one line of JSON without its end; courses says whether the last values of its fields go with it, some
// five kilobytes for each.
func (t *Topic) Save(courses bool) ([]byte, error) {
	s := savedTopic{
		Name: t.Name, First: t.First, Last: t.Last, Messages: t.Messages, Left: t.Left, Offset: t.said.by, OffsetAt: t.said.at, Arrives: t.arrives.save(),
		Silence: t.silence.AppendBinary(nil), Largest: t.size.largest, Sizes: t.size.n, Silent: t.silent, Fields: []savedField{},
	}
	if t.traffic.detector != nil {
		s.Burst = t.traffic.detector.AppendBinary(nil)
	}
	for _, f := range t.fields {
		saved := f.save()
		if courses && f.history != nil {
			saved.Course = f.history.append(nil)
		}
		s.Fields = append(s.Fields, saved)
	}
	return json.Marshal(s)
}

func (r *rate) save() savedRate { return savedRate{r.last, r.mean, r.n} }

func (f *Field) save() savedField {
	s := savedField{
		Path: f.Path, Rate: f.rate.save(), Stuck: f.stuck.AppendBinary(nil), Mean: f.mean, Spread: f.spread, Lowest: f.lowest, Highest: f.highest,
		Last: f.lastNumber, Samples: f.samples, First: f.first, Seen: f.seen, Offset: f.verdicts.by, OffsetAt: f.verdicts.at, IsStuck: f.isStuck,
		Absence: absenceOf{f.absence.messages, f.absence.missing, f.absence.run, f.absence.told},
		Low:     number32(f.low), Expected: number32(f.expected), High: number32(f.high),
	}
	switch {
	case f.standard != nil:
		s.Standard = f.standard.AppendBinary(nil)
	case f.lean != nil:
		s.Lean = f.lean.AppendBinary(nil)
	}
	if f.trend.detector != nil {
		s.Trend, s.Away, s.Calm = f.trend.detector.AppendBinary(nil), f.trend.away, f.trend.calm
	}
	if n := f.counter; n.at != 0 {
		s.Counter = &counterOf{n.rises, n.falls, n.is, n.last, n.at, n.sinceReset}
	}
	if f.states != nil {
		s.States = &savedStates{Name: f.states.name, Entered: f.states.entered, Many: f.states.many, Dwelling: f.states.dwelling}
		if !f.states.many {
			s.States.Detector = f.states.detector.AppendBinary(nil)
		}
	}
	return s
}

func number32(x float32) *float32 {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return nil
	}
	return &x
}

// Load reads a topic that Save has written. An error says what is wrong with it; the topic learns anew then.
func Load(line []byte) (*Topic, error) {
	var s savedTopic
	if err := json.Unmarshal(line, &s); err != nil {
		return nil, fmt.Errorf("reading a topic: %w", err)
	}
	if len(s.Fields) > MostFields || s.Messages < 0 || s.Name == "" {
		return nil, fmt.Errorf("reading the topic %q: it cannot be", s.Name)
	}
	t := &Topic{
		Name: s.Name, First: s.First, Last: s.Last, Messages: s.Messages, Left: s.Left, said: verdicts{s.Offset, s.OffsetAt}, arrives: s.Arrives.load(),
		size: size{s.Largest, s.Sizes}, silent: s.Silent,
	}
	if err := whole(t.silence.Decode(s.Silence)); err != nil {
		return nil, fmt.Errorf("reading the arrivals of %q: %w", s.Name, err)
	}
	if s.Burst != nil {
		t.traffic.detector = new(detect.Burst)
		if err := whole(t.traffic.detector.Decode(s.Burst)); err != nil {
			return nil, fmt.Errorf("reading the traffic of %q: %w", s.Name, err)
		}
	}
	for i := range s.Fields {
		f, err := s.Fields[i].load()
		if err != nil {
			return nil, fmt.Errorf("reading %q of %q: %w", s.Fields[i].Path, s.Name, err)
		}
		t.fields = append(t.fields, f)
	}
	return t, nil
}

// whole is for decoders that return what they did not read.
func whole(rest []byte, err error) error {
	if err == nil && len(rest) > 0 {
		return fmt.Errorf("%d bytes too many", len(rest))
	}
	return err
}

func (r savedRate) load() rate { return rate{r.Last, r.Mean, min(r.N, rateMemory)} }

func (s *savedField) load() (*Field, error) {
	f := &Field{
		Path: s.Path, rate: s.Rate.load(), mean: s.Mean, spread: s.Spread, lowest: s.Lowest, highest: s.Highest, lastNumber: s.Last, samples: s.Samples, first: s.First, seen: s.Seen,
		verdicts: verdicts{s.Offset, s.OffsetAt}, isStuck: s.IsStuck, absence: absence{s.Absence.Messages, s.Absence.Missing, s.Absence.Run, s.Absence.Told},
		low: orNaN(s.Low), expected: orNaN(s.Expected), high: orNaN(s.High),
	}
	if err := whole(f.stuck.Decode(s.Stuck)); err != nil {
		return nil, err
	}
	if n := s.Counter; n != nil {
		f.counter = counter{n.Rises, n.Falls, n.Is, n.Last, n.At, n.SinceReset}
	}
	switch {
	case s.Standard != nil:
		f.standard = new(detect.Standard)
		if err := whole(f.standard.Decode(s.Standard)); err != nil {
			return nil, err
		}
	case s.Lean != nil:
		f.lean = new(detect.Lean)
		if err := whole(f.lean.Decode(s.Lean)); err != nil {
			return nil, err
		}
	}
	if s.Trend != nil {
		f.trend = trend{new(detect.Trend), s.Away, s.Calm}
		if err := whole(f.trend.detector.Decode(s.Trend)); err != nil {
			return nil, err
		}
	}
	if s.Course != nil {
		var err error
		if f.history, err = readHistory(s.Course); err != nil {
			return nil, err
		}
	}
	if w := s.States; w != nil {
		f.states = &states{name: w.Name, entered: w.Entered, many: w.Many, dwelling: w.Dwelling}
		if !w.Many {
			if err := whole(f.states.detector.Decode(w.Detector)); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

func orNaN(x *float32) float32 {
	if x == nil {
		return float32(math.NaN())
	}
	return *x
}
