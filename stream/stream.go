package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/fault"
)

// ContentType is that of an event stream.
const ContentType = "text/event-stream"

// beat is how long a stream may be silent: proxies cut connections that are.
const beat = 15 * time.Second

// mostStreams is how many streams may be open at once: each holds a connection and a goroutine.
const mostStreams = 1000

// Group is the streams that are open. The zero value is ready. Its methods may be called by any number of goroutines.
type Group struct {
	mu     sync.Mutex
	open   map[int]context.CancelFunc
	next   int
	closed bool
}

// Open returns the answer of a route that sends events. run sends until it is done or its context ends, which it does
// when the client goes and when the group is closed. Errors of sending end the stream and are of no interest.
func (g *Group) Open(ctx context.Context, run func(context.Context, *Sender)) (*huma.StreamResponse, error) {
	streaming, cancel := context.WithCancel(ctx)
	number, err := g.enter(cancel)
	if err != nil {
		cancel()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer g.leave(number)
		h.SetHeader("Content-Type", ContentType)
		h.SetHeader("X-Accel-Buffering", "no") // nginx would hold events back
		s := &Sender{w: h.BodyWriter(), beat: time.NewTicker(beat), end: cancel}
		defer s.beat.Stop()
		// The head goes out at once, so that the client knows that it is connected.
		if s.write([]byte(": connected\n\n")) == nil {
			run(streaming, s)
		}
	}}, nil
}

func (g *Group) enter(cancel context.CancelFunc) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return 0, fault.New(fault.Unavailable, "BunkerM is shutting down").After(time.Second)
	case len(g.open) >= mostStreams:
		return 0, fault.New(fault.TooMany, "too many streams are open").Hint("close some, or try again later").After(time.Minute)
	}
	if g.open == nil {
		g.open = map[int]context.CancelFunc{}
	}
	g.next++
	g.open[g.next] = cancel
	return g.next, nil
}

func (g *Group) leave(number int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open[number]()
	delete(g.open, number)
}

// Close ends all streams and lets no new ones begin.
func (g *Group) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for _, cancel := range g.open {
		cancel()
	}
}

// Len is how many streams are open.
func (g *Group) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.open)
}

// Sender writes one stream. One goroutine uses it.
type Sender struct {
	w    io.Writer
	beat *time.Ticker
	buf  bytes.Buffer
	end  context.CancelFunc
	gone bool
}

// Event is one event of a stream.
type Event struct {
	ID   string // what Last-Event-ID will say; empty leaves it as it was. No line breaks
	Name string // the event's type; empty for "message"
	Data any    // encoded as JSON
}

// Send writes events and sends them off together. After an error, which is that the client has gone, the stream's
// context has ended.
func (s *Sender) Send(events ...Event) error {
	s.buf.Reset()
	for _, e := range events {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return fmt.Errorf("encoding an event: %w", err)
		}
		if e.ID != "" {
			s.line("id: ", oneLine(e.ID))
		}
		if e.Name != "" {
			s.line("event: ", oneLine(e.Name))
		}
		s.line("data: ", string(data)) // JSON has no line breaks of its own
		s.buf.WriteByte('\n')
	}
	return s.write(s.buf.Bytes())
}

// Wait returns when something has happened (changed is closed), when it is time to look by the clock (tick; may be
// nil), or when the stream ends, for which it reports false. While it waits it keeps the connection alive.
func (s *Sender) Wait(ctx context.Context, changed <-chan struct{}, tick <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-changed:
			return true
		case <-tick:
			return true
		case <-s.beat.C:
			if s.write([]byte(":\n\n")) != nil {
				return false
			}
		}
	}
}

func (s *Sender) line(field, value string) {
	s.buf.WriteString(field)
	s.buf.WriteString(value)
	s.buf.WriteByte('\n')
}

// write sends bytes off.
func (s *Sender) write(p []byte) error {
	if s.gone {
		return io.ErrClosedPipe
	}
	_, err := s.w.Write(p)
	if w, ok := s.w.(http.ResponseWriter); ok && err == nil {
		err = http.NewResponseController(w).Flush()
	}
	if err != nil {
		s.gone = true
		s.end()
		return fmt.Errorf("sending events: %w", err)
	}
	return nil
}

func oneLine(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }
