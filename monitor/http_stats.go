package monitor

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/stream"
)

// Register adds the service's routes to an API whose handlers may return faults: how the broker is doing, now and over
// time, who is connected, and the settings. Topics and Log have their own.
func Register(api huma.API, s *Service) {
	registerStats(api, s)
	registerHistory(api, s)
	registerStream(api, s)
	registerSettings(api, s)
}

// clientListQuery is what the list of sessions takes.
type clientListQuery struct {
	Q        string `query:"q" maxLength:"65535" doc:"Only sessions with this in client id, username or address, without regard to case"`
	Username string `query:"username" maxLength:"65535" doc:"Only sessions of this user"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
	Cursor   string `query:"cursor" maxLength:"100000" doc:"next_cursor of the page before"`
}

func registerStats(api huma.API, s *Service) {
	op := operation("get-stats", http.MethodGet, "/monitor/stats", permissionRead, "How the broker is doing",
		"The figures that the broker publishes about itself below $SYS, and rates worked out from them. The numbers are the users': what BunkerM itself is to "+
			"the broker stands under self. Null is what the broker has not told, or told too long ago: mosquitto before 2.0.16 forgets "+
			"what has not changed for a minute, so after a start of BunkerM some figures are null until they change.")
	op.Errors = nil
	huma.Register(api, op, func(context.Context, *struct{}) (*body[Stats], error) {
		return &body[Stats]{Body: s.Stats()}, nil
	})
	op = operation("list-clients", http.MethodGet, "/monitor/clients", permissionRead, "List who is connected",
		"The sessions that the broker's log tells of, several of one user as several rows. Pages neither repeat nor miss a session that is there all the time.")
	op.Errors = nil
	huma.Register(api, op, func(_ context.Context, in *clientListQuery) (*body[SessionPage], error) {
		page, err := s.Sessions(SessionQuery(*in))
		if err != nil {
			return nil, err
		}
		return &body[SessionPage]{Body: page}, nil
	})
}

// streamQuery is what the stream of changes takes.
type streamQuery struct {
	Events []string `nullable:"false" query:"events" enum:"stats,session,topic" maxItems:"3" doc:"Which events to send, separated by commas; all when absent"`
	Prefix string   `query:"prefix" maxLength:"65535" doc:"Only topics at or below this level, as the list of topics takes it: a/b is the topic a/b and all below it"`
}

func registerStream(api huma.API, s *Service) {
	op := operation("stream", http.MethodGet, "/monitor/stream", permissionRead, "Follow what changes",
		"A stream of server-sent events. stats is the answer of /monitor/stats, at first and then when it has changed, at most once a second. "+
			"session is a session that began or ended. topic is a list of the topics that changed in the last second, without their values, at most 200 of them; "+
			"behind says that more had changed, so that the list itself is worth another look.")
	op.Errors = []int{http.StatusTooManyRequests, http.StatusServiceUnavailable}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The events stats, session, topic and behind",
		Content:     map[string]*huma.MediaType{stream.ContentType: {Schema: &huma.Schema{Type: "string"}}},
	}}
	huma.Register(api, op, func(ctx context.Context, in *streamQuery) (*huma.StreamResponse, error) {
		return s.o.Streams.Open(ctx, func(ctx context.Context, to *stream.Sender) {
			s.follow(ctx, to, in.Events, in.Prefix)
		})
	})
}

func registerSettings(api huma.API, s *Service) {
	op := operation("get-settings", http.MethodGet, "/settings/monitor", permissionRead, "Get what is observed and kept",
		"Which topics are observed, whose values are hidden, and how long history is kept.")
	op.Errors, op.Tags = nil, []string{"settings"}
	huma.Register(api, op, func(context.Context, *struct{}) (*body[ObservationSettings], error) {
		return &body[ObservationSettings]{Body: s.Settings()}, nil
	})
	op = operation("set-settings", http.MethodPut, "/settings/monitor", permissionSettings, "Choose what is observed and kept",
		"What is absent stays as it is. Everything holds at once: filters are subscribed and unsubscribed without losing a message of the others, "+
			"hidden values are dropped from memory, and history that is too old is deleted in small steps. "+
			"What is observed costs the broker: it delivers each message that matches once more, to BunkerM.")
	op.Tags = []string{"settings"}
	huma.Register(api, op, func(ctx context.Context, in *struct{ Body ObservationFields }) (*body[ObservationSettings], error) {
		settings, err := s.SetSettings(ctx, in.Body)
		if err != nil {
			return nil, err
		}
		return &body[ObservationSettings]{Body: settings}, nil
	})
}
