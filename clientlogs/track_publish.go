package clientlogs

import "time"

// countFor is how long equal publishes become one event.
const countFor = time.Second

// aggregate is publishes of one client to one topic.
type aggregate struct {
	key   countingKey
	event Event
	place int // in the client's list
}

type countingKey struct {
	client *client
	topic  string
}

// counting are the publishes that are being counted.
type counting struct {
	limit int
	byKey map[countingKey]*queued[aggregate]
	order queue[aggregate]
}

// published counts a publish. What goes to the plugins' topics is told by their own lines.
func (t *Tracker) published(r *Record) {
	t.asking.kind = NothingKnown
	c := t.clients.obtain(r.ClientID, t.now)
	if c.live && c.session.Own || !c.live && t.own(c.session.ClientID, "") || r.TopicCut && len(r.Topic) == 0 {
		return
	}
	switch string(r.Topic) {
	case "$CONTROL/dynamic-security/v1", "$CONTROL/broker/v1":
		return
	}
	if t.options.Wants != nil && !t.options.Wants(r.ClientID, r.Topic) {
		return
	}
	// The lines' own time may run far behind the clock's.
	t.counting.due(t.now, t.counted)
	n := &t.counting
	if open := n.byKey[countingKey{c, string(r.Topic)}]; open != nil {
		e := &open.value.event
		e.Count++
		e.Size += r.Size
		e.QoS = max(e.QoS, r.QoS)
		e.Retain = e.Retain || r.Retain
		e.Certainty = max(e.Certainty, certainty(r))
		if e.Raw = ""; t.now.After(e.Time) {
			e.Until = t.now
		} else {
			e.Until = e.Time
		}
		return
	}
	if n.order.n >= n.limit {
		t.counted(n.order.oldest)
	}
	e := t.of(Publish, c, certainty(r))
	e.Topic, e.QoS, e.Retain, e.Size = printable(r.Topic), r.QoS, r.Retain, r.Size
	key := countingKey{c, string(r.Topic)}
	a := n.order.push(aggregate{key: key, event: e, place: len(c.counting)})
	n.byKey[key] = a
	c.counting = append(c.counting, a)
}

// due ends what was begun a second ago or more, or in the future by a clock that has stepped back since.
func (n *counting) due(now time.Time, end func(*queued[aggregate])) {
	for n.order.n > 0 {
		if passed := now.Sub(n.order.oldest.value.event.Time); passed < countFor && passed > -countFor {
			return
		}
		end(n.order.oldest)
	}
}

// all ends everything.
func (n *counting) all(end func(*queued[aggregate])) {
	for n.order.n > 0 {
		end(n.order.oldest)
	}
}

// counted tells of publishes that have been counted.
func (t *Tracker) counted(a *queued[aggregate]) {
	n, c, place := &t.counting, a.value.key.client, a.value.place
	n.order.remove(a)
	delete(n.byKey, a.value.key)
	last := len(c.counting) - 1
	c.counting[place] = c.counting[last]
	c.counting[place].value.place = place
	c.counting[last] = nil
	c.counting = c.counting[:last]
	t.tell(a.value.event, c)
}

// settleCounts tells what a client has published before it is told that it left.
func (t *Tracker) settleCounts(c *client) {
	for len(c.counting) > 0 {
		t.counted(c.counting[0])
	}
}

// publishDenied tells of a message that was not taken, or not delivered.
func (t *Tracker) publishDenied(r *Record) {
	t.asking.kind = NothingKnown
	e, c := t.about(Denied, r.ClientID, certainty(r))
	if e.Own {
		return
	}
	e.Reason, e.Topic, e.QoS, e.Retain, e.Size = r.Reason, printable(r.Topic), r.QoS, r.Retain, r.Size
	t.tell(e, c)
}
