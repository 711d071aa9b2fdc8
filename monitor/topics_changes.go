package monitor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// changesKept is how many changed topics are remembered at most.
const changesKept = 4096

// TopicDelta is a topic that changed, without its value: a stream of changes is for everybody who may see the topics.
type TopicDelta struct {
	Topic     string     `json:"topic" doc:"The topic"`
	Messages  int64      `json:"messages" doc:"Messages published since counting began"`
	Rate      float64    `json:"rate" doc:"Messages a second, an estimate over about the last 30 seconds"`
	SizeBytes int64      `json:"size_bytes" doc:"Size of the last payload"`
	Retained  bool       `json:"retained" doc:"Whether the broker keeps a message for the topic"`
	LastSeen  *time.Time `json:"last_seen" doc:"When the last message was published, null when none was since counting began"`
}

// changeRing is the topics that changed last. A topic is in it once, and keeps its place until somebody has
// been told of it, so that thousands of messages on a few topics cost nothing but a comparison each.
type changeRing struct {
	told atomic.Int64 // the highest position that somebody has been told

	mu    sync.Mutex // a reader holds it for as long as it takes to copy some thousand pointers
	slots [changesKept]*topicEntry
	at    int64 // the position of the newest; written under the lock by the feeding goroutine
}

// mark takes note that a topic has changed. Only the feeding goroutine calls it, after the change: whoever was told of
// the topic before this looks at it after that, so no change is lost between the two.
func (r *changeRing) mark(e *topicEntry) {
	if e.mark > r.told.Load() && e.mark > r.at-changesKept {
		return // nobody has been told since, so everybody will be
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear(e)
	r.at++
	r.slots[r.at%changesKept], e.mark = e, r.at
}

// forget lets go of a topic that is not kept any more: its name may be long.
func (r *changeRing) forget(e *topicEntry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clear(e)
}

// clear empties the place of a topic, which it may have lost already. The caller holds the lock.
func (r *changeRing) clear(e *topicEntry) {
	if place := &r.slots[e.mark%changesKept]; *place == e {
		*place = nil
	}
}

// after returns up to n of the topics that changed last, behind a position, the oldest first, and the new position.
func (r *changeRing) after(position int64, n int) ([]*topicEntry, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if position > r.at {
		position = 0 // it is from before our restart
	}
	r.told.Store(max(r.told.Load(), r.at))
	var changed []*topicEntry
	for i := r.at; i > max(position, r.at-changesKept) && len(changed) < n; i-- {
		if e := r.slots[i%changesKept]; e != nil {
			changed = append(changed, e)
		}
	}
	slices.Reverse(changed)
	return changed, r.at
}

// Changes returns topics that changed after a generation, which is what an earlier call returned or 0, and the present
// generation. There are at most that many of them, most,, and at most 4096: when more have changed those are left out that changed
// earliest since anybody asked. Topics that were evicted are left out too.
func (t *Topics) Changes(after int64, most int) ([]TopicDelta, int64) {
	changed, generation := t.changes.after(after, most)
	deltas := make([]TopicDelta, 0, len(changed))
	now := t.o.Clock().UnixMilli()
	for _, e := range changed {
		deltas = append(deltas, t.delta(e, now))
	}
	return deltas, generation
}

func (t *Topics) delta(e *topicEntry, now int64) TopicDelta {
	shard := t.shardOf(e.name)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	return TopicDelta{
		Topic: e.name, Messages: e.messages, Rate: e.rate(now, t.firstMessage(e)), SizeBytes: int64(e.size),
		Retained: t.isRetained(e), LastSeen: instantOrNull(e.lastSeen()),
	}
}
