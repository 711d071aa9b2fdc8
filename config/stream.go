package config

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/stream"
)

// StepEvent is a part of a change that is being made.
type StepEvent struct {
	Watch  string    `json:"watch" doc:"The name that the request gave the change"`
	Step   string    `json:"step" enum:"checking,trying,writing,reloading,restarting,proving,putting_back,back,done,failed"`
	At     time.Time `json:"at"`
	Detail string    `json:"detail,omitempty"`
}

// ChangedEvent says that a file is not what it was.
type ChangedEvent struct {
	File    string `json:"file" enum:"broker,dynsec"`
	Outside bool   `json:"outside" doc:"Somebody changed it on disk"`
	Version int64  `json:"version" doc:"Number of the version that it is now"`
}

// eventsKept is how many events a reader may be behind.
const eventsKept = 256

// events tells readers what happens.
type events struct {
	ring *stream.Ring[stream.Event]
	mu   sync.Mutex
	last int64
}

func newEvents() *events { return &events{ring: stream.NewRing[stream.Event](eventsKept)} }

func (e *events) add(name string, data any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last++
	e.ring.Add(stream.Item[stream.Event]{ID: e.last, Value: stream.Event{Name: name, Data: data}})
}

// stepper tells the steps of one change.
func (s *Service) stepper(watch string) func(step, detail string) {
	return func(step, detail string) {
		s.events.add("step", StepEvent{Watch: watch, Step: step, At: s.o.Clock().UTC(), Detail: detail})
	}
}

func registerStream(api huma.API, s *Service) {
	op := operation("stream", http.MethodGet, "/config/stream", permissionRead, "Follow changes",
		"Server-sent events: step for each part of a change that is being made, changed when the files have become others.",
		http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The events step and changed",
		Content:     map[string]*huma.MediaType{stream.ContentType: {Schema: &huma.Schema{Type: "string"}}},
	}}
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		if s.o.Streams == nil {
			return nil, fault.New(fault.Unavailable, "there are no streams")
		}
		at := s.events.ring.Last()
		return s.o.Streams.Open(ctx, func(ctx context.Context, to *stream.Sender) { s.follow(ctx, to, at) })
	})
}

// follow sends what happens behind an event.
func (s *Service) follow(ctx context.Context, to *stream.Sender, at int64) {
	for {
		items, gap, changed := s.events.ring.After(at, eventsKept)
		if gap {
			at = s.events.ring.Forgotten() // whoever is so slow reads the state anew at its next look
			continue
		}
		if len(items) > 0 {
			send := make([]stream.Event, len(items))
			for i, item := range items {
				send[i], at = item.Value, item.ID
			}
			if to.Send(send...) != nil {
				return
			}
			continue
		}
		if !to.Wait(ctx, changed, nil) {
			return
		}
	}
}
