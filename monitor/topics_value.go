package monitor

import "sync/atomic"

// setValue keeps a value as far as it may be kept. The caller holds the lock of the topic's shard.
func (t *Topics) setValue(e *topicEntry, payload []byte, size int) {
	if e.held == heldRedacted {
		return
	}
	n := min(len(payload), t.o.ValueLimit)
	if n > cap(e.value) {
		// Values of a topic are of much the same length: a little more makes the next ones fit.
		room := (n + n/8 + 15) &^ 15
		t.valueBytes.Add(int64(room - cap(e.value)))
		e.value = make([]byte, room)
	}
	e.value = e.value[:n]
	copy(e.value, payload)
	e.held, e.lively = heldWhole, true
	if n < size {
		e.held = heldPart
	}
}

// dropValue gives the room of a value back. The caller holds the lock of the topic's shard.
func (e *topicEntry) dropValue(valueBytes *atomic.Int64) {
	valueBytes.Add(-int64(cap(e.value)))
	e.value, e.held = nil, heldNothing
}

// valueRing is the topics that hold a value, in the order in which they are looked at when there is no room left.
type valueRing struct{ first, last *topicEntry }

func (r *valueRing) has(e *topicEntry) bool { return e.previous != nil || e == r.first }

func (r *valueRing) push(e *topicEntry) {
	e.previous, e.later = r.last, nil
	if r.last == nil {
		r.first = e
	} else {
		r.last.later = e
	}
	r.last = e
}

func (r *valueRing) remove(e *topicEntry) {
	if !r.has(e) {
		return
	}
	if e.previous == nil {
		r.first = e.later
	} else {
		e.previous.later = e.later
	}
	if e.later == nil {
		r.last = e.previous
	} else {
		e.later.previous = e.previous
	}
	e.previous, e.later = nil, nil
}

// hold takes note that a topic may hold a value now, and makes room when all of them together hold too much.
func (t *Topics) hold(e *topicEntry) {
	if !t.holders.has(e) {
		t.holders.push(e)
	}
	for i := 1; t.valueBytes.Load() > t.o.ValueBytes; i++ {
		t.dropValues(i < looks)
	}
}

// dropValues looks at the topic that holds a value and was not looked at for the longest time. It loses the value,
// unless it may be spared because that has changed since the last look; then only room that it does not need is taken
// from it, and after a round without a change it goes as well. The topic itself stays, with its counts.
func (t *Topics) dropValues(spare bool) {
	e := t.holders.first
	t.holders.remove(e)
	shard := t.shardOf(e.name)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	switch {
	case cap(e.value) == 0: // somebody redacted it
		return
	case !e.lively || !spare:
		e.dropValue(&t.valueBytes)
		return
	case cap(e.value) > 2*len(e.value)+16:
		t.valueBytes.Add(int64(len(e.value) - cap(e.value)))
		e.value = append(make([]byte, 0, len(e.value)), e.value...)
	}
	e.lively = false
	t.holders.push(e)
}
