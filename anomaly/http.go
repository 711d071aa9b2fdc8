package anomaly

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/query"
	"github.com/bunkerm/bunkerm/stream"
)

// The permissions of the service's routes.
const (
	permissionRead     = "anomaly:read"
	permissionAct      = "anomaly:act"
	permissionSettings = "settings:write"
)

// operation describes a route of the service. Problems that every route can answer with are added by the gateway.
func operation(id, method, path, permission, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: "anomaly-" + id, Method: method, Path: path, Summary: summary, Description: description,
		Metadata: map[string]any{"permission": permission}, Errors: append([]int{http.StatusUnprocessableEntity}, errors...),
	}
}

type plain[T any] struct{ Body T }

// created is what is new, and where it is.
type created[T any] struct {
	Location string `header:"Location" doc:"Where the new object is"`
	Body     T
}

// creation is an operation that makes something new.
func creation(id, path, permission, summary, description string) huma.Operation {
	op := operation(id, http.MethodPost, path, permission, summary, description, http.StatusConflict)
	op.DefaultStatus = http.StatusCreated
	return op
}

// Register adds the routes to an API whose handlers may return faults.
func Register(api huma.API, s *Service) {
	registerAlerts(api, s)
	registerSeries(api, s)
	registerRules(api, s)
	registerSettings(api, s)
	registerStream(api, s)
}

// Span is a range of times as a query has it. It is exported because parameters of what is embedded are found only then.
type Span struct {
	From string `query:"from" maxLength:"64" doc:"Only from then on: RFC 3339, or a duration back from now as in 15m, 24h or 7d"`
	To   string `query:"to" maxLength:"64" doc:"Only until then"`
}

func (p Span) parse(now time.Time) (from, to time.Time, err error) {
	for place, text := range map[string]string{"query.from": p.From, "query.to": p.To} {
		if text == "" {
			continue
		}
		at, ok := query.Moment(text, now)
		if !ok {
			return from, to, notAcceptable(place, "is neither RFC 3339 nor a duration back from now as in 24h")
		}
		if place == "query.from" {
			from = at
		} else {
			to = at
		}
	}
	return from, to, between(from, to)
}

type alertsQuery struct {
	Span
	Status   []string `nullable:"false" query:"status" enum:"open,acknowledged,closed" maxItems:"3" doc:"Only in these states"`
	Severity string   `query:"severity" enum:"low,medium,high,critical" doc:"At least so severe"`
	Kind     string   `query:"kind" maxLength:"64" doc:"Only of this kind"`
	Entity   string   `query:"entity" maxLength:"65535" doc:"Only those that this topic or client is part of"`
	Limit    int      `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
	Cursor   string   `query:"cursor" maxLength:"40" doc:"next_cursor of the page before"`
}

func registerAlerts(api huma.API, s *Service) {
	huma.Register(api, operation("alerts", http.MethodGet, "/ai/alerts", permissionRead, "List alerts",
		"Incidents: those that are not over first, the newest first. What belongs together is one: the fields of a topic, the silent topics of a site. "+
			"Explanations hold values, which need payload:read."),
		func(ctx context.Context, in *alertsQuery) (*plain[AlertPage], error) {
			from, to, err := in.parse(s.o.Clock())
			if err != nil {
				return nil, err
			}
			severity, _ := incident.ParseSeverity(in.Severity)
			body, err := s.Alerts(ctx, AlertQuery{Status: in.Status, Severity: severity, Kind: in.Kind, Entity: in.Entity, From: from, To: to, Limit: in.Limit, Cursor: in.Cursor})
			return &plain[AlertPage]{body}, err
		})

	huma.Register(api, operation("alert", http.MethodGet, "/ai/alerts/{id}", permissionRead, "Show an alert",
		"One incident with its parts, and the course of its series from before it began.", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			ID int64 `path:"id" minimum:"1" doc:"Its number"`
		}) (*plain[AlertDetail], error) {
			body, err := s.Alert(ctx, in.ID)
			return &plain[AlertDetail]{body}, err
		})

	huma.Register(api, operation("acknowledge", http.MethodPost, "/ai/alerts/{id}/acknowledge", permissionAct, "Acknowledge an alert",
		"Says that somebody has seen it. Twice is no error; one that is over stays over.", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			ID   int64 `path:"id" minimum:"1" doc:"Its number"`
			Body *struct {
				Note string `json:"note,omitempty" maxLength:"2000" doc:"What there is to say about it"`
			} `required:"false"`
		}) (*plain[Alert], error) {
			note := ""
			if in.Body != nil {
				note = in.Body.Note
			}
			body, err := s.Acknowledge(ctx, in.ID, note)
			return &plain[Alert]{body}, err
		})

	huma.Register(api, operation("feedback", http.MethodPost, "/ai/alerts/{id}/feedback", permissionAct, "Say whether an alert was right",
		"A false alarm makes its series less touchy: the threshold rises by half a power of ten. A true one makes them a little more touchy.", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			ID   int64 `path:"id" minimum:"1" doc:"Its number"`
			Body struct {
				Verdict string `json:"verdict" enum:"true_alarm,false_alarm" doc:"Whether something was the matter"`
			}
		}) (*plain[Alert], error) {
			body, err := s.Feedback(ctx, in.ID, in.Body.Verdict)
			return &plain[Alert]{body}, err
		})

	huma.Register(api, operation("anomalies", http.MethodGet, "/ai/anomalies", permissionRead, "List findings",
		"Single findings, the newest first, also those that were not strange enough for an alert. They are kept for 30 days."),
		func(ctx context.Context, in *struct {
			Span
			Entity   string  `query:"entity" maxLength:"65535" doc:"Only of this topic or client"`
			Kind     string  `query:"kind" maxLength:"64" doc:"Only of this kind"`
			MinScore float64 `query:"min_score" minimum:"0" doc:"At least so strange"`
			Alert    int64   `query:"alert" minimum:"1" doc:"Only those of this alert"`
			Limit    int     `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
			Cursor   string  `query:"cursor" maxLength:"40" doc:"next_cursor of the page before"`
		}) (*plain[AnomaliesPage], error) {
			from, to, err := in.parse(s.o.Clock())
			if err != nil {
				return nil, err
			}
			body, err := s.Anomalies(ctx, AnomaliesQuery{
				Entity: in.Entity, Kind: in.Kind, From: from, To: to, MinScore: in.MinScore, Alert: in.Alert, Limit: in.Limit, Cursor: in.Cursor,
			})
			return &plain[AnomaliesPage]{body}, err
		})
}

