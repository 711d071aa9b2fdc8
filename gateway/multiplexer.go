package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// multiplexer is one stream that carries several. Each channel is a request of its own to our own routes, by the same
// person, so that it is permitted, checked and ended as any other; what its handler writes is read here, event by event,
// and sent on. A browser that reads slowly makes the handlers wait, which they are built for.
type multiplexer struct {
	s      *streams
	id     string
	owner  string
	ctx    context.Context //nolint:containedctx // that of the stream's request, in which its channels ask too
	ended  <-chan struct{}
	events chan queued
	signal chan struct{} // that there is something in events

	mu       sync.Mutex
	channels map[string]*channel
	closed   bool
	running  sync.WaitGroup
}

type channel struct {
	StreamChannel
	cancel context.CancelFunc
}

// queued is an event that waits to be sent.
type queued struct {
	of    *channel
	event channelEvent
}

// mostAtOnce bounds what is written together: channels may fill the queue as fast as it is read.
const mostAtOnce = 64

// channelEvent is what the browser gets of a channel.
type channelEvent struct {
	Channel string          `json:"channel"`
	Event   string          `json:"event"`
	ID      string          `json:"id"`
	Data    json.RawMessage `json:"data"`
}

// closing is the data of the last event of a channel.
type closing struct {
	Status  int             `json:"status"`
	Problem json.RawMessage `json:"problem,omitempty"`
}

// run sends events until the stream ends.
func (m *multiplexer) run(ctx context.Context, to *stream.Sender) {
	defer m.close()
	if to.Send(stream.Event{Name: "hello", Data: map[string]string{"id": m.id}}) != nil {
		return
	}
	for ctx.Err() == nil {
		if waiting := m.waiting(); len(waiting) > 0 {
			if to.Send(waiting...) != nil {
				return
			}
			continue
		}
		if !to.Wait(ctx, m.signal, nil) {
			break
		}
	}
	m.sayEnded(to)
}

// waiting takes the events that are there. Those of channels that are not wanted any more are dropped: their names may
// belong to others by now.
func (m *multiplexer) waiting() (events []stream.Event) {
	for len(events) < mostAtOnce {
		select {
		case q := <-m.events:
			if m.wants(q.of) {
				events = append(events, stream.Event{Name: "channel", Data: q.event})
			}
		default:
			return events
		}
	}
	return events
}

func (m *multiplexer) wants(c *channel) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.channels[c.Name] == c
}

// size is how many channels there are.
func (m *multiplexer) size() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.channels)
}

// sayEnded tells a browser whose session ended that trying again is of no use.
func (m *multiplexer) sayEnded(to *stream.Sender) {
	select {
	case <-m.ended:
		_ = to.Send(stream.Event{Name: "ended", Data: struct{}{}})
	default:
	}
}

// close ends all channels and waits for them.
func (m *multiplexer) close() {
	m.s.end(m)
	m.mu.Lock()
	m.closed = true
	for _, c := range m.channels {
		c.cancel()
	}
	m.mu.Unlock()
	m.running.Wait()
}

// set ends the channels that are not wanted any more and begins the new ones.
func (m *multiplexer) set(wanted map[string]StreamChannel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	for name, c := range m.channels {
		if w, still := wanted[name]; !still || w.Path != c.Path {
			c.cancel()
			delete(m.channels, name)
		}
	}
	for name, w := range wanted {
		if _, open := m.channels[name]; open {
			continue
		}
		ctx, cancel := context.WithCancel(m.ctx)
		c := &channel{StreamChannel: w, cancel: cancel}
		m.channels[name] = c
		m.running.Go(func() {
			defer cancel()
			m.carry(ctx, c)
		})
	}
}

// carry asks for one stream of ours and sends on what it says.
func (m *multiplexer) carry(ctx context.Context, c *channel) {
	w := &channelWriter{m: m, ctx: ctx, of: c, header: http.Header{}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Path, http.NoBody)
	if err != nil {
		w.status = http.StatusBadRequest
	} else {
		r.Header.Set("Accept", stream.ContentType)
		if c.LastEventID != "" {
			r.Header.Set("Last-Event-ID", c.LastEventID)
		}
		m.ask(w, r)
	}
	m.send(ctx, c, channelEvent{Event: "closed", Data: encode(w.closing())})
}

// ask sends a channel's request through our routes. No other than this goroutine would notice a panic, and it would end
// the program.
func (m *multiplexer) ask(w *channelWriter, r *http.Request) {
	g := m.s.g
	x := &exchange{id: exchangeOf(m.ctx).id, principal: auth.PrincipalFrom(m.ctx), mount: apiMount, channel: true}
	r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
	defer func() {
		lost := recover()
		if lost == nil || isAbort(lost) {
			return
		}
		g.logPanic(x.id, lost)
		w.status = 0
		g.refuse(w, r, fault.From(nil))
	}()
	g.routes.ServeHTTP(w, r)
}

// send hands an event to the stream. It gives up when the channel or the stream ends.
func (m *multiplexer) send(ctx context.Context, c *channel, e channelEvent) bool {
	e.Channel = c.Name
	select {
	case m.events <- queued{of: c, event: e}:
		select {
		case m.signal <- struct{}{}:
		default: // the reader has not looked since the last one
		}
		return true
	case <-ctx.Done():
		return false
	}
}

func encode(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

// channelWriter is the http.ResponseWriter of a channel's request.
type channelWriter struct {
	m      *multiplexer
	ctx    context.Context //nolint:containedctx // an http.ResponseWriter has no other way to know it
	of     *channel
	header http.Header
	status int
	frames frames
	body   bytes.Buffer // of an answer that is no stream: a problem
}

var errChannelEnded = errors.New("the channel has ended")

// mostProblem bounds what is kept of an answer that is no stream.
const mostProblem = 64 << 10

func (w *channelWriter) Header() http.Header { return w.header }

func (w *channelWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *channelWriter) streaming() bool {
	return w.status == http.StatusOK && w.header.Get("Content-Type") == stream.ContentType
}

// Write takes a piece of the answer. Events are sent on when they are whole.
func (w *channelWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.ctx.Err() != nil {
		return 0, errChannelEnded
	}
	if !w.streaming() {
		if w.body.Len() < mostProblem {
			w.body.Write(p)
		}
		return len(p), nil
	}
	alive := true
	whole := w.frames.take(p, func(f frame) {
		data := json.RawMessage(bytes.Clone(f.data))
		if !json.Valid(data) {
			data = encode(string(f.data))
		}
		alive = alive && w.m.send(w.ctx, w.of, channelEvent{Event: f.event, ID: f.id, Data: data})
	})
	if !alive || !whole {
		return 0, errChannelEnded
	}
	return len(p), nil
}

// Flush does nothing: whole events are sent on as they are written.
func (w *channelWriter) Flush() {}

// closing says how the channel's request was answered. An answer that is no stream is a path that has none.
func (w *channelWriter) closing() closing {
	c := closing{Status: w.status}
	if problem := w.body.Bytes(); json.Valid(problem) && w.status >= http.StatusBadRequest {
		c.Problem = problem
	}
	if c.Status == http.StatusOK && !w.streaming() {
		c.Status = http.StatusNotAcceptable
	}
	return c
}
