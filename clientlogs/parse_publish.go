package clientlogs

import "bytes"

// publish reads "ID (d0, q1, r0, m2, 'TOPIC', ... (403 bytes))".
func (p *Parser) publish(rest []byte, kind RecordKind, r *Record) bool {
	r.conclude('D')
	body, cut := r.publishTail(rest)
	head, topic, ok := p.splitPublish(body, r)
	if !ok {
		return true // too long an id has pushed everything else out of the line, or it is no such line
	}
	if !cut || len(rest) >= cutBytes-len("Received PUBLISH from ") {
		r.Kind, r.ClientID, r.Topic, r.TopicCut = kind, head, topic, cut
	}
	return true
}

// publishTail takes "', ... (403 bytes))" away and reports whether it is missing.
func (r *Record) publishTail(text []byte) (body []byte, cut bool) {
	body, ok := before(text, " bytes))")
	if !ok {
		return text, true
	}
	i := len(body)
	for i > 0 && body[i-1] >= '0' && body[i-1] <= '9' {
		i--
	}
	size, ok1 := number(body[i:])
	body, ok2 := before(body[:i], "', ... (")
	if !ok1 || !ok2 {
		return text, true
	}
	r.Size = int64(size)
	return body, false
}

// splitPublish splits "ID (d0, q1, r0, m2, 'TOPIC". Both may look like the middle; the first place is taken unless
// only a later one leaves an id that is connected.
func (p *Parser) splitPublish(body []byte, r *Record) (id, topic []byte, ok bool) {
	at, f, ok := findPublishFields(body, 0)
	if !ok {
		return nil, nil, false
	}
	// Another place is hardly ever there, and Known costs more than looking for one.
	for next, g, more := findPublishFields(body, at+1); more; next, g, more = findPublishFields(body, next+1) {
		if p.known(body[:at]) {
			break
		}
		if p.known(body[:next]) {
			at, f = next, g
			break
		}
	}
	r.QoS, r.Retain, r.Dup, r.MessageID = f.qos, f.retain, f.dup, f.id
	return body[:at], body[len(body)-f.left:], true
}

// findPublishFields looks for the next " (d0, q1, r0, m2, '".
func findPublishFields(body []byte, from int) (at int, f publishFields, ok bool) {
	for from < len(body) {
		i := bytes.Index(body[from:], []byte(" ("))
		if i < 0 {
			break
		}
		i += from
		if f, ok := readPublishFields(body[i+len(" ("):]); ok {
			return i, f, true
		}
		from = i + 1
	}
	return 0, f, false
}

// publishFields are the numbers of a PUBLISH.
type publishFields struct {
	dup, retain bool
	qos         uint8
	id          int
	left        int // bytes behind them
}

// readPublishFields reads "d0, q1, r0, m2, '" and, as for a message that was not delivered, "q1, r0, '".
func readPublishFields(text []byte) (f publishFields, ok bool) {
	var dup, qos, retain int
	if rest, long := after(text, "d"); long {
		if dup, rest, ok = leadingNumber(rest); !ok {
			return f, false
		}
		if text, ok = after(rest, ", "); !ok {
			return f, false
		}
		f.dup = dup != 0
	}
	text, ok1 := after(text, "q")
	qos, text, ok2 := leadingNumber(text)
	text, ok3 := after(text, ", r")
	retain, text, ok4 := leadingNumber(text)
	if !ok1 || !ok2 || !ok3 || !ok4 || qos > 2 {
		return f, false
	}
	if rest, long := after(text, ", m"); long {
		if f.id, text, ok = leadingNumber(rest); !ok {
			return f, false
		}
	}
	if text, ok = after(text, ", '"); !ok {
		return f, false
	}
	f.qos, f.retain, f.left = uint8(qos), retain != 0, len(text)
	return f, true
}

// beginsD reads Denied, Dropped and Dropping.
func (p *Parser) beginsD(text []byte, r *Record) bool {
	if rest, ok := after(text, "Denied PUBLISH from "); ok {
		r.Reason = DeniedPublish
		return p.publish(rest, PublishDenied, r)
	}
	if rest, ok := after(text, "Denied PUBLISH to "); ok {
		r.Reason, r.ToClient = DeniedReceive, true
		return p.publish(rest, PublishDenied, r)
	}
	if rest, ok := after(text, "Dropped too large PUBLISH from "); ok {
		r.Reason = DeniedTooLarge
		return p.publish(rest, PublishDenied, r)
	}
	if rest, ok := after(text, "Dropping too large outgoing PUBLISH for "); ok {
		r.conclude('D')
		body, ok := before(rest, " bytes)")
		i := bytes.LastIndex(body, []byte(" ("))
		if !ok || i < 0 {
			return false
		}
		size, ok := number(body[i+len(" ("):])
		if !ok {
			return false
		}
		r.Kind, r.ClientID, r.Size, r.Reason, r.ToClient = PublishDenied, body[:i], int64(size), DeniedTooLarge, true
		return true
	}
	return false
}

// overQuota reads "from ID, quota exceeded." and "to ID, quota exceeded."
func (p *Parser) overQuota(rest []byte, r *Record) bool {
	rest, ok := before(rest, ", quota exceeded.")
	if !ok {
		return false
	}
	id, from := after(rest, "from ")
	if !from {
		if id, ok = after(rest, "to "); !ok {
			return false
		}
	}
	r.Kind, r.ClientID, r.Reason, r.ToClient = PublishDenied, id, DeniedQuota, !from
	r.conclude('D')
	return true
}
