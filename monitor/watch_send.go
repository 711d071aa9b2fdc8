package monitor

import (
	"context"
	"time"

	"github.com/bunkerm/bunkerm/stream"
)

// The events of the stream GET /monitor/watch.
const (
	eventWatching   = "watching"
	eventMessage    = "message"
	eventSampled    = "sampled"
	eventLost       = "lost"
	eventConnection = "connection"
)

// Watching is the first event of a stream of messages.
type Watching struct {
	Filters   []WatchedFilter `json:"filters" nullable:"false" doc:"What is watched"`
	Observed  bool            `json:"observed" doc:"Whether all of them are observed as a whole; where not, some or all messages are not seen"`
	Payloads  bool            `json:"payloads" doc:"Whether payloads are shown (the permission payload:read)"`
	PerSecond int             `json:"per_second" doc:"How many messages a second are shown at most"`
}

// WatchedFilter is one of the filters.
type WatchedFilter struct {
	Filter   string `json:"filter" doc:"The filter"`
	Observed bool   `json:"observed" doc:"Whether one of the filters that the broker is observed with covers it"`
}

// WatchMessage is a message that was published.
type WatchMessage struct {
	Topic     string    `json:"topic" doc:"The topic"`
	Payload   *string   `json:"payload" doc:"The payload or its beginning; null where payload_state is neither whole nor part"`
	Encoding  *string   `json:"encoding" doc:"How payload is written, utf8 or base64; null where payload is"`
	State     string    `json:"payload_state" enum:"whole,part,redacted,not_permitted" doc:"Whether payload is all of it"`
	QoS       *int      `json:"qos" doc:"Always null: the broker delivers to BunkerM's observation at QoS 0 and does not tell"`
	Retain    bool      `json:"retain" doc:"Whether the broker was asked to keep the message"`
	SizeBytes int       `json:"size_bytes" doc:"Size of the payload, whole"`
	Time      time.Time `json:"time" doc:"When it came, on BunkerM's clock"`
	Stored    bool      `json:"stored" doc:"The broker had kept it and delivered it because BunkerM subscribed; it was published earlier"`
}

// WatchSampled says that not every message was shown in the last second.
type WatchSampled struct {
	Shown int64 `json:"shown" doc:"How many were shown"`
	Seen  int64 `json:"seen" doc:"How many fell under the filters"`
}

// WatchLost says that messages passed by without being looked at.
type WatchLost struct {
	Messages int64 `json:"messages" doc:"How many, of whatever topic, BunkerM was too slow to look at"`
}

// WatchConnection says that the observation was interrupted, or goes on.
type WatchConnection struct {
	Connected bool      `json:"connected" doc:"Whether the broker is observed from now on"`
	Time      time.Time `json:"time" doc:"Since when"`
}

// sampleEvery is a little less than a second, so that each tick of a second is one at which it has passed.
const sampleEvery = 900 * time.Millisecond

// watch sends what the watcher is shown until ctx ends.
func (t *Topics) watch(ctx context.Context, w *watcher, s *stream.Sender) {
	if s.Send(stream.Event{Name: eventWatching, Data: t.watching(w)}) != nil {
		return
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	var tally WatchSampled
	next := t.o.Clock().Add(sampleEvery)
	for s.Wait(ctx, w.wake, second.C) {
		taken := w.take()
		tally.Seen += taken.seen
		tally.Shown += taken.shown
		events := t.watchEvents(w, taken)
		if now := t.o.Clock(); !now.Before(next) {
			if tally.Shown < tally.Seen {
				events = append(events, stream.Event{Name: eventSampled, Data: tally})
			}
			tally, next = WatchSampled{}, now.Add(sampleEvery)
		}
		if len(events) > 0 && s.Send(events...) != nil {
			return
		}
	}
}

func (t *Topics) watching(w *watcher) Watching {
	observed := t.o.Observed()
	first := Watching{Filters: []WatchedFilter{}, Observed: true, Payloads: w.payloads, PerSecond: watchRate}
	for _, filter := range w.filters {
		one := WatchedFilter{Filter: filter, Observed: coveredBy(observed, filter)}
		first.Filters = append(first.Filters, one)
		first.Observed = first.Observed && one.Observed
	}
	return first
}

// watchEvents are the events for what a watcher is sent at once. The order of messages and of a change of the
// connection among them is not kept; the time of each tells it.
func (t *Topics) watchEvents(w *watcher, taken watched) []stream.Event {
	var events []stream.Event
	if taken.connection != nil {
		events = append(events, stream.Event{Name: eventConnection, Data: *taken.connection})
	}
	if taken.lost > 0 {
		events = append(events, stream.Event{Name: eventLost, Data: WatchLost{Messages: taken.lost}})
	}
	redacted := *t.redacted.Load()
	for _, m := range taken.messages {
		events = append(events, stream.Event{Name: eventMessage, Data: m.shown(w.payloads, redacted)})
	}
	return events
}

// shown is the message as the event has it. What was redacted since the message came is left out as well.
func (m *watchedMessage) shown(payloads bool, redacted []string) WatchMessage {
	shown := WatchMessage{
		Topic: m.topic, Retain: m.retain, SizeBytes: m.size, Time: instant(time.UnixMilli(m.at)), Stored: m.stored,
	}
	switch {
	case m.payload == nil && payloads, matchesAny(redacted, m.topic):
		shown.State = stateRedacted
	case !payloads:
		shown.State = stateNotPermitted
	default:
		shown.State = stateWhole
		cut := len(m.payload) < m.size
		if cut {
			shown.State = statePart
		}
		text, encoding := encodePayload(m.payload, cut)
		shown.Payload, shown.Encoding = &text, &encoding
	}
	return shown
}
