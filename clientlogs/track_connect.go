package clientlogs

import "time"

// connected begins a session. What the old one of this id had not ended yet has ended now.
func (t *Tracker) connected(r *Record) {
	t.asking.kind = NothingKnown
	t.refused = refusedLogin{}
	a := t.arrivals.take(r.Address, r.Port)
	c := t.clients.obtain(r.ClientID, t.now)
	if c.live {
		// The broker would have said that it ended, or was taken over. So lines are missing, or the id was cut.
		t.end(c, UnknownReason, Paired)
	}
	s := Session{
		ClientID: c.session.ClientID, Username: same(c.session.Username, r.Username), HasUser: r.HasUser,
		Address: same(c.session.Address, r.Address), Port: r.Port, Protocol: protocolName(r.Protocol),
		CleanStart: r.CleanStart, KeepaliveSeconds: r.Keepalive, Bridge: r.Bridge, ConnectedAt: t.now, Unsure: r.Doubtful,
	}
	if a != nil {
		s.ListenerPort = a.listener
	}
	s.Own = t.own(s.ClientID, s.Username)
	c.idCut = r.IDCut
	t.inherit(c, &s)
	if s.Address != c.session.Address {
		c.source = nil
	}
	c.session, c.told = s, false
	if t.clients.connect(c, len(s.Username)+len(s.Address)) {
		t.parser.Watch(c.key)
		t.change(SessionChange{Saved: saved(c)})
	} else {
		t.whole = false
	}
	t.latest = c
	e := t.of(Connect, c, certainty(r))
	e.Username, e.HasUser, e.Address, e.Port, e.Own = s.Username, s.HasUser, s.Address, s.Port, s.Own
	e.Protocol, e.KeepaliveSeconds, e.CleanStart, e.Bridge = s.Protocol, s.KeepaliveSeconds, s.CleanStart, s.Bridge
	t.tell(e, c)
}

// inherit decides which subscriptions a new session begins with.
func (t *Tracker) inherit(c *client, s *Session) {
	had := c.filters
	wasAway := c.away
	t.clients.filters += c.filters.forget()
	c.maybe = filters{}
	switch {
	case c.idCut:
		// Its subscriptions are cut away behind its id.
	case s.CleanStart:
		c.filters = none()
	case wasAway && had.known && s.Protocol != "5.0" && c.session.Protocol != "5.0":
		c.filters = had
		t.clients.filters += len(had.hashes)
	case wasAway && had.known:
		c.maybe = had // the broker kept it for as long as the client asked for, which the log does not tell
	}
	s.Subscriptions = c.filters.count()
}

// protocolName is the version as people name it.
func protocolName(level uint8) string {
	switch level {
	case 3:
		return "3.1"
	case 4:
		return "3.1.1"
	case 5:
		return "5.0"
	}
	return ""
}

// end ends a session and tells why.
func (t *Tracker) end(c *client, reason Reason, sure Certainty) {
	t.settleCounts(c)
	if !c.told {
		e := t.of(Disconnect, c, sure)
		e.Reason = reason
		t.tell(e, c)
	}
	t.close(c)
}

// close ends a session without a word.
func (t *Tracker) close(c *client) {
	t.parser.Unwatch(c.key)
	keep := !c.session.CleanStart
	t.clients.disconnect(c, keep, t.now)
	if keep && !c.gone {
		t.change(SessionChange{Saved: saved(c)})
		return
	}
	t.change(SessionChange{Removed: true, Saved: SavedSession{Key: []byte(c.key)}})
}

// left ends the session of a client that left, or tells of a login that was refused.
func (t *Tracker) left(r *Record) {
	t.asking.kind = NothingKnown
	if r.Unknown {
		t.strangerLeft(r)
		return
	}
	c := t.clients.connected(r.ClientID)
	if c == nil && r.IDCut {
		c = t.clients.cutPrefix(r.ClientID)
	}
	if len(r.Address) > 0 {
		arrived := t.arrivals.take(r.Address, r.Port) != nil
		if c != nil && !sameEnd(&c.session, r) && (arrived || !c.session.Unsure) {
			c = nil // somebody else who uses the id; whoever has it stays
		}
		if c == nil {
			t.neverIn(r, string(r.Address), r.Port, arrived, certainty(r))
			return
		}
	} else if r.Reason == NotAuthorized {
		// 2.0 from 2.0.13 on names the id where it can, and it can when a login is refused.
		_, said := t.denied(r.ClientID)
		if c == nil || said {
			address, port, sure := "", 0, certainty(r)
			if a := t.arrivals.plausible("", t.now); a != nil {
				address, port, sure = a.key.address, a.key.port, Paired
			}
			t.neverIn(r, address, port, true, sure)
			return
		}
	}
	t.refused = refusedLogin{}
	switch {
	case c != nil && t.isEcho(c, r):
	case r.IDCut && c != nil && c == t.latest && t.tls[c.session.ListenerPort]:
		// Directly behind a connect, 2.1 writes which TLS the client negotiated, and the rest of that has been cut.
	case c == nil && !t.whole:
		e, unseen := t.about(Disconnect, r.ClientID, certainty(r)) // it came before we watched
		e.Reason = r.Reason
		t.tell(e, unseen)
	case c == nil:
		// A connection that named an id and never got in.
	case r.Doubtful:
		t.mayHaveLeft(c, r.Reason)
	default:
		t.end(c, r.Reason, Certain)
	}
}

