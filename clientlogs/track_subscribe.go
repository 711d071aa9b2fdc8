package clientlogs

// asking is a SUBSCRIBE or UNSUBSCRIBE whose lines of debug are being read: the packet, its filters each followed by
// the line that grants it, the answer. The broker has one thread, so no other client's lines come between. What
// continues an announced packet is certain, whatever it looks like.
type asking struct {
	kind RecordKind // Subscribing or Unsubscribing; NothingKnown outside of one
	id   []byte
	// filter is the last one named, whose fate is open.
	open   bool
	filter []byte
	cut    bool
	qos    uint8
	raw    []byte
}

// ask begins a packet.
func (t *Tracker) ask(r *Record) {
	a := &t.asking
	a.kind, a.open = r.Kind, false
	a.id = append(a.id[:0], r.ClientID...)
	if r.Doubtful || r.IDCut { // behind so long an id, grants are cut away
		a.kind = NothingKnown
	}
}

// continued takes a filter; the line may also be a will's topic. On 2.0 a filter that has not been granted when the
// next one is named was refused; 2.1 says so.
func (t *Tracker) continued(r *Record) {
	a := &t.asking
	if a.kind == NothingKnown {
		return
	}
	t.refusedOpen()
	if a.kind == Subscribing && r.DeniedFilter {
		t.subscriptionDenied(r.Topic, 0, t.line(), Certain)
		return
	}
	text := r.Topic
	if a.kind == Unsubscribing {
		text = t.raw[1:]
	}
	a.open, a.cut, a.qos = true, r.TopicCut, r.QoS
	a.filter, a.raw = append(a.filter[:0], text...), append(a.raw[:0], t.raw...)
}

// answered reports whether the line goes on with the packet that is being read: the grant of a filter, or the end.
func (t *Tracker) answered(text []byte) bool {
	a := &t.asking
	if a.kind == NothingKnown {
		return false
	}
	if rest, ok := after(text, "Sending "); ok && a.ends(rest) {
		t.refusedOpen()
		a.kind = NothingKnown
		return true
	}
	rest, ok := after(text, string(a.id))
	if !a.open || !ok || len(rest) < 2 || rest[0] != ' ' {
		return false
	}
	if a.kind == Unsubscribing {
		if ok = a.is(rest[1:]); ok {
			a.open = false
			t.unsubscribed(a.id, rest[1:], Certain)
		}
		return ok
	}
	granted, ok := grant(rest[1:])
	if ok = ok && a.is(rest[3:]); ok {
		a.open, t.granted = false, true
		t.subscribed(a.id, rest[3:], a.qos, granted, Certain)
	}
	return ok
}

// grant reads "1 " at the beginning.
func grant(text []byte) (qos uint8, ok bool) {
	if len(text) < 3 || text[0] < '0' || text[0] > '2' || text[1] != ' ' {
		return 0, false
	}
	return text[0] - '0', true
}

// ends reports whether this is the answer to the packet.
func (a *asking) ends(text []byte) bool {
	word := "SUBACK to "
	if a.kind == Unsubscribing {
		word = "UNSUBACK to "
	}
	id, ok := after(text, word)
	return ok && (string(id) == string(a.id) || len(id) >= cutBytes-len("Sending UNSUBACK to "))
}

// is reports whether a text is the filter whose fate is open. Two lines about one long filter are cut in two places.
func (a *asking) is(text []byte) bool {
	if a.cut || len(text)+len(a.id) >= cutBytes {
		return hasPrefix(a.filter, string(text)) || hasPrefix(text, string(a.filter))
	}
	return string(text) == string(a.filter)
}

// refusedOpen tells of a filter that was named and not granted. That only says something when granted ones are logged at
// all, which one that was proves; before, it is probable.
func (t *Tracker) refusedOpen() {
	a := &t.asking
	if !a.open {
		return
	}
	a.open = false
	if a.kind != Subscribing {
		return
	}
	sure := Paired
	if t.granted {
		sure = Certain
	}
	t.subscriptionDenied(a.filter, a.qos, printable(a.raw), sure)
}

func (t *Tracker) subscriptionDenied(filter []byte, qos uint8, raw string, sure Certainty) {
	e, c := t.about(Denied, t.asking.id, sure)
	if e.Own {
		return
	}
	e.Reason, e.Topic, e.QoS, e.Raw = DeniedSubscribe, printable(filter), qos, raw
	t.tell(e, c)
}

// subscribed counts a granted filter.
func (t *Tracker) subscribed(id, filter []byte, asked, granted uint8, sure Certainty) {
	e, c := t.about(Subscribe, id, sure)
	t.granted = t.granted || sure == Certain
	if c.live {
		t.clients.subscribe(c, filter)
		t.touch(c)
	}
	if e.Own {
		return
	}
	e.Topic, e.QoS, e.GrantedQoS = printable(filter), asked, granted
	t.tell(e, c)
}

// unsubscribed counts a filter that was given up.
func (t *Tracker) unsubscribed(id, filter []byte, sure Certainty) {
	e, c := t.about(Unsubscribe, id, sure)
	if c.live {
		t.clients.filters += c.filters.remove(filter)
		c.session.Subscriptions = c.filters.count()
		t.touch(c)
	}
	if e.Own {
		return
	}
	e.Topic = printable(filter)
	t.tell(e, c)
}
