package gateway

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// A browser opens six connections to a server at most over HTTP/1.1, and a page with a few live parts in a few tabs
// would use them up. So there is one event stream for a whole browser, in which the events of any of our streams travel
// as channels.

const (
	streamsOfOne  = 16  // streams of one session or key
	mostStreams   = 500 // of all
	mostChannels  = 64  // of one stream
	channelsOfOne = 256 // of all streams of one session or key: each is a request that lasts
)

// streams are the streams that are open.
type streams struct {
	g  *Gateway
	mu sync.Mutex
	by map[string]*multiplexer
}

func newStreams(g *Gateway) *streams { return &streams{g: g, by: map[string]*multiplexer{}} }

// StreamChannel is one of our event streams as a part of another.
type StreamChannel struct {
	Name        string `json:"name" pattern:"^[A-Za-z0-9_-]{1,64}$" doc:"What its events are marked with"`
	Path        string `json:"path" maxLength:"70000" doc:"One of our paths that answer with an event stream, with its query and without /api" example:"/monitor/stream?events=stats"`
	LastEventID string `json:"last_event_id,omitempty" maxLength:"200" doc:"The id of the last event that arrived before the connection was lost"`
}

type channelSet struct {
	Channels []StreamChannel `json:"channels" nullable:"false" maxItems:"64" doc:"All channels that are wanted from now on"`
}

// register adds our own routes.
func (s *streams) register() {
	op := huma.Operation{
		OperationID: "stream", Method: http.MethodGet, Path: "/stream", Summary: "Follow several streams over one connection",
		Tags: []string{"stream"}, Metadata: map[string]any{"permission": string(auth.AccountSelf)},
		Description: "A stream of server-sent events. The first, hello, has the stream's id; PUT /stream/{id} then says which channels are wanted. " +
			"Each event of a channel comes as an event called channel, with the channel's name and the event's own name, id and data. One called closed is the " +
			"channel's last: its data has the status and the problem. An event called ended says that the session counts no more.",
		Errors: []int{http.StatusTooManyRequests, http.StatusServiceUnavailable},
		Responses: map[string]*huma.Response{"200": {Description: "The events hello, channel and ended",
			Content: map[string]*huma.MediaType{stream.ContentType: {Schema: &huma.Schema{Type: "string"}}}}},
	}
	huma.Register(s.g.api, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		m, err := s.begin(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := s.g.o.Streams.Open(ctx, m.run)
		if err != nil {
			s.end(m)
		}
		return answer, err
	})
	op = huma.Operation{
		OperationID: "set-stream", Method: http.MethodPut, Path: "/stream/{id}", Summary: "Choose the channels of a stream",
		Tags: []string{"stream"}, Metadata: map[string]any{"permission": string(auth.AccountSelf)}, DefaultStatus: http.StatusNoContent,
		Description: "Channels that are open already under the same name and path go on; others end or begin: a new path under a name of before is a new channel. Only whoever opened the stream can choose.",
	}
	huma.Register(s.g.api, op, func(ctx context.Context, in *struct {
		ID   string `path:"id" doc:"The stream's id"`
		Body channelSet
	}) (*struct{}, error) {
		return nil, s.choose(ctx, in.ID, in.Body.Channels)
	})
}

// owner tells whose a stream is.
func owner(p auth.Principal) string { return string(p.Via) + " " + p.Name + " " + p.ID }

// begin makes the multiplexer of a new stream. A stream is no channel of another one.
func (s *streams) begin(ctx context.Context) (*multiplexer, error) {
	if exchangeOf(ctx).channel {
		return nil, errNoSuchPath
	}
	m := &multiplexer{
		s: s, id: rand.Text(), owner: owner(auth.PrincipalFrom(ctx)), ctx: ctx, channels: map[string]*channel{},
		events: make(chan queued, 16), signal: make(chan struct{}, 1),
		ended: auth.PrincipalFrom(ctx).Ended,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of := 0
	for _, other := range s.by {
		if other.owner == m.owner {
			of++
		}
	}
	if of >= streamsOfOne || len(s.by) >= mostStreams {
		return nil, fault.New(fault.TooMany, "too many streams are open").Hint("close some: one is enough for all channels of a browser")
	}
	s.by[m.id] = m
	return m, nil
}

func (s *streams) end(m *multiplexer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, m.id)
}

var (
	errNoStream = fault.New(fault.NotFound, "there is no such stream, or it is somebody else's").Hint("GET /stream opens one; its first event has the id")
	channelName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// choose gives a stream its channels.
func (s *streams) choose(ctx context.Context, id string, wanted []StreamChannel) error {
	byName, err := channelsByName(wanted)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.by[id]
	if m == nil || m.owner != owner(auth.PrincipalFrom(ctx)) {
		return errNoStream
	}
	all := len(byName)
	for _, other := range s.by {
		if other.owner == m.owner && other != m {
			all += other.size()
		}
	}
	if all > channelsOfOne {
		return fault.New(fault.TooMany, "too many channels are open").Hint("close some, or streams that nobody reads")
	}
	m.set(byName)
	return nil
}

// channelsByName checks what somebody wants to follow.
func channelsByName(wanted []StreamChannel) (map[string]StreamChannel, error) {
	byName := map[string]StreamChannel{}
	for _, c := range wanted {
		if !channelName.MatchString(c.Name) {
			return nil, errNotAcceptable.At("body.channels", "have names of 1 to 64 letters, digits, - and _")
		}
		if _, twice := byName[c.Name]; twice {
			return nil, errNotAcceptable.At("body.channels", "have a name twice")
		}
		u, err := url.Parse(c.Path)
		if err != nil || u.Scheme != "" || u.Host != "" || checkAddress(u) != nil || keyInQuery(&http.Request{URL: u}) {
			return nil, errNotAcceptable.At("body.channels", "have a path that is none of ours")
		}
		byName[c.Name] = c
	}
	if len(byName) > mostChannels {
		return nil, errNotAcceptable.At("body.channels", "are too many")
	}
	return byName, nil
}
