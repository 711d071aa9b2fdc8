package clientlogs

import "bytes"

// version reads "mosquitto version 2.0.11 starting", "running" and "terminating".
func (p *Parser) version(text []byte, r *Record) bool {
	rest, ok := after(text, "mosquitto version ")
	if !ok {
		return false
	}
	version, what, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		return false
	}
	switch string(what) {
	case "starting":
		r.Kind = BrokerStarting
	case "running":
		r.Kind = BrokerRunning
	case "terminating":
		r.Kind = BrokerEnding
	default:
		return false
	}
	r.Text = version
	r.conclude('I')
	if !r.Doubtful {
		p.dialect = dialect21
		if hasPrefix(version, "2.0.") || hasPrefix(version, "1.") {
			p.dialect = dialect20
		}
	}
	return true
}

// control reads "dynsec: ID/USER | COMMAND | FIELD=VALUE | …". Everything but the command may contain the bars and the
// slash: the command is the first word of the plugin's vocabulary, and Known tells where the id ends.
func (p *Parser) control(text []byte, head string, r *Record) bool {
	rest, ok := after(text, head)
	if !ok {
		return false
	}
	for from := 0; ; {
		i := bytes.Index(rest[from:], []byte(" | "))
		if i < 0 {
			return false
		}
		i += from
		command, fields, _ := bytes.Cut(rest[i+len(" | "):], []byte(" | "))
		if isCommand(command) {
			r.Kind, r.Command, r.Text = ControlCommand, command, fields
			p.actor(rest[:i], r)
			r.conclude('I')
			return true
		}
		from = i + 1
	}
}

// actor splits "ID/USER"; printf writes (null) where there is no user.
func (p *Parser) actor(text []byte, r *Record) {
	at := bytes.LastIndexByte(text, '/')
	for i, c := range text {
		if c == '/' && p.known(text[:i]) {
			at = i
		}
	}
	if at < 0 {
		r.ClientID = text
		return
	}
	r.ClientID, r.Username = text[:at], text[at+1:]
	if r.HasUser = string(r.Username) != "(null)"; !r.HasUser {
		r.Username = nil
	}
}

// isCommand knows the commands of the dynamic security plugin and of 2.1's $CONTROL/broker, as their lines print them.
func isCommand(word []byte) bool {
	switch string(word) {
	case "getDetails", "createClient", "deleteClient", "disableClient", "enableClient", "setClientId", "setClientPassword",
		"modifyClient", "getClient", "listClients", "addClientRole", "removeClientRole", "setDefaultACLAccess",
		"getDefaultACLAccess", "addGroupRole", "createGroup", "deleteGroup", "addGroupClient", "removeGroupClient",
		"listGroups", "getGroup", "removeGroupRole", "modifyGroup", "setAnonymousGroup", "getAnonymousGroup",
		"createRole", "deleteRole", "listRoles", "addRoleACL", "removeRoleACL", "getRole", "modifyRole",
		"listPlugins", "listListeners":
		return true
	}
	return false
}

// beginsB reads Bad, Broker and Bridge.
func (p *Parser) beginsB(text []byte, r *Record) bool {
	if rest, ok := after(text, "Bad socket read/write on client "); ok {
		return p.badSocket(rest, r)
	}
	if rest, ok := after(text, "Bad client "); ok {
		if who, ok := before(rest, " sending multiple CONNECT messages."); ok {
			r.trouble(who, []byte("sending multiple CONNECT messages"), 'N')
			return true
		}
		return false
	}
	if hasPrefix(text, "Bridge ") {
		if bytes.HasSuffix(text, []byte(" available.")) { // "Bridge support available.", when 2.1 starts
			r.conclude('I')
		}
		r.conclude('D')
		return true
	}
	return p.control(text, "Broker: ", r)
}

// badSocket reads "ID: TEXT", where 2.0 has no full stop of its own.
func (p *Parser) badSocket(rest []byte, r *Record) bool {
	at := bytes.LastIndex(rest, []byte(": "))
	for from := 0; ; {
		i := bytes.Index(rest[from:], []byte(": "))
		if i < 0 {
			break
		}
		from += i + 1
		if p.known(rest[:from-1]) {
			at = from - 1
			break
		}
	}
	if at < 0 {
		return false
	}
	r.leave(rest[:at], ConnectionLost, rest[at+len(": "):])
	return true
}

// rare reads the lines that a broker seldom writes.
func (p *Parser) rare(text []byte, r *Record) bool {
	switch text[0] {
	case 'E':
		if rest, ok := after(text, "Expiring client "); ok {
			if r.ClientID, ok = before(rest, " due to timeout."); ok {
				r.Kind = SessionExpired
				r.conclude('N')
			}
			return ok
		}
	case 'O':
		if rest, ok := after(text, "Outgoing messages are being dropped for client "); ok {
			if r.ClientID, ok = before(rest, "."); ok {
				r.Kind = MessagesDropped
				r.conclude('N')
			}
			return ok
		}
		if rest, ok := after(text, "Opening "); ok {
			return r.listening(rest)
		}
	case 'W':
		if rest, ok := after(text, "Will message specified ("); ok {
			return r.will(rest)
		}
		if hasPrefix(text, "Warning: ") {
			r.conclude('W')
			return true
		}
	}
	return r.disconnectedFor(text)
}

// listening reads "ipv4 listen socket on port 1883." and "unix listen socket on path /run/m.sock."
func (r *Record) listening(rest []byte) bool {
	rest, ok := before(rest, ".")
	i := bytes.Index(rest, []byte(" listen socket on "))
	if !ok || i < 0 {
		return false
	}
	what := rest[i+len(" listen socket on "):]
	if port, ok := after(what, "port "); ok {
		if r.ListenerPort, ok = number(port); !ok {
			return false
		}
	} else if !hasPrefix(what, "path ") {
		return false
	}
	r.Kind, r.Text = Listening, rest[:i]
	r.conclude('I')
	return true
}

// will reads "4 bytes) (r0, q1)."
func (r *Record) will(rest []byte) bool {
	size, rest, ok1 := leadingNumber(rest)
	rest, ok2 := after(rest, " bytes) (r")
	retain, rest, ok3 := leadingNumber(rest)
	rest, ok4 := after(rest, ", q")
	qos, rest, ok5 := leadingNumber(rest)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || string(rest) != ")." || qos > 2 {
		return false
	}
	r.Kind, r.Size, r.Retain, r.QoS = WillSpecified, int64(size), retain != 0, uint8(qos)
	r.conclude('D')
	return true
}
