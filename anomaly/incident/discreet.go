package incident

import (
	"fmt"
	"math"

	"github.com/bunkerm/bunkerm/anomaly/series"
)

// Discreet is the title and the explanation for those who may not see what messages say, and for notifications over channels
// that do not carry values.
func (i *Incident) Discreet(w Words) (title, text string) {
	if i.Type != TypeTopic || i.Class == Quiet || i.Class == Traffic || i.Class == Access {
		return i.Title, i.Explanation // when and how many, not what
	}
	title = i.Title
	if i.Class != Rule && i.MemberCount == 1 {
		title = nameOf(Subject{Type: i.Type, Entity: i.Entity}, i.Field) + " " + discreetVerb(i.Kind)
	}
	text = fmt.Sprintf("Since %s; score %.1f, %.1f more than an alarm needs.", w.clock(i.OpenedAt), i.Score, i.Margin)
	if i.Class == Rule {
		text = fmt.Sprintf("Since %s. Rule: %s.", w.clock(i.OpenedAt), i.Rule)
	}
	return title, text
}

func discreetVerb(k series.Kind) string {
	switch k {
	case series.Level:
		return "is far from usual"
	case series.Drift:
		return "has moved away from where it was"
	case series.Trend:
		return "has gone away slowly"
	case series.Season:
		return "is far from what this hour of the week brings"
	case series.Record:
		return "is beyond everything before"
	case series.Shape:
		return "moves as it has never moved before"
	case series.Joint:
		return "does not fit to the other fields"
	case series.Reset:
		return "has begun again"
	case series.Stuck:
		return "is stuck"
	case series.Missing:
		return "is missing in the messages"
	case series.State:
		return "has changed in an unusual way"
	case series.Dwell:
		return "stays in one state unusually long"
	}
	return "is unusual"
}

// Value is the number that is strangest; nil where the incident is not about a number.
func (i *Incident) Value() *float64 {
	if i.Class == Rule {
		return finite(i.topmost.Value)
	}
	switch i.Kind {
	case series.Level, series.Drift, series.Trend, series.Season, series.Record, series.Reset, series.Stuck, series.Joint, series.Shape:
		return finite(i.topmost.Value)
	}
	return nil
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
