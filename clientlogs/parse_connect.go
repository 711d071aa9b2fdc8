package clientlogs

import "bytes"

// newConnection reads "ADDRESS:PORT on port PORT."
func (r *Record) newConnection(rest []byte) bool {
	rest, ok := before(rest, ".")
	i := bytes.LastIndex(rest, []byte(" on port "))
	if !ok || i < 0 {
		return false
	}
	host, port, ok1 := address(rest[:i])
	listener, ok2 := number(rest[i+len(" on port "):])
	if !ok1 || !ok2 {
		return false
	}
	r.Kind, r.Address, r.Port, r.ListenerPort = NewConnection, host, port, listener
	r.conclude('N')
	return true
}

// connected reads "ADDRESS:PORT as ID (p2, c1, k60, u'USER')." and the form of an anonymous client, which has no user.
// Id and user may both look like the end of the line; the longest id is taken, because everybody chooses his id, and
// users are mostly given by the operator.
func (p *Parser) connected(rest []byte, r *Record) bool {
	host, port, rest, ok := addressBefore(rest, " as ")
	if !ok {
		return false
	}
	r.Address, r.Port = host, port
	if !r.connectTail(rest) {
		if len(host)+len(rest)+len("New client connected from : as ") < cutBytes {
			return false
		}
		r.cutConnect(rest)
	}
	r.Kind = ClientConnected
	r.conclude('N')
	if !r.Doubtful {
		p.learn(r.Protocol)
	}
	r.Protocol = protocolLevel(r.Protocol)
	return true
}

// addressBefore reads an address that ends at the first possible occurrence of a word.
func addressBefore(text []byte, word string) (host []byte, port int, rest []byte, ok bool) {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(word))
		if i < 0 {
			return nil, 0, nil, false
		}
		i += from
		if host, port, ok = address(text[:i]); ok {
			return host, port, text[i+len(word):], true
		}
		from = i + 1
	}
}

// connectTail reads "ID (p2, c1, k60, u'USER')." with protocol as it stands there.
func (r *Record) connectTail(text []byte) bool {
	body, named := before(text, "').")
	if !named {
		var ok bool
		if body, ok = before(text, ")."); !ok {
			return false
		}
	}
	for end := len(body); ; {
		i := bytes.LastIndex(body[:end], []byte(" (p"))
		if i < 0 {
			return false
		}
		if user, ok := r.connectFields(body[i+len(" (p"):], named); ok {
			r.ClientID, r.Username, r.HasUser = body[:i], user, named
			return true
		}
		end = i + len(" (p") - 1
	}
}

// connectFields reads "2, c1, k60" and, where a user is named, ", u'" and the user.
func (r *Record) connectFields(text []byte, named bool) (user []byte, ok bool) {
	protocol, text, ok1 := leadingNumber(text)
	text, ok2 := after(text, ", c")
	clean, text, ok3 := leadingNumber(text)
	text, ok4 := after(text, ", k")
	keepalive, text, ok5 := leadingNumber(text)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || protocol > 255 {
		return nil, false
	}
	if named {
		if text, ok = after(text, ", u'"); !ok {
			return nil, false
		}
	} else if len(text) > 0 {
		return nil, false
	}
	r.Protocol, r.CleanStart, r.Keepalive = uint8(protocol), clean != 0, keepalive
	return text, true
}

// cutConnect reads what a cut line still has: the id, and with luck the rest without the whole user.
func (r *Record) cutConnect(text []byte) {
	for end := len(text); ; {
		i := bytes.LastIndex(text[:end], []byte(" (p"))
		if i < 0 {
			break
		}
		if user, ok := r.connectFields(text[i+len(" (p"):], true); ok {
			r.ClientID, r.Username, r.HasUser = text[:i], user, true
			return
		}
		end = i + len(" (p") - 1
	}
	r.ClientID, r.IDCut = text, true
}

// learn concludes the dialect from the number by which a version names a protocol.
func (p *Parser) learn(protocol uint8) {
	switch protocol {
	case 1, 2:
		p.dialect = dialect20
	case 3, 4:
		p.dialect = dialect21
	}
}

// protocolLevel turns either dialect's number into the level of the CONNECT packet: 2.0 has numbers of its own for 3
// and 4, and both print 5 for 5.
func protocolLevel(printed uint8) uint8 {
	switch printed {
	case 1, 3:
		return 3
	case 2, 4:
		return 4
	case 5:
		return 5
	}
	return 0
}

// connack reads "ID (0, 0)": session present, and return or reason code.
func (p *Parser) connack(rest []byte, r *Record) bool {
	r.conclude('D')
	body, ok := before(rest, ")")
	i := bytes.LastIndex(body, []byte(" ("))
	if !ok || i < 0 {
		return true
	}
	present, tail, ok1 := leadingNumber(body[i+len(" ("):])
	tail, ok2 := after(tail, ", ")
	code, ok3 := number(tail)
	if ok1 && ok2 && ok3 {
		r.Kind, r.ClientID, r.SessionPresent, r.Code = ConnackSent, body[:i], present != 0, code
	}
	return true
}

// negotiated reads "ID negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384".
func (r *Record) negotiated(rest []byte) bool {
	i := bytes.LastIndex(rest, []byte(" negotiated "))
	if i < 0 {
		return false
	}
	text := rest[i+len(" negotiated "):]
	version, cipher, ok := bytes.Cut(text, []byte(" cipher "))
	if !ok || !isCipher(version) || !isCipher(cipher) {
		return false
	}
	r.Kind, r.ClientID, r.Text = TLSNegotiated, rest[:i], text
	r.conclude('N')
	return true
}

// isCipher reports whether a text is a name as OpenSSL gives to ciphers and versions: TLSv1.3, ECDHE-RSA-AES128-SHA.
func isCipher(text []byte) bool {
	for _, c := range text {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return len(text) > 0
}
