package conf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Severity says how bad a problem is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the broker does not start with it, or BunkerM cannot manage one that does
	Warning Severity = "warning" // the broker starts, and does what is hardly meant
	Notice  Severity = "notice"  // good to know
)

// Problem is something to be said about a line.
type Problem struct {
	File     string // empty where it is about the whole
	Line     int    // from 1; 0 where no line is meant
	Severity Severity
	Key      string
	Message  string // never repeats the value of a secret
	Hint     string
}

// mostProblems is how many problems are told at most: a file that is none of mosquitto's has one on each line.
const mostProblems = 500

// Check says what the text shows to be wrong, for a broker of that version, in the order of the files and lines. What
// needs the file system or the network is not looked at: see [Config.Paths].
func (c *Config) Check(v Version) []Problem {
	k := checker{c: c, v: v, problems: append([]Problem{}, c.problems...), order: map[string]int{}}
	for i, f := range c.files {
		k.order[f.Name] = i
		k.bytes(f)
	}
	k.seen = map[place]*entry{}
	k.has = make([]map[string]*entry, len(c.scopes))
	for i := range c.entries {
		e := &c.entries[i]
		if k.entry(e) {
			k.remember(e)
		}
	}
	k.listeners()
	k.bridges()
	k.exposure()
	k.strayed()
	slices.SortStableFunc(k.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(k.order[a.File], k.order[b.File]), cmp.Compare(a.Line, b.Line))
	})
	if n := len(k.problems); n > mostProblems {
		k.problems = append(k.problems[:mostProblems:mostProblems], Problem{
			Severity: Error, Message: "There are " + strconv.Itoa(n-mostProblems) + " more problems.", Hint: "Is this a configuration of mosquitto?",
		})
	}
	return k.problems
}

// place is a key in a scope.
type place struct {
	scope int
	key   string
}

type checker struct {
	c        *Config
	v        Version
	problems []Problem
	order    map[string]int // of the files
	seen     map[place]*entry
	has      []map[string]*entry // by scope: what listeners and bridges have
}

func (k *checker) say(e *entry, severity Severity, message, hint string) {
	k.problems = append(k.problems, Problem{File: e.File, Line: e.Line, Severity: severity, Key: e.Key, Message: message, Hint: hint})
}

// remember keeps what a scope has for the checks of the whole, and tells what is set twice.
func (k *checker) remember(e *entry) {
	key := canonical(e.key)
	first := k.seen[place{e.scope, key}]
	if first == nil {
		k.seen[place{e.scope, key}] = e
		if e.scope > 0 {
			if k.has[e.scope] == nil {
				k.has[e.scope] = map[string]*entry{}
			}
			k.has[e.scope][key] = e
		}
		return
	}
	if e.def.Many {
		return
	}
	where := "on line " + strconv.Itoa(first.Line)
	if first.File != e.File {
		where += " of " + first.File
	}
	switch {
	case !e.def.again(k.v) || key == "address":
		k.say(e, Error, e.key+" is set already "+where+", and mosquitto "+k.v.String()+" does not start when it is set twice.", "Remove one of the lines.")
	case first.Value != e.Value:
		k.say(e, Warning, e.key+" is set already "+where+"; this line holds.", "Remove one of the lines.")
	default:
		k.say(e, Notice, e.key+" is set already "+where+", to the same.", "Remove one of the lines.")
	}
}

// bytes looks for what the broker's reader of lines trips over.
func (k *checker) bytes(f *File) {
	tell := func(line int, message, hint string) {
		k.problems = append(k.problems, Problem{File: f.Name, Line: line, Severity: Error, Message: message, Hint: hint})
	}
	if f.rest > 0 {
		tell(f.rest, "There are more than "+strconv.Itoa(mostSettings)+" settings; those from this line on have not been looked at.", "Is this a configuration of mosquitto?")
	}
	for _, line := range f.nuls {
		message := "The line has a NUL byte, and the broker does not read what is behind it."
		if line == f.cut {
			message = "The line has a NUL byte, and the broker leaves it and the rest of the file out."
		}
		tell(line, message, "Remove the byte, or write the line anew.")
	}
	if strings.HasPrefix(f.text, "\ufeff") && !strings.HasPrefix(f.text, "\ufeff#") {
		tell(1, "The file begins with a byte order mark, which the broker takes as part of the first setting's name.",
			"Save the file as UTF-8 without a byte order mark.")
	}
}

// entry looks at one line. It returns false for one that says nothing to the broker.
func (k *checker) entry(e *entry) bool {
	if e.def == nil {
		k.unknown(e)
		return false
	}
	if !e.def.In(k.v) {
		k.say(e, Error, "mosquitto "+k.v.String()+" does not know "+e.key+"; "+e.def.Since.String()+" does.",
			"Remove the line, or update the broker.")
		return false
	}
	if d := e.def.Deprecated; d != (Version{}) && !k.v.Before(d) {
		instead := e.def.DeprecatedBy
		hint := "Use " + instead + "."
		if strings.HasPrefix(instead, "nothing") {
			hint = "Remove the line: " + strings.TrimPrefix(instead, "nothing: ") + "."
		}
		k.say(e, Notice, e.key+" is on its way out.", hint)
	}
	k.belongs(e)
	if e.Value == "" {
		if e.key == "retry_interval" || e.key == "dhparamfile" && !k.v.Before(v21()) {
			return true // the broker does not look at the value
		}
		k.say(e, Error, e.key+" has no value.", "Write one behind the name, or remove the line.")
		return false
	}
	k.value(e)
	switch e.key {
	case "per_listener_settings":
		if word := firstWord(e.rest); word == "true" || word == "1" {
			k.say(e, Error, "With per_listener_settings, BunkerM cannot manage the broker's accounts: the dynamic security plugin would guard some listeners only.",
				"Remove the line, or set it to false.")
		}
	case "include_dir":
		k.includes(e)
	}
	return true
}

