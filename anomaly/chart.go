package anomaly

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// ChartPoint is one value of a series: when, what, and between which values it was expected.
type ChartPoint struct {
	Time  time.Time `json:"t" doc:"When"`
	Value *float64  `json:"value" doc:"What was seen"`
	Low   *float64  `json:"low" doc:"The lower edge of what was expected; null while that was not known"`
	High  *float64  `json:"high" doc:"The upper edge"`
	Score float64   `json:"score" doc:"How strange it was: -log10 of a false-alarm probability"`
}

// MetricPoint is the same in a list of series, which may be long: [t, value, low, high, score], t in milliseconds since the epoch.
type MetricPoint ChartPoint

// MarshalJSON renders the point as an array.
func (p MetricPoint) MarshalJSON() ([]byte, error) {
	return json.Marshal([5]any{p.Time.UnixMilli(), p.Value, p.Low, p.High, p.Score})
}

// Schema describes the point for the OpenAPI document.
func (MetricPoint) Schema(huma.Registry) *huma.Schema {
	five := 5
	return &huma.Schema{
		Type: huma.TypeArray, MinItems: &five, MaxItems: &five,
		Items: &huma.Schema{Type: huma.TypeNumber, Nullable: true},
	}
}

// How many points are kept with an incident.
const (
	mostBefore = 60  // it began
	mostSince  = 140 // until it was over
)

// chart is what is known now of how an incident's series went from before it began until it ended, or until now. Of one that brings
// a value each second that is the last two minutes.
func (w *watch) chart(i *incident.Incident) []ChartPoint {
	topic := w.broker
	if i.Type == incident.TypeTopic {
		e := w.topics.get(i.Entity)
		if e == nil {
			return nil
		}
		topic = e.topic
	}
	if topic == nil || i.Type == incident.TypeClient {
		return nil
	}
	field := topic.Field(i.Field)
	if field == nil {
		if all := topic.Fields(); len(all) > 0 && i.Field == "" {
			field = all[0] // what the topic brought before it fell silent
		} else {
			return nil
		}
	}
	to := i.ClosedAt
	if to == 0 {
		to = math.MaxInt64
	}
	before := max(10*minuteMs, int64(60_000*field.Summary().GapSeconds))
	return chartPoints(field.Points(i.OpenedAt-before, to))
}

// course is the chart of an incident that goes on, of what was kept of it earlier and what is known now. How it began stays as it
// was; of what came since, the strangest of each stretch of time is kept.
func course(kept, now []ChartPoint, openedAt int64) []ChartPoint {
	byTime := func(a, b ChartPoint) int { return a.Time.Compare(b.Time) }
	all := slices.Concat(kept, now)
	slices.SortStableFunc(all, byTime)
	all = slices.CompactFunc(all, func(a, b ChartPoint) bool { return a.Time.Equal(b.Time) })
	opened, _ := slices.BinarySearchFunc(all, ChartPoint{Time: moment(openedAt)}, byTime)
	before, since := all[max(0, opened-mostBefore):opened:opened], all[opened:]
	if len(since) > mostSince {
		first, last := since[0].Time, since[len(since)-1].Time
		stretch := last.Sub(first)/mostSince + 1
		since = strangest(since, func(i int) int { return int(since[i].Time.Sub(first) / stretch) })
	}
	return append(before, since...)
}

// thin keeps the strangest point of each stretch of as many points where there are more than are wanted.
func thin(points []ChartPoint, most int) []ChartPoint {
	if len(points) <= most {
		return points
	}
	return strangest(points, func(i int) int { return ((i+1)*most - 1) / len(points) })
}

// strangest keeps one point of each stretch, the strangest; stretch numbers that of the i-th point.
func strangest(points []ChartPoint, stretch func(i int) int) (kept []ChartPoint) {
	in := -1 // the stretch of the newest that is kept
	for i, p := range points {
		switch at := stretch(i); {
		case at != in:
			kept, in = append(kept, p), at
		case p.Score > kept[len(kept)-1].Score:
			kept[len(kept)-1] = p
		}
	}
	return kept
}

// goesOn reports whether what was kept with an incident is the course of what it is about now: an incident of several is told by
// the strangest of them, and one that begins again has another beginning.
func (d *detail) goesOn(i *incident.Incident) bool {
	return d.Type == i.Type && d.Entity == i.Entity && d.Field == i.Field && d.OpenedAt == i.OpenedAt
}

func chartPoints(points []series.Point) []ChartPoint {
	all := make([]ChartPoint, len(points))
	for i, p := range points {
		all[i] = ChartPoint{
			Time: moment(p.At), Value: finite(float64(p.Value)), Low: finite(float64(p.Low)), High: finite(float64(p.High)),
			Score: math.Round(float64(p.Score)*100) / 100,
		}
	}
	return all
}

// finite is a number for an answer, null where it is none.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// moment is the time of milliseconds since the epoch.
func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
