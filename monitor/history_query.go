package monitor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// The bounds of one answer.
const (
	mostMetrics   = 20
	mostPoints    = 5000
	defaultPoints = 500
)

// HistoryQuery asks for figures over a time.
type HistoryQuery struct {
	Metrics  []string // names of figures, at most 20
	From, To time.Time
	Step     time.Duration // the width of a point; 0: as Points says
	Points   int           // how many points at most; 0: 500
}

// window is the time of an answer in points of equal width.
type window struct {
	from  int64 // the beginning of the first point, a whole number of steps since 1970; milliseconds
	step  int64 // milliseconds
	count int
	tier  int // where the points come from
}

func (w window) end() int64 { return w.from + int64(w.count)*w.step }

// index is which point a time falls into; ok is false outside of the window.
func (w window) index(at int64) (i int, ok bool) {
	if at < w.from || at >= w.end() {
		return 0, false
	}
	return int((at - w.from) / w.step), true
}

// windowOf chooses the width of the points and the tier they come from: the finest one that reaches back to the
// beginning decides how fine the answer can be, and the coarsest one that is fine enough is the quickest to read. All
// keep minimum and maximum, so a peak is in the answer either way.
func windowOf(q HistoryQuery, now time.Time, keep HistoryRetention) (window, error) {
	if !q.From.Before(q.To) {
		return window{}, notAcceptable("query.from", "is not before to")
	}
	tiers := tierTable()
	reaches := func(t int) bool { return t == tierCount-1 || !q.From.Before(now.Add(-tiers[t].keep(keep))) }
	finest := tierRaw
	for !reaches(finest) {
		finest++
	}
	span, points := q.To.Sub(q.From), q.Points
	if points == 0 {
		points = defaultPoints
	}
	step, unit := q.Step, tiers[finest].step
	if step == 0 {
		step = span / time.Duration(points)
		// Whole minutes, and whole quarters of an hour, can be read from a coarser tier.
		for t := finest + 1; t < tierCount; t++ {
			if reaches(t) && tiers[t].step < step {
				unit = tiers[t].step
			}
		}
	} else if span/step >= mostPoints {
		return window{}, notAcceptable("query.step", fmt.Sprintf("makes more than %d points", mostPoints))
	}
	if rest := step % unit; rest != 0 || step == 0 {
		step += unit - rest
	}
	w := window{tier: finest}
	for ; ; step += unit {
		w.from, w.step = down(q.From.UnixMilli(), step), step.Milliseconds()
		w.count = int((q.To.UnixMilli() - w.from + w.step - 1) / w.step)
		if q.Step != 0 || w.count <= points {
			break
		}
	}
	for t := finest + 1; t < tierCount; t++ {
		if step%tiers[t].step == 0 && reaches(t) {
			w.tier = t
		}
	}
	return w, nil
}

// History returns figures over a time. The error is a fault about the query, or the store's.
func (s *Service) History(ctx context.Context, q HistoryQuery) (HistoryAnswer, error) {
	figures, err := s.figuresOf(q.Metrics)
	if err != nil {
		return HistoryAnswer{}, err
	}
	w, err := windowOf(q, s.o.Clock(), s.settings.get().Retention)
	if err != nil {
		return HistoryAnswer{}, err
	}
	r := newReader(w, figures)
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		return r.read(ctx, history{q, s.o.Store.Broker()})
	})
	if err != nil {
		return HistoryAnswer{}, fmt.Errorf("reading history: %w", err)
	}
	answer := HistoryAnswer{
		From: instant(time.UnixMilli(w.from)), To: instant(time.UnixMilli(w.end())), StepSeconds: float64(w.step) / 1000,
		Series: []HistorySeries{}, Events: r.starts.events(),
	}
	for i, f := range figures {
		figure := &s.table[f]
		answer.Series = append(answer.Series, HistorySeries{
			Metric: figure.Name, Unit: figure.Unit, Kind: figure.Kind, Points: r.points(i),
		})
	}
	return answer, nil
}

// figuresOf finds figures by name, each once.
func (s *Service) figuresOf(names []string) ([]figure, error) {
	problem := fault.New(fault.Invalid, "the request is not acceptable").Hint("/monitor/metrics lists what there is")
	switch {
	case len(names) == 0:
		return nil, problem.At("query.metric", "names no metric")
	case len(names) > mostMetrics:
		return nil, problem.At("query.metric", fmt.Sprintf("names more than %d metrics", mostMetrics))
	}
	var found []figure
	for i, name := range names {
		f, ok := s.byName[name]
		switch {
		case !ok:
			return nil, problem.At(fmt.Sprintf("query.metric[%d]", i), "is no metric")
		case !slices.Contains(found, f):
			found = append(found, f)
		}
	}
	return found, nil
}