// neverIn is about a client that was not logged in: a refused login is told, and so is, while we have not seen every
// session begin, the end of one that we did not know. Whatever else ended before a login is nobody's disconnect.
func (t *Tracker) neverIn(r *Record, address string, port int, arrived bool, sure Certainty) {
	code, said := t.denied(r.ClientID)
	nameless := address != "" && string(r.ClientID) == address // 2.1 prints the address where it knows no id
	id := r.ClientID
	if nameless {
		id = nil
	}
	switch {
	case said:
		t.loginRefused(id, address, port, refusalReason(code), sure)
	case r.Reason == NotAuthorized:
		t.loginRefused(id, address, port, NotAuthorized, sure)
	case !t.whole && !arrived && !nameless:
		e, c := t.about(Disconnect, r.ClientID, sure)
		e.Reason, e.Address, e.Port = r.Reason, printable(r.Address), r.Port
		t.tell(e, c)
	}
}

// sameEnd reports whether the line is about the session's own connection.
func sameEnd(s *Session, r *Record) bool {
	return s.Address == "" || s.Port == r.Port && s.Address == string(r.Address)
}

// mayHaveLeft is for a line that a suspect may have made up: it is told as probable, and the session stays, unsure.
func (t *Tracker) mayHaveLeft(c *client, reason Reason) {
	if !c.told {
		t.settleCounts(c)
		e := t.of(Disconnect, c, Paired)
		e.Reason = reason
		t.tell(e, c)
	}
	c.told, c.session.Unsure = true, true
	t.touch(c)
}

// takenOver ends a session because another connection uses its id: no disconnect, and the connect follows.
func (t *Tracker) takenOver(r *Record) {
	c := t.clients.connected(r.ClientID)
	if c == nil {
		// 2.1 says the same when a client comes back to a persistent session that it had left before.
		if !t.whole && len(r.Address) == 0 {
			t.tell(t.about(Takeover, r.ClientID, certainty(r)))
		}
		return
	}
	if len(r.Address) > 0 && !sameEnd(&c.session, r) && !c.session.Unsure {
		return
	}
	if r.Doubtful {
		if !c.told {
			t.tell(t.of(Takeover, c, Paired), c)
		}
		c.told, c.session.Unsure = true, true
		t.touch(c)
		return
	}
	t.settleCounts(c)
	if !c.told {
		t.tell(t.of(Takeover, c, Certain), c)
	}
	if t.parser.dialect == dialect20 && c.session.ListenerPort == 0 && c.session.Port != 0 {
		c.echoUntil = t.now.Add(echoWithin)
	}
	t.close(c)
}

// echoWithin is how long after a takeover 2.0 may say "closed its connection" of the old session. It does so only of
// WebSocket connections, which libwebsockets closes a moment after the new session has begun; they are those of which
// no "New connection" is logged. [seen on 2.0.11]
const echoWithin = 5 * time.Second

// isEcho reports whether a line is that late word about a session that was taken over, and not about the new one.
func (t *Tracker) isEcho(c *client, r *Record) bool {
	if c.echoUntil.IsZero() || r.Reason != ConnectionLost || len(r.Address) > 0 {
		return false
	}
	late := t.now.After(c.echoUntil)
	c.echoUntil = time.Time{}
	return !late
}

// negotiated keeps what 2.1 says of a session's TLS.
func (t *Tracker) negotiated(r *Record) {
	if c := t.clients.connected(r.ClientID); c != nil {
		c.session.TLS = printable(r.Text)
		t.tls[c.session.ListenerPort] = true
		t.touch(c)
	}
}

// cutPrefix finds the client whose id was cut at its connect and begins this longer part of it.
func (s *clients) cutPrefix(id []byte) *client {
	for key, c := range s.cut {
		if hasPrefix(id, key) {
			return c
		}
	}
	return nil
}
