package conf

import (
	"strconv"
	"strings"
)

// Where a setting may belong. A setting of security belongs to the listener above it when per_listener_settings is true,
// and to all of them otherwise.
const (
	onGlobal   = "global"
	onListener = "listener"
	onBridge   = "bridge"
	onPlugin   = "plugin"
	onSecurity = "security"
)

// place finds the scope of a setting and moves the cursor. What a setting belongs to is told by its key: one of a bridge
// belongs to the bridge above it whatever stands between, and one of a listener to the listener.
func (l *loader) place(e *entry, cur *cursor) int {
	kind := onGlobal
	if e.def != nil {
		kind = e.def.place
	}
	switch e.key {
	case "listener":
		cur.listener = l.add(scope{name: listenerScope(e.rest), kind: onListener}, e)
		return cur.listener
	case "port", "bind_address":
		// From here on the default listener is the one that is being described, also behind other listeners.
		cur.listener = l.theDefault(e)
		return cur.listener
	case "connection":
		cur.bridge = l.add(scope{name: Scope("bridge:" + firstWord(e.rest)), kind: onBridge}, e)
		return cur.bridge
	case "plugin", "auth_plugin", "global_plugin":
		cur.plugin = l.add(scope{name: Scope("plugin:" + pluginFile(e)), kind: onPlugin}, e)
		return cur.plugin
	case "plugin_load":
		name := firstWord(e.rest)
		cur.plugin = l.add(scope{name: Scope("plugin:" + name), kind: onPlugin}, e)
		l.plugins[name] = cur.plugin
		return cur.plugin
	case "plugin_use":
		if n, ok := l.plugins[e.Value]; ok {
			cur.plugin = n
		}
	}
	switch {
	case kind == onListener || kind == onSecurity && l.perL:
		if cur.listener < 0 {
			cur.listener = l.theDefault(e)
		}
		return cur.listener
	case kind == onBridge && cur.bridge >= 0:
		return cur.bridge
	case kind == onPlugin && cur.plugin >= 0:
		return cur.plugin
	}
	return 0
}

func (l *loader) add(s scope, e *entry) int {
	s.file, s.line = e.File, e.Line
	l.c.scopes = append(l.c.scopes, s)
	return len(l.c.scopes) - 1
}

func (l *loader) theDefault(e *entry) int {
	if l.defaultL < 0 {
		l.defaultL = l.add(scope{name: DefaultListener, kind: onListener}, e)
	}
	return l.defaultL
}

// listenerScope names a listener by the value of its line: port, and address or path.
func listenerScope(value string) Scope {
	port, address := listenerWords(value)
	switch {
	case port == "0" && address != "":
		return Scope("listener:" + address)
	case address != "":
		return Scope("listener:" + port + "@" + address)
	default:
		return Scope("listener:" + port)
	}
}

// listenerWords takes the value of a listener line apart.
func listenerWords(value string) (port, address string) {
	port, rest, _ := strings.Cut(strings.TrimLeft(value, " "), " ")
	address = firstWord(rest)
	if strings.HasPrefix(address, "#") {
		address = ""
	}
	return port, address
}

// pluginFile is the file that a plugin line loads.
func pluginFile(e *entry) string {
	if e.key == "plugin_load" {
		_, file, _ := strings.Cut(e.Value, " ")
		return trim(file)
	}
	return e.Value
}

// isTLS are the settings that make a listener or a bridge speak TLS.
func isTLS(key string) bool {
	switch key {
	case "certfile", "psk_hint", "bridge_cafile", "bridge_capath", "bridge_certfile", "bridge_psk":
		return true
	}
	return false
}

// summarise gathers the listeners and bridges.
func (c *Config) summarise() {
	index := make([]int, len(c.scopes)) // where a scope's listener or bridge is
	for i, s := range c.scopes {
		switch s.kind {
		case onListener:
			index[i] = len(c.listeners)
			l := Listener{Scope: s.name, Protocol: "mqtt", File: s.file, Line: s.line}
			if s.name == DefaultListener {
				l.Port = 1883
			}
			c.listeners = append(c.listeners, l)
		case onBridge:
			index[i] = len(c.bridges)
			c.bridges = append(c.bridges, Bridge{Scope: s.name, Name: strings.TrimPrefix(string(s.name), "bridge:"), File: s.file, Line: s.line})
		}
	}
	for i := range c.entries {
		e := &c.entries[i]
		switch c.scopes[e.scope].kind {
		case onListener:
			c.listeners[index[e.scope]].take(e)
		case onBridge:
			c.bridges[index[e.scope]].take(e)
		}
	}
	if len(c.listeners) == 0 {
		// "Starting in local only mode", say both.
		c.listeners = []Listener{{Scope: DefaultListener, Port: 1883, Address: "localhost", Protocol: "mqtt"}}
	}
}

func (l *Listener) take(e *entry) {
	switch e.key {
	case "listener":
		port, address := listenerWords(e.rest)
		l.Port, _ = strconv.Atoi(port) // Check says when it is none
		if l.Port == 0 {
			l.UnixPath = address
		} else {
			l.Address = address
		}
		return
	case "port":
		l.Port, _ = strconv.Atoi(firstWord(e.rest))
	case "bind_address":
		l.Address = e.Value
	case "protocol":
		l.Protocol = firstWord(e.rest)
	}
	l.TLS = l.TLS || isTLS(e.key)
	l.Settings = append(l.Settings, e.Setting)
}

func (b *Bridge) take(e *entry) {
	switch e.key {
	case "connection":
		return
	case "address", "addresses":
		if b.Address == "" {
			b.Address = firstWord(e.rest)
		}
	case "bridge_tls_use_os_certs":
		word := firstWord(e.rest)
		b.TLS = b.TLS || word == "true" || word == "1"
	}
	b.TLS = b.TLS || isTLS(e.key)
	b.Settings = append(b.Settings, e.Setting)
}
