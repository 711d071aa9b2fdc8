package monitor

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/stream"
)

const (
	// streamPace is the least time between two looks at what changed: a page needs no more.
	streamPace = time.Second
	// mostSessionEvents and mostTopicEvents bound what one look sends.
	mostSessionEvents = 500
	mostTopicEvents   = 200
	// topicsRead is how many changed topics are looked at; with a prefix not all of them are sent.
	topicsRead = 4096
)

// SessionEvent is a session that began or ended.
type SessionEvent struct {
	Change string          `json:"change" enum:"began,ended" doc:"What happened"`
	Time   time.Time       `json:"time" doc:"When"`
	Client ConnectedClient `json:"client" doc:"The session"`
}

// TopicEvent is topics that changed.
type TopicEvent struct {
	Topics []TopicDelta `json:"topics" nullable:"false" doc:"The topics that changed, without their values"`
}

// BehindEvent says that more happened than was sent.
type BehindEvent struct {
	Of string `json:"of" enum:"topic" doc:"What was left out"`
}

// follower is one reader of the stream of changes.
type follower struct {
	s        *Service
	prefix   string
	stats    bool
	sessions bool
	topics   bool

	last       *Stats
	atSession  int64
	atTopic    int64
	newSession <-chan struct{}
}

// follow sends changes until the stream ends.
func (s *Service) follow(ctx context.Context, to *stream.Sender, events []string, prefix string) {
	wants := func(event string) bool { return len(events) == 0 || slices.Contains(events, event) }
	f := &follower{s: s, prefix: prefix, stats: wants("stats"),
		sessions: wants("session") && s.o.SessionChanges != nil, topics: wants("topic") && s.o.TopicChanges != nil}
	if f.sessions {
		_, f.atSession, f.newSession = s.o.SessionChanges(0, 0)
	}
	if f.topics {
		_, f.atTopic = s.o.TopicChanges(0, 0)
	}
	// One look a second is cheap enough to need no waking: what is sent is worked out of what is in memory. Sessions are
	// told at once.
	tick := time.NewTicker(streamPace)
	defer tick.Stop()
	for next := time.Now(); ; {
		send := f.lookAtSessions()
		if now := time.Now(); !now.Before(next) {
			send = append(send, f.look()...)
			next = now.Add(streamPace - streamPace/10) // the ticker may be early
		}
		if len(send) > 0 && to.Send(send...) != nil {
			return
		}
		if !to.Wait(ctx, f.newSession, tick.C) {
			return
		}
	}
}

// look returns what else changed since the last look.
func (f *follower) look() (send []stream.Event) {
	if f.stats {
		if stats := f.s.Stats(); f.last == nil || changed(*f.last, stats) {
			f.last = &stats
			send = append(send, stream.Event{Name: "stats", Data: stats})
		}
	}
	if f.topics {
		send = append(send, f.lookAtTopics()...)
	}
	return send
}

// changed reports whether two answers differ in more than what moves all the time by itself.
func changed(a, b Stats) bool {
	a.Self.MemoryBytes, a.Self.QueuedBytes, a.Self.Messages, a.Self.Bytes = b.Self.MemoryBytes, b.Self.QueuedBytes, b.Self.Messages, b.Self.Bytes
	return !reflect.DeepEqual(a, b)
}

func (f *follower) lookAtSessions() (send []stream.Event) {
	for f.sessions {
		changes, next, more := f.s.o.SessionChanges(f.atSession, mostSessionEvents)
		f.atSession, f.newSession = next, more
		for i := range changes {
			event := SessionEvent{Change: "ended", Time: instant(changes[i].At), Client: f.s.row(&changes[i].Session)}
			if changes[i].Began {
				event.Change = "began"
			}
			send = append(send, stream.Event{Name: "session", Data: event})
		}
		if len(changes) < mostSessionEvents || len(send) >= 4*mostSessionEvents {
			break
		}
	}
	return send
}

func (f *follower) lookAtTopics() []stream.Event {
	deltas, next := f.s.o.TopicChanges(f.atTopic, topicsRead)
	f.atTopic = next
	behind := len(deltas) == topicsRead
	kept := slices.DeleteFunc(deltas, func(d TopicDelta) bool { return !underPrefix(d.Topic, f.prefix) })
	if len(kept) > mostTopicEvents {
		behind, kept = true, kept[len(kept)-mostTopicEvents:]
	}
	var send []stream.Event
	if len(kept) > 0 {
		send = append(send, stream.Event{Name: "topic", Data: TopicEvent{Topics: kept}})
	}
	if behind {
		send = append(send, stream.Event{Name: "behind", Data: BehindEvent{Of: "topic"}})
	}
	return send
}
