package clientlogs

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/negotiation"

	"github.com/bunkerm/bunkerm/stream"
)

// The permissions of the service's routes.
const (
	permissionRead     = "clientlogs:read"
	permissionSettings = "settings:write"
)

const jsonContent = "application/json"

// operation describes a route of the service. Problems that every route can answer with are added by the gateway.
func operation(id, method, path, permission, summary, description string) huma.Operation {
	return huma.Operation{
		OperationID: "clientlogs-" + id, Method: method, Path: path, Summary: summary, Description: description,
		Metadata: map[string]any{"permission": permission}, Errors: []int{http.StatusServiceUnavailable},
	}
}

// ListQuery is what the list and the stream take.
type ListQuery struct {
	EventQuery
	ClientID    string `query:"client_id" maxLength:"65535" doc:"Only events of the client with this id"`
	LastEventID string `header:"Last-Event-ID" doc:"Of the stream: goes on behind the event with this id"`
	After       string `query:"last_event_id" doc:"The same, for those who cannot set the header"`
	Accept      string `header:"Accept" hidden:"true" doc:"What the client reads"`
}

// ClientQuery is what the timeline of one client takes.
type ClientQuery struct {
	EventQuery
	ClientID string `path:"client_id" doc:"The client's id, percent-encoded"`
}

// TimelineAnswer is a client's timeline with what is known of the client.
type TimelineAnswer struct {
	Client ClientAnswer `json:"client" doc:"What is known of the client"`
	PageAnswer
}

// Register adds the routes of the events to an API whose handlers may return faults.
func Register(api huma.API, s *Service) {
	op := operation("list", http.MethodGet, "/clientlogs", permissionRead, "List events, or follow them",
		"What clients did and what happened to them, the newest first. Filters narrow the list down together. A page stays the same while new events arrive. "+
			"With Accept: text/event-stream the same filters, but for limit, cursor, from and to, choose what is streamed: one server-sent event called event for each, as it happens, with its id. "+
			"A stream that was interrupted goes on behind Last-Event-ID, without a gap or a double; where events have been thrown away meanwhile, an event called gap says so.")
	op.Errors = append(op.Errors, http.StatusTooManyRequests)
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[PageAnswer](), true, "PageAnswer")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A page of events, or the stream of them",
		Content: map[string]*huma.MediaType{
			jsonContent: {Schema: schema}, stream.ContentType: {Schema: &huma.Schema{Type: "string"}},
		},
	}}
	huma.Register(api, op, func(ctx context.Context, in *ListQuery) (*huma.StreamResponse, error) {
		f, err := in.filter(s.o.Clock())
		if err != nil {
			return nil, err
		}
		f.ClientID = in.ClientID
		if negotiation.SelectQValue(in.Accept, []string{jsonContent, stream.ContentType}) == stream.ContentType {
			return s.openStream(ctx, f, in)
		}
		page, err := s.List(ctx, f, in.Cursor, in.Limit)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			h.SetHeader("Content-Type", jsonContent)
			h.SetHeader("Vary", "Accept")
			if err := api.Marshal(h.BodyWriter(), jsonContent, s.pageAnswer(page)); err != nil {
				s.log.Debug("sending a page of events", "error", err) // the client has gone
			}
		}}, nil
	})

	huma.Register(api, operation("client", http.MethodGet, "/clientlogs/{client_id}", permissionRead, "Tell a client's story",
		"The client's whole timeline, the newest first, with what is known of it: whether it is here, from where it came, when it was last refused. "+
			"GET /clientlogs?client_id= takes every id, . and .. included."),
		func(ctx context.Context, in *ClientQuery) (*struct{ Body TimelineAnswer }, error) {
			f, err := in.filter(s.o.Clock())
			if err != nil {
				return nil, err
			}
			f.ClientID, f.Own = in.ClientID, true
			client, err := s.Client(ctx, in.ClientID)
			if err != nil {
				return nil, err
			}
			page, err := s.List(ctx, f, in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			return &struct{ Body TimelineAnswer }{TimelineAnswer{clientAnswer(client), s.pageAnswer(page)}}, nil
		})
}

func (s *Service) openStream(ctx context.Context, f Filter, in *ListQuery) (*huma.StreamResponse, error) {
	f.From, f.To = time.Time{}, time.Time{} // a stream is about what comes
	after := s.now()
	for _, last := range []struct{ at, id string }{{"header.Last-Event-ID", in.LastEventID}, {"query.last_event_id", in.After}} {
		if last.id == "" {
			continue
		}
		n, err := strconv.ParseInt(last.id, 10, 64)
		if err != nil || n < 0 {
			return nil, notAcceptable(last.at, "is not the id of an event")
		}
		after = n
		break
	}
	return s.o.Streams.Open(ctx, func(ctx context.Context, out *stream.Sender) { s.live(ctx, out, f, after) })
}
