package clientlogs

import "bytes"

// refused reads what may follow "Client " for a connection that was not let in: "connection from ADDRESS denied: …",
// "from ADDRESS:PORT appears to be using TLS …", and the trouble of clients that are in.
func (r *Record) refused(rest []byte) bool {
	if id, ok := before(rest, " has exceeded its receive-maximum quota. This behaviour must be fixed on the client."); ok {
		r.Kind, r.ClientID = MessagesDropped, id
		r.conclude('W')
		return true
	}
	if id, ok := before(rest, " connected with too large Will payload"); ok {
		r.trouble(id, []byte("connected with too large Will payload"), 'D')
		return true
	}
	if who, ok := after(rest, "connection from "); ok {
		for _, word := range [...]string{" denied: ", " denied access by ", " failed: "} {
			if i := bytes.Index(who, []byte(word)); i > 0 {
				return r.refuse(who[:i], who[i+1:])
			}
		}
		return false
	}
	if who, ok := after(rest, "from "); ok {
		const tls = " appears to be using TLS to connect to a non-TLS listener."
		if who, ok := before(who, tls); ok {
			return r.refuse(who, []byte(tls[1:]))
		}
	}
	return false
}

// connectionFrom reads 2.1's "ADDRESS:PORT rejected, …".
func (r *Record) connectionFrom(rest []byte) bool {
	if i := bytes.Index(rest, []byte(" rejected, ")); i > 0 {
		return r.refuse(rest[:i], rest[i+1:])
	}
	if _, _, _, ok := addressBefore(rest, " negotiated "); ok {
		r.conclude('N')
		return true
	}
	return false
}

// refuse fills in a connection that was not let in; only some lines have the port.
func (r *Record) refuse(who, words []byte) bool {
	r.Kind, r.Address, r.Text = ConnectionRefused, plain(who), words
	// A bare IPv6 address has colons too, so a port is only taken from behind what is an address without it.
	if host, port, ok := address(who); ok && (bytes.IndexByte(host, ':') < 0 || bytes.Count(who, []byte(":")) == 8 ||
		hasPrefix(words, "appears") || hasPrefix(words, "rejected")) {
		r.Address, r.Port = host, port
	}
	r.conclude('N')
	return true
}

// trouble fills in what a client did wrong. Some lines name the id and some the address.
func (r *Record) trouble(who, words []byte, level byte) {
	r.Kind, r.Text = ProtocolTrouble, words
	r.ClientID = who
	if host, port, ok := address(who); ok && isIP(host) {
		r.ClientID, r.Address, r.Port = nil, host, port
	}
	r.conclude(level)
}

// isIP reports whether a text consists of what addresses consist of; unlike netip it does not allocate for texts that
// are none.
func isIP(text []byte) bool {
	dots, colons := 0, 0
	for _, c := range text {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c == '%':
		default:
			return false
		}
	}
	return dots == 3 || colons >= 2
}

// disconnectedFor reads "Protocol error from …" and the family of "Invalid … from ID, disconnecting."
func (r *Record) disconnectedFor(text []byte) bool {
	if rest, ok := after(text, "Protocol error from "); ok {
		i := bytes.Index(rest, []byte(": "))
		if j := bytes.Index(rest, []byte(" CONNECT ")); i < 0 || j >= 0 && j < i {
			i = j // 2.1 forgets the colon once
		}
		if i < 0 {
			return false
		}
		r.trouble(rest[:i], bytes.TrimLeft(rest[i:], ": "), 'I')
		return true
	}
	if rest, ok := after(text, "Invalid protocol "); ok {
		if i := bytes.LastIndex(rest, []byte(" in CONNECT from ")); i > 0 {
			if who, ok := before(rest[i+len(" in CONNECT from "):], "."); ok {
				r.refuse(who, text)
				r.Level = 'I'
				return true
			}
		}
		return false
	}
	if hasPrefix(text, "Invalid ") || hasPrefix(text, "Too high QoS ") || hasPrefix(text, "Empty ") {
		body, ok := before(text, ", disconnecting.")
		what, from, told := bytes.Cut(body, []byte(" from "))
		if !ok || !told {
			return false
		}
		r.trouble(from, what, 'I')
		return true
	}
	if hasPrefix(text, "ACL denying access to client with dangerous ") || hasPrefix(text, "Unable to accept new connection") {
		r.conclude('N')
		return true
	}
	return false
}
