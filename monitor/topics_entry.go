package monitor

import (
	"math"
	"time"
)

// topicEntry is what is known of one topic. Its size counts: 112 bytes, the name, the value and a place in a map are
// what a topic costs.
type topicEntry struct {
	// What readers see is written under the lock of the shard, by the feeding goroutine alone; only the value is
	// dropped by others too.
	name     string
	value    []byte
	messages int64
	weight   float64 // of the messages, at the time of the last one; see rate
	last     int64   // when the last message was published that counts, Unix milliseconds; 0 for never
	first    uint32  // when the first was, in seconds after Topics.since
	size     uint32  // of the last payload, whole; MQTT allows 256 MiB
	retained uint32  // the number of the connection in which the broker was seen to keep a message; 0 for never
	held     held

	// What follows is the feeding goroutine's own.
	lively   bool  // the value changed since dropValues came by
	mark     int64 // where in the ring of changes the topic is
	next     *topicEntry
	previous *topicEntry // among those that hold a value
	later    *topicEntry // and the other way
}

// held says how much of the last value is there.
type held uint8

const (
	heldNothing  held = iota // there is no room for it
	heldWhole                // all of it
	heldPart                 // the beginning
	heldRedacted             // nothing, because it is redacted
)

// The rate of a topic counts each message with a weight that decays with its age, by e in rateWindow, and divides by
// what one message a second would have weighed all that time:
//
//	rate(now) = sum exp(-(now-at)/w) / (w * (1 - exp(-age/w))),  age = now - first message, at least rateMinimum
//
// So a steady stream shows its true rate after a few seconds already, one that stopped fades by half every 21 s, and
// a single message is never more than one in rateMinimum.
const (
	rateWindow  = 30_000 // ms
	rateMinimum = 5_000  // ms
)

// rate is the estimate in messages a second at a time in Unix milliseconds. first is when the first message was
// published.
func (e *topicEntry) rate(now, first int64) float64 {
	if e.messages == 0 {
		return 0
	}
	age := max(now-first, rateMinimum)
	return e.weight * decay(now-e.last) / (rateWindow / 1000 * (1 - decay(age)))
}

// decay is what is left of a weight after some milliseconds.
func decay(ms int64) float64 {
	switch {
	case ms <= 0: // the clock was set back
		return 1
	case ms > 30*rateWindow:
		return 0
	}
	return math.Exp(-float64(ms) / rateWindow)
}

// firstMessage is when the first message was published, in Unix milliseconds.
func (t *Topics) firstMessage(e *topicEntry) int64 { return t.since.UnixMilli() + int64(e.first)*1000 }

// countMessage takes note of a message that was published now.
func (t *Topics) countMessage(e *topicEntry) {
	if e.messages == 0 {
		e.first = uint32(max(0, (t.now-t.since.UnixMilli())/1000))
	}
	e.messages++
	if t.now != e.last {
		e.weight *= decay(t.now - e.last)
		e.last = t.now
	}
	e.weight++
}

// lastSeen is when the last message was published; the zero time when none was since the start.
func (e *topicEntry) lastSeen() time.Time {
	if e.last == 0 {
		return time.Time{}
	}
	return time.UnixMilli(e.last)
}
