package anomaly

import (
	"encoding/json"
	"math"
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

// mostChart bounds the points that are kept with an incident.
const mostChart = 200

// chart is what an incident's series looked like from before it began until it ended, or until now.
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
	points := chartPoints(field.Points(i.OpenedAt-before, to))
	return points[max(0, len(points)-mostChart):]
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
