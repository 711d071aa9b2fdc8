package clientlogs

import "bytes"

// beginsC reads Client, Connection and the broker's words about its configuration.
func (p *Parser) beginsC(text []byte, r *Record) bool {
	if rest, ok := after(text, "Client "); ok {
		if p.client(rest, r) {
			return true
		}
		if len(text) < cutBytes {
			return false
		}
		// The end is missing, and with it what happened. Most probably the client left.
		r.Kind, r.ClientID, r.IDCut, r.Reason = ClientLeft, rest, true, UnknownReason
		r.conclude('N')
		return true
	}
	if rest, ok := after(text, "Connection from "); ok {
		return r.connectionFrom(rest)
	}
	if hasPrefix(text, "Config loaded from ") || hasPrefix(text, "Connecting bridge ") {
		r.conclude('I')
		return true
	}
	return false
}

// client reads what stands behind "Client ". The order matters: an id may contain any of these words, but the broker's
// own stand at the end.
func (p *Parser) client(rest []byte, r *Record) bool {
	if !bytes.HasSuffix(rest, []byte(".")) && r.negotiated(rest) {
		return true
	}
	old := r.left20(rest)
	if old && (p.dialect == dialect20 || p.dialect == dialectUnknown && p.known(r.ClientID)) {
		return true
	}
	return p.dialect != dialect20 && r.left21(rest) || old || r.refused(rest)
}

// leaving is how 2.0 ends the line about a client that left.
type leaving struct {
	words  string
	reason Reason
}

// leavings20 are 2.0's ways of leaving, in 2.0.11 and 2.0.22. Each is preceded by "Client ID". 2.0.11 says "closed its
// connection" of keepalive timeouts too. They stay lost connections: that a client was silent for long enough could be
// concluded only from every packet being logged all the time, and nothing in the log says that it was.
func leavings20() [12]leaving {
	return [...]leaving{
		{" disconnected.", ClientDisconnected},
		{" closed its connection.", ConnectionLost},
		{" has exceeded timeout, disconnecting.", KeepaliveTimeout},
		{" disconnected, not authorised.", NotAuthorized},
		{" disconnected due to malformed packet.", ProtocolError},
		{" disconnected due to protocol error.", ProtocolError},
		{" disconnected due to oversize packet.", OversizePacket},
		{" disconnected due to oversize payload.", OversizePacket},
		{" disconnected due to out of memory.", UnknownReason},
		{" disconnected due to QoS too high or retain not supported.", ProtocolError},
		{" disconnected due to using not allowed feature (QoS too high, retain not supported, or bad AUTH method).", ProtocolError},
		{" been disconnected by administrative action.", Kicked},
	}
}

// left20 reads "ID disconnected." and all other ways of leaving of 2.0.
func (r *Record) left20(rest []byte) bool {
	if id, ok := before(rest, " already connected, closing old connection."); ok {
		r.Kind, r.ClientID = TakenOver, id
		r.conclude('E')
		return true
	}
	for _, l := range leavings20() {
		if id, ok := before(rest, l.words); ok {
			r.leave(id, l.reason, rest[len(id)+1:])
			return true
		}
	}
	// What follows is the operating system's text for an error of the socket.
	if body, ok := before(rest, "."); ok {
		if i := bytes.LastIndex(body, []byte(" disconnected: ")); i >= 0 {
			r.leave(rest[:i], ConnectionLost, rest[i+1:])
			return true
		}
	}
	return false
}

// leave fills in that a client left; <unknown> stands where the broker does not know its id.
func (r *Record) leave(id []byte, reason Reason, words []byte) {
	r.Kind, r.ClientID, r.Reason, r.Text = ClientLeft, id, reason, words
	r.Unknown = string(id) == "<unknown>"
	r.conclude('N')
}

// left21 reads "ID [ADDRESS:PORT] disconnected." and "ID [ADDRESS:PORT] disconnected: REASON."
func (r *Record) left21(rest []byte) bool {
	for end := len(rest); ; {
		i := bytes.LastIndex(rest[:end], []byte("] disconnected"))
		if i < 0 {
			return false
		}
		if words := rest[i+len("] disconnected"):]; goodbye21(words) {
			if id, host, port, ok := bracketed(rest[:i]); ok {
				r.leave21(id, words)
				r.Address, r.Port, r.Unknown = host, port, false
				return true
			}
		}
		if i == 0 {
			return false
		}
		end = i + len("] disconnected") - 1
	}
}

// goodbye21 reports whether these words can end a line of 2.1: the text of a socket's error has no full stop.
func goodbye21(words []byte) bool {
	return string(words) == "." || hasPrefix(words, ": ") &&
		(words[len(words)-1] == '.' || hasPrefix(words, ": bad socket read/write: "))
}

// bracketed splits "ID [ADDRESS:PORT" at the last bracket behind which an address stands.
func bracketed(text []byte) (id, host []byte, port int, ok bool) {
	for end := len(text); ; {
		i := bytes.LastIndex(text[:end], []byte(" ["))
		if i < 0 {
			return nil, nil, 0, false
		}
		if host, port, ok = address(text[i+len(" ["):]); ok {
			return text[:i], host, port, true
		}
		if i == 0 {
			return nil, nil, 0, false
		}
		end = i + 1
	}
}

// leave21 fills in why, from the words behind "disconnected".
func (r *Record) leave21(id, words []byte) {
	if len(words) == 1 {
		r.leave(id, ClientDisconnected, words[:0])
		return
	}
	words = bytes.TrimPrefix(words[1:], []byte(" "))
	if bare, ok := before(words, "."); ok {
		words = bare
	}
	if string(words) == "session taken over" {
		r.Kind, r.ClientID, r.Reason, r.Text = TakenOver, id, "", nil
		r.conclude('N')
		return
	}
	r.leave(id, reason21(words), words)
}

// reason21 names 2.1's reasons in the words of the closed list. Whatever is not in its source (src/loop.c) is the
// operating system's text for an error of the socket.
func reason21(words []byte) Reason {
	switch string(words) {
	case "exceeded timeout":
		return KeepaliveTimeout
	case "administrative action":
		return Kicked
	case "oversize packet", "oversize payload":
		return OversizePacket
	case "not authorised", "bad username or password", "client banned", "bad authentication method", "non-matching http origin":
		return NotAuthorized
	case "malformed packet", "protocol error", "receive maximum exceeded", "client identifier not valid", "topic alias invalid",
		"used disallowed feature (QoS too high, retain not supported, or bad AUTH method)":
		return ProtocolError
	case "out of memory", "implementation specific error", "server unavailable", "server busy", "quota exceeded",
		"connection rate exceeded":
		return UnknownReason
	}
	return ConnectionLost
}
