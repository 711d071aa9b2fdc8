package monitor

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/negotiation"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// permissionLog is that of the client events: the lines show the same usernames, ids and addresses.
const permissionLog = "clientlogs:read"

const (
	jsonContent = "application/json"
	textContent = "text/plain"
)

// logQuery is what the log takes.
type logQuery struct {
	LogFilter
	From   string `query:"from" maxLength:"64" doc:"Only lines from then on: RFC 3339, or a duration back from now as in 15m, 24h or 7d. Lines without a time stamp are always shown"`
	To     string `query:"to" maxLength:"64" doc:"Only lines until then"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many lines at most; of no effect on a text"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before; of no effect on a text"`
	Format string `query:"format" enum:"json,text" doc:"text downloads all lines, the oldest first. The Accept header chooses when it is absent"`
	Accept string `header:"Accept" hidden:"true" doc:"What the client reads"`
}

// text reports whether the log is wanted as a text.
func (in *logQuery) text() bool {
	if in.Format != "" {
		return in.Format == "text"
	}
	return negotiation.SelectQValue(in.Accept, []string{jsonContent, textContent}) == textContent
}

// logStreamQuery is what the stream of lines takes.
type logStreamQuery struct {
	LogFilter
	After       string `query:"after" maxLength:"200" doc:"position of a page of /monitor/log, to go on behind it. Absent begins with what comes now"`
	LastEventID string `header:"Last-Event-ID" maxLength:"200" doc:"Id of the last event that was received: goes on behind it"`
}

// RegisterLog adds the routes of the broker's log to an API whose handlers may return faults.
func RegisterLog(api huma.API, l *Log) {
	op := operation("log", http.MethodGet, "/monitor/log", permissionLog, "Read the broker's log",
		"The broker's own words, the newest first, with the keeper's lines about the broker's process between them. "+
			"Kept are 7 days or about 200 MiB, whichever is less; of a broker whose log files cannot be read, the newest lines since BunkerM's start. "+
			"With format=text, or Accept: text/plain, all lines are downloaded as a text, the oldest first.")
	op.Errors = []int{http.StatusTooManyRequests}
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[LogPage](), true, "LogPage")
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A page of lines, or all of them as a text",
		Content: map[string]*huma.MediaType{
			jsonContent: {Schema: schema}, textContent: {Schema: &huma.Schema{Type: "string"}},
		},
	}}
	huma.Register(api, op, func(ctx context.Context, in *logQuery) (*huma.StreamResponse, error) {
		q, err := l.question(in, l.o.Clock())
		if err != nil {
			return nil, err
		}
		if in.text() {
			return l.download(q)
		}
		page, err := l.page(ctx, q)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			h.SetHeader("Content-Type", jsonContent)
			h.SetHeader("Vary", "Accept")
			if err := api.Marshal(h.BodyWriter(), jsonContent, page); err != nil {
				l.o.Logger.Debug("sending a page of the log", "error", err) // the client has gone
			}
		}}, nil
	})

	op = operation("log-stream", http.MethodGet, "/monitor/log/stream", permissionLog, "Follow the broker's log",
		"A stream of server-sent events called lines, the oldest line first. A stream that was interrupted goes on where it was, without a gap or a double, "+
			"through rotations of the log files; when lines are missing, gap says why. "+
			"An event without lines says by its id how far the log was read while none was of interest.")
	op.Errors = []int{http.StatusTooManyRequests, http.StatusServiceUnavailable}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The event lines",
		Content:     map[string]*huma.MediaType{stream.ContentType: {Schema: &huma.Schema{Type: "string"}}},
	}}
	huma.Register(api, op, func(ctx context.Context, in *logStreamQuery) (*huma.StreamResponse, error) {
		return l.openStream(ctx, in)
	})
}

func (l *Log) openStream(ctx context.Context, in *logStreamQuery) (*huma.StreamResponse, error) {
	from, gap, err := l.begin(in)
	if err != nil {
		return nil, err
	}
	release, err := claim(&l.streams, mostLogStreams)
	if err != nil {
		return nil, err
	}
	keep := l.keeps(in.LogFilter)
	answer, err := l.o.Streams.Open(ctx, func(ctx context.Context, s *stream.Sender) {
		defer release()
		l.follow(ctx, s, from, gap, keep)
	})
	if err != nil {
		release()
		return nil, err
	}
	return answer, nil
}

// begin is where a stream begins. A browser that comes back with an id that means nothing any more is served from now
// on and told so, because it would give up at an error.
func (l *Log) begin(in *logStreamQuery) (from, gap string, err error) {
	switch {
	case in.LastEventID != "" && l.lines.Check(in.LastEventID) == nil:
		return in.LastEventID, "", nil
	case in.LastEventID != "":
		gap = "The last event's id is not one of this log: lines since then are missing."
	case in.After != "":
		if err := l.lines.Check(in.After); err != nil {
			return "", "", fault.From(err).At("query.after", "is not position of a page")
		}
		return in.After, "", nil
	}
	from, err = l.lines.End()
	return from, gap, err
}
