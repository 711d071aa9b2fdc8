package clientlogs

import "time"

// refusedLogin is a CONNACK that says no. The line about the client that left follows it.
type refusedLogin struct {
	who  string // the client's id, or its address where the broker does not know the id
	code int
	at   time.Time
}

// unacceptableProtocol is CONNACK's return code for a version that the broker does not speak.
const unacceptableProtocol = 1

// acknowledged reads what CONNACK says: no, or whether the broker has kept the session.
func (t *Tracker) acknowledged(r *Record) {
	if r.Code != 0 {
		t.refused = refusedLogin{who: string(r.ClientID), code: r.Code, at: t.now}
		return
	}
	c := t.clients.connected(r.ClientID)
	if c == nil || c.session.Protocol == "3.1" { // which cannot say it
		return
	}
	switch {
	case !r.SessionPresent:
		t.clients.filters += c.filters.forget()
		c.filters = none()
	case !c.filters.known && c.maybe.known:
		c.filters = c.maybe
		t.clients.filters += len(c.filters.hashes)
	}
	c.maybe = filters{}
	c.session.Subscriptions = c.filters.count()
	t.touch(c)
}

// denied reports whether a CONNACK has just refused this client or address, and forgets it.
func (t *Tracker) denied(who []byte) (code int, ok bool) {
	if t.refused.who == "" || t.refused.who != string(who) {
		return 0, false
	}
	code = t.refused.code
	t.refused = refusedLogin{}
	return code, true
}

// refusalReason is why a login was refused, by the return code of versions 3 or the reason code of version 5.
func refusalReason(code int) Reason {
	switch code {
	case 4, 5, 134, 135, 138, 140: // name or password, not authorised, banned, method
		return NotAuthorized
	case 1, 2, 129, 130, 132, 133: // version, id, malformed, protocol error
		return ProtocolError
	case 149:
		return OversizePacket
	}
	return UnknownReason
}

// loginRefused tells of a login that was refused.
func (t *Tracker) loginRefused(id []byte, address string, port int, reason Reason, sure Certainty) {
	e := Event{
		Time: t.now, Kind: AuthFailure, ClientID: printable(id), Address: address, Port: port, Reason: reason, Count: 1,
		Certainty: sure, Raw: t.line(),
	}
	var c *client
	if len(id) > 0 {
		e.Own = t.own(e.ClientID, "")
		// A client that is connected is not to lose its quota to somebody who uses its id.
		if known := t.clients.obtain(id, t.now); !known.live {
			c = known
		}
	}
	t.tell(e, c)
}

// connectionRefused tells of a connection that was not let in before it could name an id: too many of them, TLS that did
// not come about, an MQTT that the broker does not speak.
func (t *Tracker) connectionRefused(r *Record) {
	if hasPrefix(r.Text, "Invalid protocol ") {
		// The line about its leaving follows, which is when a refused login is told.
		t.refused = refusedLogin{who: string(r.Address), code: unacceptableProtocol, at: t.now}
		return
	}
	address, port, sure := printable(r.Address), r.Port, certainty(r)
	if port != 0 {
		t.arrivals.take(r.Address, port)
	} else if a := t.arrivals.plausible(address, t.now); a != nil {
		port, sure = a.key.port, Paired
	}
	reason := ProtocolError
	switch {
	case hasPrefix(r.Text, "denied: max_connections"):
		reason = DeniedQuota
	case hasPrefix(r.Text, "denied"), hasPrefix(r.Text, "rejected, client did not provide"):
		reason = NotAuthorized
	}
	t.loginRefused(nil, address, port, reason, sure)
}

// strangerLeft is about somebody whose id the broker does not know: a login that was refused, or a connection that ended
// without one, which is nobody's disconnect and no event.
func (t *Tracker) strangerLeft(r *Record) {
	if impostor := t.clients.connected(r.ClientID); impostor != nil {
		impostor.session.Unsure = true
		t.touch(impostor)
	}
	who := t.refused
	t.refused = refusedLogin{}
	recent := who.who != "" && t.now.Sub(who.at) <= loginWithin
	if !recent {
		who.who = ""
	}
	address := string(plain([]byte(who.who)))
	var a *arrival
	if address == who.who { // otherwise it came over websockets, and 2.0 says nothing of those that come
		a = t.arrivals.plausible(address, t.now)
	}
	if !recent && r.Reason != NotAuthorized {
		return
	}
	reason := NotAuthorized
	if recent {
		reason = refusalReason(who.code)
	}
	if a == nil {
		t.loginRefused(nil, printable([]byte(address)), 0, reason, Paired)
		return
	}
	t.loginRefused(nil, printable([]byte(a.key.address)), a.key.port, reason, Paired)
}
