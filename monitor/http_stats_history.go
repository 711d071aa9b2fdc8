package monitor

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/query"
)

// historyQuery is what history takes.
type historyQuery struct {
	Metric []string `nullable:"false" query:"metric" required:"true" minItems:"1" maxItems:"20" doc:"Names of figures as /monitor/metrics lists them, separated by commas"`
	From   string   `query:"from" maxLength:"64" default:"1h" doc:"Where to begin: RFC 3339, or a duration back from now as in 15m, 24h or 7d"`
	To     string   `query:"to" maxLength:"64" default:"0s" doc:"Where to end: the same; now when absent"`
	Step   string   `query:"step" maxLength:"32" doc:"Width of a point as a duration, as in 5m; rounded up to what is kept of that time. As points says when absent"`
	Points int      `query:"points" minimum:"10" maximum:"5000" default:"500" doc:"How many points at most, without step"`
}

func registerHistory(api huma.API, s *Service) {
	op := operation("get-history", http.MethodGet, "/monitor/history", permissionRead, "Figures over time",
		"Points of equal width with mean, minimum and maximum, thinned without losing a peak. They are kept for 10 seconds, one minute and 15 minutes, each for "+
			"a time of its own (/settings/monitor), and come from the finest that reaches back to from. Nothing is invented where nothing is known: the point has nulls.")
	huma.Register(api, op, func(ctx context.Context, in *historyQuery) (*body[HistoryAnswer], error) {
		query, err := in.parse(s.o.Clock())
		if err != nil {
			return nil, err
		}
		answer, err := s.History(ctx, query)
		if err != nil {
			return nil, err
		}
		return &body[HistoryAnswer]{Body: answer}, nil
	})
	op = operation("list-metrics", http.MethodGet, "/monitor/metrics", permissionRead, "List the figures that history knows",
		"Each figure has the name of its path in /monitor/stats.")
	op.Errors = nil
	huma.Register(api, op, func(context.Context, *struct{}) (*body[metricList], error) {
		return &body[metricList]{Body: metricList{Metrics: s.Figures(), Total: len(s.table)}}, nil
	})
}

type metricList struct {
	Metrics []Figure `json:"metrics" nullable:"false" doc:"All figures"`
	Total   int      `json:"total" doc:"How many there are"`
}

func (in *historyQuery) parse(now time.Time) (HistoryQuery, error) {
	q := HistoryQuery{Metrics: in.Metric, Points: in.Points}
	var ok bool
	if q.From, ok = query.Moment(in.From, now); !ok {
		return q, notAcceptable("query.from", "is neither RFC 3339 nor a duration such as 15m, 24h or 7d")
	}
	if q.To, ok = query.Moment(in.To, now); !ok {
		return q, notAcceptable("query.to", "is neither RFC 3339 nor a duration such as 15m, 24h or 7d")
	}
	if in.Step != "" {
		if q.Step, ok = query.Duration(in.Step); !ok || q.Step <= 0 {
			return q, notAcceptable("query.step", "is not a duration such as 30s, 5m or 1d")
		}
	}
	return q, nil
}
