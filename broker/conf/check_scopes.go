package conf

import (
	"net/netip"
	"strconv"
	"strings"
)

// listeners looks at the listeners as wholes.
func (k *checker) listeners() {
	at := 0
	ports := map[int][]*Listener{}
	for i, s := range k.c.scopes {
		if s.kind != onListener {
			continue
		}
		l := &k.c.listeners[at]
		at++
		others := ports[l.Port]
		if len(others) < 200 { // more would make the comparisons too many
			ports[l.Port] = append(others, l)
		}
		has := k.has[i]
		if has == nil {
			continue // its line has no value, or a version's
		}
		k.listenerTLS(has)
		if p := has["enable_proxy_protocol"]; p != nil && firstWord(p.rest) == "2" && !k.v.Before(v21()) {
			for _, key := range []string{"certfile", "keyfile", "use_subject_as_username"} {
				if e := has[key]; e != nil {
					k.say(e, Error, key+" cannot be used with enable_proxy_protocol 2: the proxy ends TLS.", "Remove one of the two.")
				}
			}
		}
		for _, other := range others {
			if clash(l, other) {
				k.problems = append(k.problems, Problem{
					File: l.File, Line: l.Line, Severity: Error, Key: "listener",
					Message: "This listener wants the same address as the one on line " + strconv.Itoa(other.Line) + elsewhere(l, other) + ".",
					Hint:    "Give one of them another port, or remove it.",
				})
				break
			}
		}
		if !l.TLS && l.UnixPath == "" && !loopback(l.Address) && l.Port > 0 && l.Port <= 65535 {
			k.problems = append(k.problems, Problem{
				File: l.File, Line: l.Line, Severity: Notice, Key: "listener",
				Message: "Other machines reach this listener, and it does not encrypt: passwords and messages can be read on the way.",
				Hint:    "Add certfile and keyfile, or give it the address 127.0.0.1.",
			})
		}
	}
}

func elsewhere(l, other *Listener) string {
	if l.File == other.File {
		return ""
	}
	return " of " + other.File
}

// listenerTLS looks for encryption that is not complete. Versions before 2.0.21 start with some of it, and do not encrypt.
func (k *checker) listenerTLS(has map[string]*entry) {
	cert, key, hint := has["certfile"], has["keyfile"], has["psk_hint"]
	switch {
	case cert != nil && key == nil:
		k.say(cert, Error, "This listener has a certfile and no keyfile.", "Add the keyfile; without both the listener does not encrypt.")
	case cert == nil && key != nil:
		k.say(key, Error, "This listener has a keyfile and no certfile.", "Add the certfile; without both the listener does not encrypt.")
	case cert != nil && hint != nil:
		// The broker notices only when psk_hint comes first.
		severity := Warning
		if hint.statement < cert.statement {
			severity = Error
		}
		k.say(hint, severity, "A listener has either certificates or pre-shared keys, not both.", "Remove psk_hint, or certfile and keyfile.")
	}
	if cert == nil && key == nil {
		for _, name := range []string{"cafile", "capath"} {
			if e := has[name]; e != nil {
				k.say(e, Error, "This listener has a "+name+" and neither certfile nor keyfile.", "Add both; without them the listener does not encrypt.")
			}
		}
	}
	require := has["require_certificate"]
	if isOn(require) && cert != nil && has["cafile"] == nil && has["capath"] == nil {
		k.say(require, Warning, "Client certificates are required, but there is no cafile or capath to check them with: nobody gets in.", "Add the cafile.")
	}
	for _, name := range []string{"use_identity_as_username", "use_subject_as_username"} {
		if e := has[name]; isOn(e) && !isOn(require) && hint == nil && has["enable_proxy_protocol"] == nil {
			k.say(e, Warning, name+" needs require_certificate true: a client without a certificate is refused.", "Add require_certificate true.")
		}
	}
}

func isOn(e *entry) bool {
	if e == nil {
		return false
	}
	word := firstWord(e.rest)
	return word == "true" || word == "1"
}

