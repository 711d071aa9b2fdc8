package monitor

import "time"

// Traffic is what connections of ours have cost the broker, as the broker counts it in $SYS.
type Traffic struct {
	MessagesReceived, MessagesSent         int64 // MQTT packets of every kind; received is what we sent
	PublishReceived, PublishSent           int64 // PUBLISH packets among them
	PublishBytesReceived, PublishBytesSent int64 // their payloads
	BytesReceived, BytesSent               int64 // of all packets, without TLS and TCP
}

func (t Traffic) plus(u Traffic, sign int64) Traffic {
	t.MessagesReceived += sign * u.MessagesReceived
	t.MessagesSent += sign * u.MessagesSent
	t.PublishReceived += sign * u.PublishReceived
	t.PublishSent += sign * u.PublishSent
	t.PublishBytesReceived += sign * u.PublishBytesReceived
	t.PublishBytesSent += sign * u.PublishBytesSent
	t.BytesReceived += sign * u.BytesReceived
	t.BytesSent += sign * u.BytesSent
	return t
}

// of is the part of a counter that is ours.
func (t Traffic) of(f figure) int64 {
	switch f {
	case figMessagesReceived:
		return t.MessagesReceived
	case figMessagesSent:
		return t.MessagesSent
	case figPublishReceived:
		return t.PublishReceived
	case figPublishSent:
		return t.PublishSent
	case figPublishBytesReceived:
		return t.PublishBytesReceived
	case figPublishBytesSent:
		return t.PublishBytesSent
	case figBytesReceived:
		return t.BytesReceived
	case figBytesSent:
		return t.BytesSent
	default:
		return 0
	}
}

// ledger keeps apart what of the broker's counters is ours. The broker counts from its own start, over all of our
// connections and over restarts of ours, so the ledger is kept for one run of the broker and saved with the history.
//
// What was delivered to the observation is known exactly for every place in its stream, and the broker's figures come
// in the same stream: it writes to one client in order and counts what it has written. Traffic of other connections of
// ours is taken a moment later, so it errs on the side of too much for ours, and the next figures mend that.
type ledger struct {
	uptime  float64   // of the broker, as last told; seconds
	told    time.Time // when that was
	decided bool      // the present connection is known to be with the run that the ledger is about
	left    time.Time // when the connection before ended; zero when there was none

	past      Traffic // what is ours in this run, the present connection and others since began left out
	others    Traffic // all other traffic of ours since our process began, when past was last added to
	delivered Traffic // to the observation on the present connection
	frames    int64   // what delivered.BytesSent came to on all connections
}

// savedLedger is the ledger as it survives our own restart.
type savedLedger struct {
	Uptime float64 `json:"uptime"`
	At     int64   `json:"at"` // epoch milliseconds
	Ours   Traffic `json:"ours"`
}

func (l *ledger) restore(s savedLedger) {
	l.uptime, l.told, l.past = s.Uptime, time.UnixMilli(s.At), s.Ours
}

func (l *ledger) save(now time.Time, others Traffic) (s savedLedger, ok bool) {
	return savedLedger{Uptime: l.uptime, At: now.UnixMilli(), Ours: l.ours(l.delivered, others)}, l.decided
}

// ours is everything of ours in this run of the broker, at the place of the stream where so much had been delivered.
func (l *ledger) ours(delivered, others Traffic) Traffic {
	return l.past.plus(delivered, 1).plus(others, 1).plus(l.others, -1)
}

// leave closes the account of a connection that has ended.
func (l *ledger) leave(at time.Time, others Traffic) {
	l.past = l.ours(l.delivered, others)
	l.others, l.delivered = others, Traffic{}
	l.left, l.decided = at, false
}

// deliver takes note of how much has been delivered on the present connection, and of the bytes of the frame that came
// last. The bytes of the others are not known here, and need not be: what counts in the end is all that came over the
// wire less the frames behind a place, and those are the last ones of a tick.
func (l *ledger) deliver(messages, payload, frame int64) {
	l.delivered.MessagesSent, l.delivered.PublishSent, l.delivered.PublishBytesSent = messages, messages, payload
	l.delivered.BytesSent += frame
	l.frames += frame
}

// frameSize is the length of a PUBLISH packet at QoS 0 without properties (MQTT 5.0, 3.3). Mosquitto before 2.0.16 adds
// five bytes to those that tell its figures.
func frameSize(topic, payload int) int64 {
	length := 2 + topic + 1 + payload
	head := 2
	for rest := length >> 7; rest > 0; rest >>= 7 {
		head++
	}
	return int64(head + length)
}

// Two moments of one run of the broker differ in its uptime as they do by our clock, up to whole seconds and the time
// that a kept value has lain there, usually one interval of ten seconds.
const (
	slack = 2 * time.Second
	stale = 15 * time.Second
)

// hear takes the uptime and reports whether the broker has started again since the last one. It has when the uptime is
// lower, and on a new connection also when it lags behind our clock by as much as the broker had been up.
func (l *ledger) hear(uptime float64, at time.Time, others Traffic) (restarted bool) {
	behind := time.Duration((l.uptime-uptime)*float64(time.Second)) + at.Sub(l.told)
	switch {
	case l.decided:
		restarted = uptime < l.uptime
	case l.told.IsZero():
		// The first broker that this ledger sees: whatever is ours began now.
	default:
		restarted = uptime < l.uptime || behind > stale && (behind+slack).Seconds() >= l.uptime
	}
	switch {
	case restarted && l.decided:
		l.restart(others)
	case restarted:
		l.past = Traffic{}
	}
	l.uptime, l.told, l.decided = uptime, at, true
	return restarted
}

// restart begins all counts here: somebody between us and the broker has kept our connection.
func (l *ledger) restart(others Traffic) {
	l.past, l.others = Traffic{}.plus(l.delivered, -1), others
}