// unknown finds what an unknown setting may have been meant to be.
func (k *checker) unknown(e *entry) {
	name := shown(e.Key)
	if e.key[0] == '#' {
		k.say(e, Error, "A comment has to begin at the beginning of the line: with a space in front, the broker takes it as a setting.",
			"Remove the space in front of #.")
		return
	}
	if strings.Contains(e.key, "\t") {
		k.say(e, Error, "There is a tab in or around the name of the setting, and the broker takes it as part of the name.", "Use spaces.")
		return
	}
	if strings.ContainsAny(e.key, "=:") && lookup(e.Key) != nil {
		k.say(e, Error, "Between "+e.Key+" and its value there has to be a space, and nothing else.", "Write as in "+e.Key+" VALUE.")
		return
	}
	hint := "See the manual page mosquitto.conf(5) for what there is."
	// Comparing with all settings takes its time, and nobody reads more than so many problems.
	if len(k.problems) > mostProblems {
		k.say(e, Error, "There is no setting "+name+".", hint)
		return
	}
	if near := nearest(strings.TrimPrefix(e.Key, "\ufeff"), k.v); near != "" {
		hint = "Did you mean " + near + "?"
	}
	k.say(e, Error, "There is no setting "+name+".", hint)
}

// shown is a name from the file, cut to a length that fits into a sentence.
func shown(name string) string {
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "") + "…"
	}
	return strconv.Quote(name)
}

// belongs looks whether there is something above that the setting can belong to.
func (k *checker) belongs(e *entry) {
	switch kind := e.def.place; {
	case kind == onBridge && e.scope == 0:
		k.say(e, Error, e.key+" belongs to a bridge, and there is no connection line above it in this file.",
			"Move it below the connection line of its bridge.")
	case kind == onPlugin && e.scope == 0:
		k.say(e, Error, e.key+" belongs to a plugin, and there is no plugin line above it in this file.", "Move it below the line of its plugin.")
	case kind == onListener && k.c.scopes[e.scope].name == DefaultListener && e.key != "port" && e.key != "bind_address":
		switch {
		case e.key == "plugin_use" || !k.v.Before(v21()) && needsListener(e.key):
			k.say(e, Error, e.key+" belongs to a listener, and there is no listener line above it in this file.",
				"Move it below the listener line that it is meant for.")
		case !k.seenDefault():
			k.say(e, Warning, e.key+" stands above the first listener line of this file, and makes the broker open another listener for it.",
				"Move it below the listener line that it is meant for.")
		}
	}
}

// seenDefault tells whether a line has asked for the default listener, so that the ones behind it are meant for it.
func (k *checker) seenDefault() bool {
	for i, s := range k.c.scopes {
		if s.name == DefaultListener {
			return k.has[i]["port"] != nil || k.has[i]["bind_address"] != nil
		}
	}
	return false
}

// needsListener are the settings that 2.1 takes below a listener line only, and not for the default listener.
func needsListener(key string) bool {
	switch key {
	case "accept_protocol_versions", "cafile", "disable_client_cert_date_checks", "enable_proxy_protocol", "http_dir", "listener_allow_anonymous",
		"listener_auto_id_prefix", "max_topic_alias", "max_topic_alias_broker", "mount_point", "proxy_protocol_v2_require_tls", "tls_version",
		"websockets_origin":
		return true
	}
	return false
}

// includes looks at an include_dir line: only the main file may have one.
func (k *checker) includes(e *entry) {
	if e.file == k.c.files[0] {
		return
	}
	if k.v.Before(v21()) {
		k.say(e, Warning, "The broker passes over include_dir in a file that is included itself.", "Move the line to "+k.c.files[0].Name+".")
		return
	}
	k.say(e, Error, "Only "+k.c.files[0].Name+" may have include_dir; mosquitto "+k.v.String()+" does not start with it here.",
		"Move the line to "+k.c.files[0].Name+".")
}

// strayed tells of settings of a listener that stand behind an include_dir line whose files have listeners of their own:
// the broker forgets where the listener above the line is kept.
func (k *checker) strayed() {
	main := k.c.files[0].Name
	listener, moved := -1, 0
	for i := range k.c.entries {
		e := &k.c.entries[i]
		switch {
		case e.key == "listener" && e.File == main:
			listener, moved = e.scope, 0
		case e.key == "listener" && listener >= 0:
			moved = i
		case moved > 0 && e.File == main && e.scope == listener:
			k.say(e, Warning, "This setting stands below an include_dir line whose files add listeners, and the broker loses it.",
				"Move include_dir above the first listener, or to the end of the file.")
		}
	}
}