// clash tells whether two listeners cannot both be opened.
func clash(a, b *Listener) bool {
	if a.UnixPath != "" || b.UnixPath != "" {
		return a.UnixPath == b.UnixPath
	}
	same := a.Address == b.Address || a.Address == "" || b.Address == "" ||
		(a.Address == "localhost" || b.Address == "localhost") && loopback(a.Address) && loopback(b.Address)
	if a.Port != b.Port || a.Port == 0 || !same {
		return false
	}
	if given(a, "bind_interface") != given(b, "bind_interface") {
		return false
	}
	x, y := given(a, "socket_domain"), given(b, "socket_domain")
	return x == "" || y == "" || x == y
}

func given(l *Listener, key string) string {
	for _, s := range l.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// loopback tells whether only programs of this machine reach an address.
func loopback(address string) bool {
	if address == "localhost" || strings.HasSuffix(address, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Unmap().IsLoopback()
}

// bridges looks at the bridges as wholes.
func (k *checker) bridges() {
	names := map[Scope]int{}
	at := 0
	for i, s := range k.c.scopes {
		if s.kind != onBridge {
			continue
		}
		b := &k.c.bridges[at]
		at++
		has := k.has[i]
		line := has["connection"]
		if line == nil {
			continue // without a name, which has been said
		}
		if first, twice := names[s.name]; twice {
			k.say(line, Error, "There is a bridge of that name already, on line "+strconv.Itoa(first)+".", "Give this one another name.")
		} else {
			names[s.name] = s.line
		}
		if has["address"] == nil {
			k.say(line, Error, "The bridge has no address.", "Add address and a host below the line.")
		}
		if has["topic"] == nil {
			k.say(line, Error, "The bridge has no topic.", "Add what it exchanges, as in topic sensors/# out 1.")
		}
		k.bridgeSecrets(has)
		host := b.Address
		if colon := strings.LastIndexByte(host, ':'); colon >= 0 {
			host = host[:colon]
		}
		if !b.TLS && host != "" && !loopback(host) {
			k.say(line, Warning, "The bridge does not encrypt: its password and messages can be read on the way.",
				"Add bridge_cafile, and the port of the other broker's TLS listener.")
		}
	}
}

func (k *checker) bridgeSecrets(has map[string]*entry) {
	psk, identity := has["bridge_psk"], has["bridge_identity"]
	switch {
	case psk != nil && identity == nil:
		k.say(psk, Error, "bridge_psk needs bridge_identity.", "Add it.")
	case psk == nil && identity != nil:
		k.say(identity, Error, "bridge_identity needs bridge_psk.", "Add it.")
	}
	for _, key := range []string{"bridge_cafile", "bridge_capath", "bridge_certfile", "bridge_keyfile"} {
		if e := has[key]; e != nil && psk != nil {
			k.say(e, Error, "A bridge has either certificates or a pre-shared key, not both.", "Remove one of the two.")
		}
	}
	if cert, key := has["bridge_certfile"], has["bridge_keyfile"]; cert != nil && key == nil {
		k.say(cert, Error, "The bridge has a bridge_certfile and no bridge_keyfile.", "Add it.")
	} else if cert == nil && key != nil {
		k.say(key, Error, "The bridge has a bridge_keyfile and no bridge_certfile.", "Add it.")
	}
	if e := has["remote_password"]; e != nil && has["remote_username"] == nil {
		k.say(e, Warning, "A password without remote_username is not sent.", "Add remote_username.")
	}
}

// exposure tells who gets in without a password.
func (k *checker) exposure() {
	open := func(scope int) (Listener, bool) {
		at := 0
		for i, s := range k.c.scopes {
			if s.kind != onListener {
				continue
			}
			l := k.c.listeners[at]
			at++
			if (scope == 0 || scope == i) && l.UnixPath == "" && !loopback(l.Address) {
				return l, true
			}
		}
		return Listener{}, false
	}
	for i := range k.c.scopes {
		for _, key := range []string{"allow_anonymous", "listener_allow_anonymous"} {
			e := k.seen[place{i, key}]
			if !isOn(e) {
				continue
			}
			if l, public := open(i); public {
				k.say(e, Warning, "Anybody who reaches port "+strconv.Itoa(l.Port)+" gets in without a password.",
					"Set it to false, or give the listener the address 127.0.0.1.")
			}
		}
	}
}