func registerSeries(api huma.API, s *Service) {
	huma.Register(api, operation("entities", http.MethodGet, "/ai/entities", permissionRead, "List what is watched",
		"Topics, clients and the broker with how far learning is, and how strange the last message was."),
		func(ctx context.Context, in *struct {
			Type   string `query:"type" enum:"topic,client,broker" doc:"Only these"`
			Q      string `query:"q" maxLength:"1000" doc:"Part of the name"`
			Sort   string `query:"sort" enum:"open_alerts,score,entity,messages,last_seen" default:"open_alerts" doc:"The order"`
			Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
			Cursor string `query:"cursor" maxLength:"40" doc:"next_cursor of the page before"`
		}) (*plain[EntityPage], error) {
			body, err := s.Entities(ctx, EntityQuery{Type: in.Type, Q: in.Q, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor})
			return &plain[EntityPage]{body}, err
		})

	huma.Register(api, operation("metrics", http.MethodGet, "/ai/metrics", permissionRead, "Show series",
		"What is known of each series, and with points its course of about a day with what was expected. Values need payload:read."),
		func(ctx context.Context, in *struct {
			Span
			Entity string `query:"entity" maxLength:"65535" doc:"A topic, or broker; absent: all topics"`
			Field  string `query:"field" maxLength:"128" doc:"Only this field; . stands for a payload that is no document"`
			Points int    `query:"points" minimum:"0" maximum:"1000" doc:"How many points of the course at most; 0: none"`
			Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many series at most"`
		}) (*plain[MetricPage], error) {
			from, to, err := in.parse(s.o.Clock())
			if err != nil {
				return nil, err
			}
			q := MetricQuery{Entity: in.Entity, From: from, To: to, Points: in.Points, Limit: in.Limit}
			if in.Field != "" {
				field := in.Field
				if field == "." {
					field = ""
				}
				q.Field = &field
			}
			body, err := s.Metrics(ctx, q)
			return &plain[MetricPage]{body}, err
		})

	huma.Register(api, operation("rebase", http.MethodPost, "/ai/metrics/rebase", permissionAct, "Let a series begin anew",
		"Forgets what a series was like and what people have said of it, as after a change of unit. What is open of it is over, and nothing alarms until "+
			"it has been learned again.", http.StatusNotFound),
		func(ctx context.Context, in *struct{ Body MetricName }) (*plain[Metric], error) {
			body, err := s.Rebase(ctx, in.Body.Entity, in.Body.Field)
			return &plain[Metric]{body}, err
		})
}

