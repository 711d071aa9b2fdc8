package clientlogs

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// SettingsAnswer is what is recorded, and what could be.
type SettingsAnswer struct {
	PublishEvents PublishEventsAnswer `json:"publish_events" doc:"Which publishes are recorded"`
	Available     Available           `json:"available" doc:"What can be had of this broker's log"`
	Retention     RetentionAnswer     `json:"retention" doc:"How long events are kept, where there is room for them"`
}

// PublishEventsAnswer says which publishes are recorded.
type PublishEventsAnswer struct {
	Mode      Mode         `json:"mode" enum:"auto,full,trace,off" doc:"auto records all while the broker is quiet enough not to notice, full all, trace some for a while, off none"`
	State     PublishState `json:"state" enum:"recording,paused,unavailable,off" doc:"paused: the broker is too busy, or has so many clients that a switch would hold them up. unavailable: see last_error, or available"`
	Since     time.Time    `json:"since" doc:"When this state began"`
	Reason    string       `json:"reason" doc:"Why not everything is recorded that the mode stands for; empty when it is"`
	Threshold int          `json:"threshold_per_second" doc:"Messages a second above which auto pauses"`
	Rate      float64      `json:"rate_per_second" doc:"Messages a second now, as auto counts them: what clients publish, or a third of the debug lines that it makes, where it goes to many subscribers"`
	Trace     *TraceAnswer `json:"trace" doc:"What is traced; null when nothing is"`
	LastError *ErrorAnswer `json:"last_error" doc:"Why the broker's debug log is not as it should be; null when it is"`
}

// TraceAnswer is what is traced.
type TraceAnswer struct {
	Until     time.Time `json:"until" doc:"When the trace ends"`
	ClientIDs []string  `json:"client_ids" nullable:"false" doc:"Clients whose publishes are recorded"`
	Topics    []string  `json:"topics" nullable:"false" doc:"Topic filters of publishes that are recorded"`
}

// ErrorAnswer is what went wrong and what can be done.
type ErrorAnswer struct {
	Message string `json:"message" doc:"What is the matter"`
	Hint    string `json:"hint,omitempty" doc:"What can be done about it"`
}

// RetentionAnswer is how long events are kept.
type RetentionAnswer struct {
	EventsDays    int `json:"events_days" doc:"All but publish events"`
	PublishesDays int `json:"publishes_days" doc:"Publish events"`
}

// SettingsFields are the settings that a request changes; what is absent stays.
type SettingsFields struct {
	PublishEvents *PublishEventsFields `json:"publish_events,omitempty" doc:"Which publishes are recorded"`
	Retention     *RetentionFields     `json:"retention,omitempty" doc:"How long events are kept"`
}

// PublishEventsFields is the part about publish events.
type PublishEventsFields struct {
	Mode      *Mode        `json:"mode,omitempty" enum:"auto,full,trace,off" doc:"Which publishes are recorded; trace needs trace"`
	Threshold *int         `json:"threshold_per_second,omitempty" minimum:"1" maximum:"100000" doc:"Messages a second above which auto pauses"`
	Trace     *TraceFields `json:"trace,omitempty" doc:"What to trace, at least one client or topic and at most 20; what is absent stays while a trace runs"`
}

// TraceFields say what to trace.
type TraceFields struct {
	Minutes   *int     `json:"minutes,omitempty" minimum:"1" maximum:"1440" doc:"How long from now, 10 when absent at first"`
	ClientIDs []string `json:"client_ids,omitempty" nullable:"false" doc:"Clients"`
	Topics    []string `json:"topics,omitempty" nullable:"false" doc:"Topic filters"`
}

// RetentionFields is the part about keeping.
type RetentionFields struct {
	EventsDays    *int `json:"events_days,omitempty" minimum:"1" maximum:"3650" doc:"All but publish events"`
	PublishesDays *int `json:"publishes_days,omitempty" minimum:"1" maximum:"3650" doc:"Publish events"`
}

// Settings returns the settings as they are.
func (l *Levels) Settings() SettingsAnswer {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.settings
	a := SettingsAnswer{
		PublishEvents: PublishEventsAnswer{
			Mode: s.Mode, State: l.state, Since: instant(l.since), Reason: l.reason, Threshold: s.Threshold,
			Rate: math.Round(10*l.rate.value) / 10,
		},
		Available: l.o.Available,
		Retention: RetentionAnswer{s.EventsDays, s.PublishesDays},
	}
	if s.Mode == ModeTrace {
		a.PublishEvents.Trace = &TraceAnswer{
			instant(s.Trace.Until), append([]string{}, s.Trace.ClientIDs...), append([]string{}, s.Trace.Topics...),
		}
	}
	if trouble := l.attempt.trouble; trouble != nil {
		a.PublishEvents.LastError = &ErrorAnswer{trouble.Message, trouble.HintText}
	}
	return a
}

// RegisterSettings adds the routes of the settings to an API whose handlers may return faults.
func RegisterSettings(api huma.API, l *Levels) {
	const path = "/settings/clientlogs"
	huma.Register(api, operation("get-settings", http.MethodGet, path, permissionRead, "Get what is recorded of clients",
		"Which publishes are recorded and whether they are at the moment, what this broker's log can tell, and how long events are kept."),
		func(context.Context, *struct{}) (*struct{ Body SettingsAnswer }, error) {
			return &struct{ Body SettingsAnswer }{l.Settings()}, nil
		})
	op := operation("set-settings", http.MethodPut, path, permissionSettings, "Change what is recorded of clients",
		"What is absent stays as it is. The broker says who publishes what in its debug log alone, which costs a busy broker up to twice its CPU time. "+
			"The log is switched without disconnecting anybody. trace ends by itself, and the mode before it comes back.")
	op.Errors = append(op.Errors, http.StatusConflict)
	huma.Register(api, op, func(ctx context.Context, in *struct{ Body SettingsFields }) (*struct{ Body SettingsAnswer }, error) {
		answer, err := l.SetSettings(ctx, in.Body)
		if err != nil {
			return nil, err
		}
		return &struct{ Body SettingsAnswer }{answer}, nil
	})
}
