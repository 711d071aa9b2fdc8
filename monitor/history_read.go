package monitor

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// HistoryAnswer is figures over a time.
type HistoryAnswer struct {
	From        time.Time       `json:"from" doc:"Beginning of the first point"`
	To          time.Time       `json:"to" doc:"End of the last point"`
	StepSeconds float64         `json:"step_seconds" doc:"Width of a point"`
	Series      []HistorySeries `json:"series" nullable:"false" doc:"One for each metric, with the same times"`
	Events      []HistoryEvent  `json:"events" nullable:"false" doc:"What explains a jump or a gap"`
}

// HistorySeries is one figure over a time.
type HistorySeries struct {
	Metric string         `json:"metric" doc:"The figure's name"`
	Unit   string         `json:"unit" doc:"What is counted, or the unit of measure"`
	Kind   FigureKind     `json:"kind" enum:"gauge,counter,rate" doc:"How it moves"`
	Points []HistoryPoint `json:"points" nullable:"false" doc:"[time, mean, minimum, maximum], the time being the beginning of the point in milliseconds since 1970; nulls where nothing is known"`
}

// HistoryEvent is something that happened to the broker.
type HistoryEvent struct {
	Time time.Time `json:"time" doc:"When, as exactly as the points are"`
	Kind string    `json:"kind" enum:"broker_started" doc:"What"`
}

// HistoryPoint is a figure during one step.
type HistoryPoint struct {
	Time           int64 // milliseconds since 1970
	Known          bool
	Mean, Min, Max float64
}

// MarshalJSON renders the point as [time, mean, min, max].
func (p HistoryPoint) MarshalJSON() ([]byte, error) {
	out := strconv.AppendInt([]byte{'['}, p.Time, 10)
	if !p.Known {
		return append(out, ",null,null,null]"...), nil
	}
	for _, v := range [3]float64{p.Mean, p.Min, p.Max} {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		out = append(append(out, ','), text...)
	}
	return append(out, ']'), nil
}

// Schema describes the point for the OpenAPI document.
func (HistoryPoint) Schema(huma.Registry) *huma.Schema {
	four := 4
	return &huma.Schema{
		Type: huma.TypeArray, MinItems: &four, MaxItems: &four,
		Items: &huma.Schema{Type: huma.TypeNumber, Nullable: true},
	}
}

// historyReader sums up stored points in the points of an answer.
type historyReader struct {
	w       window
	figures []figure
	place   [figureCount]int // of a figure in figures, -1 where it is not asked for
	sums    [][]point
	starts  starts
}

func newReader(w window, figures []figure) *historyReader {
	r := &historyReader{w: w, figures: figures, sums: make([][]point, len(figures))}
	for i := range r.place {
		r.place[i] = -1
	}
	for i, f := range figures {
		r.place[f], r.sums[i] = i, make([]point, w.count)
	}
	return r
}

// read reads the tier up to where history is condensed, and the samples from there on.
func (r *historyReader) read(ctx context.Context, h history) error {
	from := r.w.from
	if r.w.tier != tierRaw {
		condensed, _, err := h.marks(ctx)
		if err != nil {
			return err
		}
		if err := r.readTier(ctx, h, min(condensed, r.w.end())); err != nil {
			return err
		}
		from = max(from, condensed)
	}
	return h.samples(ctx, from, r.w.end(), func(at int64, packed []byte) error {
		i, ok := r.w.index(at)
		if !ok {
			return nil
		}
		return unpack(packed, func(key int, v point) {
			if key == int(figUptime) {
				r.starts.hear(at, v)
			}
			if key < int(figureCount) && r.place[key] >= 0 {
				r.sums[r.place[key]][i].add(v)
			}
		})
	})
}

func (r *historyReader) readTier(ctx context.Context, h history, until int64) error {
	t := tierTable()[r.w.tier]
	step := t.step.Milliseconds()
	read := func(f figure, take func(at int64, v point)) error {
		return h.points(ctx, r.w.tier, f, down(r.w.from, t.chunk), until, func(begin int64, packed []byte) error {
			return unpack(packed, func(key int, v point) {
				if at := begin + int64(key)*step; at >= r.w.from && at < until {
					take(at, v)
				}
			})
		})
	}
	if err := read(figUptime, r.starts.hear); err != nil {
		return err
	}
	for k, f := range r.figures {
		err := read(f, func(at int64, v point) {
			if i, ok := r.w.index(at); ok {
				r.sums[k][i].add(v)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// points is the series of one figure.
func (r *historyReader) points(k int) []HistoryPoint {
	points := make([]HistoryPoint, r.w.count)
	for i, sum := range r.sums[k] {
		p := HistoryPoint{Time: r.w.from + int64(i)*r.w.step, Known: sum.n > 0}
		if p.Known {
			p.Mean, p.Min, p.Max = sum.mean(), sum.min, sum.max
		}
		points[i] = p
	}
	return points
}

// starts finds in the uptime when the broker started: it is lower than before then.
type starts struct {
	before float64
	found  []HistoryEvent
}

// mostEvents bounds the starts in an answer.
const mostEvents = 1000

func (s *starts) hear(at int64, uptime point) {
	if uptime.min >= s.before {
		s.before = uptime.max
		return
	}
	if len(s.found) < mostEvents {
		began := at - int64(math.Round(uptime.min*1000))
		s.found = append(s.found, HistoryEvent{Time: instant(time.UnixMilli(began)), Kind: "broker_started"})
	}
	s.before = uptime.min // the maximum may be of the run that ended
}

func (s *starts) events() []HistoryEvent {
	if s.found == nil {
		return []HistoryEvent{}
	}
	return s.found
}