func registerRules(api huma.API, s *Service) {
	huma.Register(api, operation("rules", http.MethodGet, "/ai/rules", permissionRead, "List rules", "The plain rules of people."),
		func(ctx context.Context, _ *struct{}) (*plain[AlertRuleList], error) {
			body, err := s.Rules(ctx)
			return &plain[AlertRuleList]{body}, err
		})
	huma.Register(api, creation("create-rule", "/ai/rules", permissionAct, "Add a rule",
		"A plain rule is at work at once: silent for longer than T, or a value outside [low, high] for longer than T."),
		func(ctx context.Context, in *struct{ Body AlertRule }) (*created[AlertRule], error) {
			body, err := s.PutRule(ctx, 0, in.Body)
			return &created[AlertRule]{fmt.Sprintf("/ai/rules/%d", body.ID), body}, err
		})
	huma.Register(api, operation("update-rule", http.MethodPut, "/ai/rules/{id}", permissionAct, "Change a rule", "Replaces the rule.", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			ID   int64 `path:"id" minimum:"1" doc:"Its number"`
			Body AlertRule
		}) (*plain[AlertRule], error) {
			body, err := s.PutRule(ctx, in.ID, in.Body)
			return &plain[AlertRule]{body}, err
		})
	huma.Register(api, operation("delete-rule", http.MethodDelete, "/ai/rules/{id}", permissionAct, "Remove a rule", "What it has found stays.", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			ID int64 `path:"id" minimum:"1" doc:"Its number"`
		}) (*struct{}, error) {
			return nil, s.DeleteRule(ctx, in.ID)
		})

	huma.Register(api, operation("maintenance", http.MethodGet, "/ai/maintenance", permissionRead, "List maintenance", "What is being worked on, now or later."),
		func(ctx context.Context, _ *struct{}) (*plain[MaintenanceList], error) {
			body, err := s.Maintenance(ctx)
			return &plain[MaintenanceList]{body}, err
		})
	huma.Register(api, creation("create-maintenance", "/ai/maintenance", permissionAct, "Say that something is being worked on",
		"Until it ends, what is strange about it is counted and told to nobody."),
		func(ctx context.Context, in *struct{ Body Maintenance }) (*created[Maintenance], error) {
			body, err := s.AddMaintenance(ctx, in.Body)
			return &created[Maintenance]{fmt.Sprintf("/ai/maintenance/%d", body.ID), body}, err
		})
	huma.Register(api, operation("delete-maintenance", http.MethodDelete, "/ai/maintenance/{id}", permissionAct, "End maintenance", "Findings count again from now on.", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			ID int64 `path:"id" minimum:"1" doc:"Its number"`
		}) (*struct{}, error) {
			return nil, s.DeleteMaintenance(ctx, in.ID)
		})
}

func registerSettings(api huma.API, s *Service) {
	huma.Register(api, operation("settings", http.MethodGet, "/settings/anomaly", permissionRead, "Show the settings", "Secrets of channels read «unchanged»."),
		func(ctx context.Context, _ *struct{}) (*plain[AlertSettings], error) {
			body, err := s.Settings(ctx)
			return &plain[AlertSettings]{body}, err
		})
	huma.Register(api, operation("set-settings", http.MethodPut, "/settings/anomaly", permissionSettings, "Change the settings", "What is absent stays as it is."),
		func(ctx context.Context, in *struct{ Body AlertSettingsFields }) (*plain[AlertSettings], error) {
			body, err := s.SetSettings(ctx, in.Body)
			return &plain[AlertSettings]{body}, err
		})
	huma.Register(api, operation("test-channel", http.MethodPost, "/settings/anomaly/test", permissionSettings, "Try a channel out",
		"Sends a test message over a channel that is stored, or over one that is not stored yet, and says what the receiver answered.",
		http.StatusNotFound, http.StatusBadGateway, http.StatusServiceUnavailable),
		func(ctx context.Context, in *struct{ Body AlertChannelTest }) (*plain[AlertChannelTested], error) {
			body, err := s.TestChannel(ctx, in.Body)
			return &plain[AlertChannelTested]{body}, err
		})
	huma.Register(api, operation("channels", http.MethodGet, "/ai/channels", permissionRead, "Show how channels are doing", "What was sent over each, what waits, and what went wrong."),
		func(ctx context.Context, _ *struct{}) (*plain[AlertChannels], error) {
			body, err := s.Channels(ctx)
			return &plain[AlertChannels]{body}, err
		})
}

func registerStream(api huma.API, s *Service) {
	op := operation("stream", http.MethodGet, "/ai/stream", permissionRead, "Follow alerts",
		"Server-sent events: alert for each incident that has changed, behind when there was more than was sent.",
		http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The events alert and behind",
		Content:     map[string]*huma.MediaType{stream.ContentType: {Schema: &huma.Schema{Type: "string"}}},
	}}
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		if s.o.Streams == nil {
			return nil, fault.New(fault.Unavailable, "there are no streams")
		}
		return s.o.Streams.Open(ctx, s.follow)
	})
}
