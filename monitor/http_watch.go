package monitor

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// watchQuery is what the stream of messages takes.
type watchQuery struct {
	Filter []string `nullable:"false" query:"filter,explode" required:"true" minItems:"1" maxItems:"5" doc:"An MQTT topic filter, as in a/+/b/#; up to five times"`
}

func registerWatch(api huma.API, t *Topics) {
	op := operation("watch", http.MethodGet, "/monitor/watch", permissionRead, "Watch messages live",
		"A stream of server-sent events. The first is watching: it says what is observed of the filters. Then message for each message that is published; "+
			"above 200 a second only some are shown, and once a second sampled says how many of how many. lost says that messages passed by unseen, "+
			"connection that the observation was interrupted or goes on. Payloads need payload:read, and are cut at 16 KiB. "+
			"Of the topics that begin with $ only $SYS can be watched. Nothing is subscribed to at the broker for this.")
	op.Errors = []int{http.StatusTooManyRequests, http.StatusServiceUnavailable}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The events watching, message, sampled, lost and connection",
		Content:     map[string]*huma.MediaType{stream.ContentType: {Schema: &huma.Schema{Type: "string"}}},
	}}
	huma.Register(api, op, func(ctx context.Context, in *watchQuery) (*huma.StreamResponse, error) {
		return t.openWatch(ctx, in.Filter)
	})
}

// openWatch begins to watch and answers with the stream.
func (t *Topics) openWatch(ctx context.Context, filters []string) (*huma.StreamResponse, error) {
	if err := checkWatch(filters); err != nil {
		return nil, err
	}
	if t.o.Streams == nil {
		return nil, fault.New(fault.Unavailable, "there are no streams")
	}
	w := newWatcher(filters, t.o.Allowed(ctx, permissionPayload), &t.redacted)
	if err := t.hub.join(w); err != nil {
		return nil, err
	}
	answer, err := t.o.Streams.Open(ctx, func(ctx context.Context, s *stream.Sender) {
		defer t.hub.leave(w)
		t.watch(ctx, w, s)
	})
	if err != nil {
		t.hub.leave(w)
		return nil, err
	}
	return answer, nil
}
