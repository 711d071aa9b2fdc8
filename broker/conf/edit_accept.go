package conf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// acceptable looks at a change alone. Whatever it lets pass stays in one line and in the place of a value: a change
// cannot bring in a setting that it does not name.
func (ch Change) acceptable() (field, why string) {
	switch ch.Op {
	case OpSet, OpAdd, OpRemove:
	default:
		return "op", "is none of set, add and remove"
	}
	switch d := lookup(ch.Key); {
	case ch.Key == "":
		return "key", "is missing"
	case strings.HasSuffix(ch.Key, "*") || strings.ContainsFunc(ch.Key, func(r rune) bool { return r <= ' ' || r > '~' || r == '#' }):
		return "key", "is not the name of a setting"
	case d == nil && ch.Op != OpRemove:
		if near := nearest(ch.Key, Version{Major: 99}); near != "" {
			return "key", "is not the name of a setting; perhaps " + near + " is meant"
		}
		return "key", "is not the name of a setting"
	case ch.Op == OpRemove:
		return "", ""
	}
	switch value := ch.Value; {
	case value == "":
		return "value", "is missing"
	case len(value) > longest:
		return "value", "is longer than the broker takes"
	case !utf8.ValidString(value):
		return "value", "is no valid UTF-8"
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return "value", "has a line break or another control character"
	case trim(value) != value:
		return "value", "begins or ends with a space, which the broker would not keep"
	case strings.Contains(value, Unchanged) && (value != Unchanged || !Secret(ch.Key)):
		return "value", "has the mark of a secret that is not shown"
	}
	return "", ""
}

// fits tells whether a setting belongs into the scope that a change names.
func (ed *editor) fits(ch Change) (field, why string) {
	d := lookup(ch.Key)
	kind := d.place
	if kind == onSecurity {
		kind = onGlobal
		if ed.perListener() {
			kind = onListener
		}
	}
	if ch.Scope == string(DefaultListener) && kind == onListener {
		return "", ""
	}
	if ch.Key == "port" || ch.Key == "bind_address" {
		return "scope", "has to be " + string(DefaultListener)
	}
	if kind == onGlobal && ch.Scope == string(Global) {
		return "", ""
	}
	at := ed.scope(ch.Scope)
	switch {
	case at < 0 && strings.HasPrefix(ch.Scope, kind+":"):
		return "scope", "there is no such " + kind
	case at < 0 || ed.c.scopes[at].kind != kind:
		return "scope", ch.Key + " belongs to " + map[string]string{
			onGlobal: "the whole broker: global", onListener: "a listener, as in listener:1883", onBridge: "a bridge, as in bridge:NAME",
			onPlugin: "a plugin, as in plugin:FILE",
		}[kind]
	}
	return "", ""
}

func (ed *editor) perListener() bool {
	for i := range ed.c.entries {
		if e := &ed.c.entries[i]; e.key == "per_listener_settings" && isOn(e) {
			return true
		}
	}
	return false
}
