package clientlogs

import "time"

// rawBytes is how much of a line an event keeps.
const rawBytes = 1024

// about begins an event about a client that the line names by id. Whether it is connected or not, it is remembered for
// its quota.
func (t *Tracker) about(kind Kind, id []byte, sure Certainty) (Event, *client) {
	c := t.clients.obtain(id, t.now)
	return t.of(kind, c, sure), c
}

// of begins an event about a client.
func (t *Tracker) of(kind Kind, c *client, sure Certainty) Event {
	s := &c.session
	e := Event{Time: t.now, Kind: kind, ClientID: s.ClientID, Count: 1, Certainty: sure, Raw: t.line()}
	if !c.live {
		if c.away {
			e.Username, e.HasUser = s.Username, s.HasUser
		}
		e.Own = t.own(s.ClientID, e.Username)
		return e
	}
	e.Username, e.HasUser, e.Address, e.Port, e.Own = s.Username, s.HasUser, s.Address, s.Port, s.Own
	return e
}

// line is the present line for an event.
func (t *Tracker) line() string {
	if len(t.raw) > rawBytes {
		return printable(t.raw[:rawBytes])
	}
	return printable(t.raw)
}

func (t *Tracker) own(clientID, username string) bool {
	return t.options.Own != nil && t.options.Own(clientID, username)
}

// tell emits an event about a client, or folds it when the client or its address has used its quota up. Sessions of our
// own, what an administrator ordered and what the broker did by itself are always told: no device can cause them.
func (t *Tracker) tell(e Event, c *client) {
	if e.Own || e.Kind == Control || e.Reason == BrokerStopped || e.Kind == Recording {
		t.emit(e)
		return
	}
	if c != nil {
		quota, b := t.limits.PerClient, &c.events
		if e.Kind == Publish {
			quota, b = t.limits.Publishing, &c.publish
		}
		if !b.take(quota, t.now) {
			t.folds.add(foldKey{client: e.ClientID, kind: e.Kind, reason: e.Reason}, e)
			return
		}
		if e.Kind == Publish {
			t.emit(e)
			return
		}
	}
	if s := t.sourceOf(e.Address, c); s != nil && !s.bucket.take(t.limits.PerAddress, t.now) {
		t.folds.add(foldKey{address: s.key, kind: e.Kind, reason: e.Reason}, e)
		return
	}
	t.emit(e)
}

// sourceOf finds the address's source, which a connected client remembers.
func (t *Tracker) sourceOf(address string, c *client) *source {
	if c == nil || !c.live {
		return t.sources.find(address)
	}
	if c.source == nil {
		c.source = t.sources.find(address)
	}
	return c.source
}

func (t *Tracker) emit(e Event) { t.events = append(t.events, e) }

func (t *Tracker) change(c SessionChange) { t.changes = append(t.changes, c) }

// expired is told when the broker throws a persistent session away.
func (t *Tracker) expired(r *Record) {
	e, c := t.about(Expired, r.ClientID, certainty(r))
	t.tell(e, c)
	if c.away {
		t.clients.forget(c)
	}
}

// commanded records what an administrator ordered; our own reading is left out.
func (t *Tracker) commanded(r *Record) {
	id, user := printable(r.ClientID), printable(r.Username)
	e := Event{
		Time: t.now, Kind: Control, ClientID: id, Username: user, HasUser: r.HasUser, Topic: string(r.Command), Count: 1,
		Certainty: certainty(r), Raw: t.line(), Own: t.own(id, user),
	}
	if c := t.clients.connected(r.ClientID); c != nil {
		e.Address, e.Port, e.Own = c.session.Address, c.session.Port, c.session.Own
	}
	if e.Own && (hasPrefix(r.Command, "get") || hasPrefix(r.Command, "list")) {
		return
	}
	if len(r.Text) > 0 {
		e.Topic += " | " + printable(r.Text)
	}
	t.tell(e, nil)
}

// passingKept is how long a client without a session is remembered: as long as the usual quota takes to be full again.
const passingKept = 3 * time.Minute

// expire forgets clients that have been gone for so long that their quotas are full again.
func (s *clients) expire(now time.Time) {
	for s.passing.n > 0 {
		c := s.passing.oldest.value
		if passed := now.Sub(c.leftAt); passed < passingKept && passed > -passingKept {
			return
		}
		s.forget(c)
	}
}
