package monitor

import (
	"hash/maphash"
	"math"

	"github.com/bunkerm/bunkerm/broker/observe"
)

// Take takes note of everything in a block, which it does not keep. Only one goroutine may feed.
func (t *Topics) Take(block *observe.Block) {
	t.now = block.At.UnixMilli()
	if connection := uint32(block.Generation); connection != t.connection.Load() {
		// The broker may have been restarted, or be another one. What it keeps, it tells in a moment.
		t.connection.Store(connection)
	}
	watchers := t.hub.now()
	for _, w := range watchers {
		w.notice(block)
	}
	var m observe.Message
	for block.Next(&m) {
		t.note(&m)
		for _, w := range watchers {
			w.offer(&m, t.now)
		}
	}
}

// note takes a message. For a topic that is known it allocates nothing, unless the value needs more room than before.
func (t *Topics) note(m *observe.Message) {
	// What begins with $ is the broker's own; its figures have their place in the statistics.
	if len(m.Topic) == 0 || m.Topic[0] == '$' || string(m.Topic) == t.o.Own {
		return
	}
	shard := &t.shards[maphash.Bytes(t.seed, m.Topic)%uint64(len(t.shards))]
	shard.mu.Lock()
	e, known := shard.topics[string(m.Topic)]
	if !known {
		e = t.add(shard, string(m.Topic))
	}
	t.apply(e, m)
	shard.mu.Unlock()

	// Both come before room is made, which may take this very topic away again.
	t.hold(e)
	t.changes.mark(e)
	if !known {
		t.enqueue(e)
	}
}

// add puts a new topic into the shard, whose lock the caller holds.
func (t *Topics) add(shard *topicShard, name string) *topicEntry {
	e := &topicEntry{name: name}
	if matchesAny(*t.redacted.Load(), e.name) {
		e.held = heldRedacted
	}
	shard.topics[e.name] = e
	t.count.Add(1)
	t.nameBytes.Add(int64(len(e.name)))
	return e
}

// apply changes what readers see. The caller holds the lock of the topic's shard.
func (t *Topics) apply(e *topicEntry, m *observe.Message) {
	if !m.Stored {
		t.countMessage(e)
	}
	e.size = uint32(min(int64(m.Size), math.MaxUint32))
	if m.Retain || m.Stored {
		// An empty payload makes the broker forget what it kept (MQTT 5.0, 3.3.1.3).
		e.retained = 0
		if m.Size > 0 {
			e.retained = t.connection.Load()
		}
	}
	t.setValue(e, m.Payload, m.Size)
}

// isRetained reports whether the broker keeps a message for the topic, as far as the present connection has told.
func (t *Topics) isRetained(e *topicEntry) bool {
	return e.retained != 0 && e.retained == t.connection.Load()
}
