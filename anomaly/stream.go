package anomaly

import (
	"context"
	"sync"

	"github.com/bunkerm/bunkerm/stream"
)

// AlertEvent says that an incident has changed. It carries nothing that needs a permission of its own: whoever follows reads
// the list anew.
type AlertEvent struct {
	ID       int64  `json:"id" doc:"The incident"`
	Status   string `json:"status" enum:"open,acknowledged,closed" doc:"Its state now"`
	Severity string `json:"severity" enum:"low,medium,high,critical" doc:"Its severity now"`
	Type     string `json:"type" enum:"topic,client,broker" doc:"What it is about"`
	Entity   string `json:"entity" doc:"The topic, the client id, or broker"`
}

// eventsKept is how many events a reader may be behind.
const eventsKept = 1024

// events tells readers what happens.
type events struct {
	ring *stream.Ring[stream.Event]
	mu   sync.Mutex
	last int64
}

func newEvents() *events { return &events{ring: stream.NewRing[stream.Event](eventsKept)} }

// alerts tells that incidents have changed.
func (e *events) alerts(all []detail) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range all {
		d := &all[i]
		e.last++
		e.ring.Add(stream.Item[stream.Event]{ID: e.last, Value: stream.Event{Name: "alert", Data: AlertEvent{
			ID: d.ID, Status: d.Status, Severity: d.Severity.String(), Type: d.Type, Entity: d.Entity,
		}}})
	}
}

// BehindEvent says that more happened than was sent.
type BehindEvent struct {
	Of string `json:"of" enum:"alert" doc:"What was left out"`
}

// follow sends what happens from now on. A page needs no more than the newest state of each incident, so what has piled up is
// sent once.
func (s *Service) follow(ctx context.Context, to *stream.Sender) {
	for at := s.events.ring.Last(); ; {
		items, gap, changed := s.events.ring.After(at, eventsKept)
		if gap {
			at = s.events.ring.Last()
			if to.Send(stream.Event{Name: "behind", Data: BehindEvent{Of: "alert"}}) != nil {
				return
			}
			continue
		}
		newest := map[int64]int{}
		for i, item := range items {
			at = item.ID
			if event, ok := item.Value.Data.(AlertEvent); ok {
				newest[event.ID] = i
			}
		}
		var send []stream.Event
		for i, item := range items {
			if event, ok := item.Value.Data.(AlertEvent); ok && newest[event.ID] == i {
				send = append(send, item.Value)
			}
		}
		if len(send) > 0 && to.Send(send...) != nil {
			return
		}
		if len(items) == 0 && !to.Wait(ctx, changed, nil) {
			return
		}
	}
}
