package monitor

import "math"

const (
	// proven is how many messages make a topic more than a passing one.
	proven = 4
	// youngShare is the part of the topics, one in so many, that is left to new ones, so that they can prove themselves.
	youngShare = 10
	// looks is how many topics are compared with each other.
	looks = 16
)

// topicQueue is a queue of topics, first in, first out.
type topicQueue struct {
	first, last *topicEntry
	n           int
}

func (q *topicQueue) push(e *topicEntry) {
	e.next = nil
	if q.last == nil {
		q.first = e
	} else {
		q.last.next = e
	}
	q.last = e
	q.n++
}

func (q *topicQueue) pop() *topicEntry {
	e := q.first
	q.first = e.next
	if q.first == nil {
		q.last = nil
	}
	e.next = nil
	q.n--
	return e
}

// enqueue takes a new topic in and makes room for it.
func (t *Topics) enqueue(e *topicEntry) {
	if t.isRetained(e) {
		t.known.push(e)
	} else {
		t.young.push(e)
	}
	for t.count.Load() > int64(t.o.Topics) || t.nameBytes.Load() > t.o.TopicBytes && t.count.Load() > 1 {
		t.evict()
	}
}

// evict gives up the topic that seems least useful, at a cost that in the long run does not depend on how many there
// are.
//
// New topics wait in a queue of their own, and while that is at least a tenth of all, the one that waits longest has
// to go, unless it has had four messages or the broker keeps one for it: then it is known. So a flood of topics that
// are never used again, which is what fills a tree in practice, does not push out those that are. Among the known the
// sixteen that were not looked at for the longest time are compared: the one that goes is one whose message the
// broker does not keep, where there is one, and the one that was silent for the longest, where silence counts half
// for twice as many messages (idle time / (1 + log2 messages)).
func (t *Topics) evict() {
	// This takes as long as there are topics that have become known since the last time, each of which moves once.
	for t.young.n > 0 && (t.young.n*youngShare >= int(t.count.Load()) || t.known.n == 0) {
		e := t.young.pop()
		if e.messages < proven && !t.isRetained(e) {
			t.forget(e)
			return
		}
		t.known.push(e)
	}
	var worst *topicEntry
	worstScore := math.Inf(-1)
	for range min(looks, t.known.n) {
		e := t.known.pop()
		score := t.uselessness(e)
		if score <= worstScore {
			t.known.push(e)
			continue
		}
		if worst != nil {
			t.known.push(worst)
		}
		worst, worstScore = e, score
	}
	if worst != nil {
		t.forget(worst)
	}
}

// uselessness is higher the sooner a topic may go.
func (t *Topics) uselessness(e *topicEntry) float64 {
	if t.isRetained(e) {
		// All of them come behind those that are not, in the same order.
		return -1 / (1 + t.idle(e))
	}
	return t.idle(e)
}

// idle is how long a topic was silent, in milliseconds, less for those that had many messages.
func (t *Topics) idle(e *topicEntry) float64 {
	return float64(max(0, t.now-e.last)) / (1 + math.Log2(float64(1+e.messages)))
}

// forget removes a topic that is in no queue.
func (t *Topics) forget(e *topicEntry) {
	shard := t.shardOf(e.name)
	shard.mu.Lock()
	delete(shard.topics, e.name)
	e.dropValue(&t.valueBytes)
	shard.mu.Unlock()
	t.holders.remove(e)
	t.changes.forget(e)
	t.count.Add(-1)
	t.nameBytes.Add(-int64(len(e.name)))
	t.evicted.Add(1)
}
