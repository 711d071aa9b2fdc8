package adopt

import (
	"fmt"
	"path"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
)

// writer makes the new mosquitto.conf. What concerns access, logs and places is ours now; all else stays as it is.
type writer struct {
	plan      *Plan
	config    *conf.Config
	copied    map[string]string // where a file comes to
	global    []string
	listeners []string
	bridges   []string
	set       map[string]bool // global keys that are there
}

// fate is what becomes of a setting.
type fate int

const (
	stays   fate = iota
	ours         // BunkerM says so itself
	access       // it is in dynamic-security.json
	plugins      // it loads code
)

// fateOf tells what becomes of a setting by its key.
func fateOf(key string) fate {
	switch key {
	case "include_dir", "pid_file", "user", "log_dest", "log_type", "log_timestamp", "log_timestamp_format", "log_facility",
		"connection_messages", "persistence", "persistence_location", "persistence_file", "port", "bind_address", "listener",
		"connection", "per_listener_settings":
		return ours
	case "password_file", "acl_file", "allow_anonymous", "psk_file":
		return access
	case "plugin", "auth_plugin", "global_plugin", "plugin_load", "plugin_use", "auth_plugin_deny_special_chars":
		return plugins
	}
	if strings.HasPrefix(key, "plugin_opt_") || strings.HasPrefix(key, "auth_opt_") {
		return plugins
	}
	return stays
}

// certificates is the folder of what is copied.
const certificates = "certs"

// write goes over the settings in the order in which the broker reads them.
func (w *writer) write() {
	w.set = map[string]bool{}
	for _, s := range w.config.Settings() {
		if s.Scope == "global" && fateOf(s.Key) == stays {
			w.set[s.Key] = true
			w.global = append(w.global, w.line(s))
		}
	}
	for _, l := range w.config.Listeners() {
		w.listener(l)
	}
	for _, b := range w.config.Bridges() {
		w.bridges = append(w.bridges, "", "connection "+b.Name)
		for _, s := range b.Settings {
			w.bridges = append(w.bridges, w.line(s))
		}
	}
}

func (w *writer) listener(l conf.Listener) {
	line := listenerLine(l)
	w.listeners = append(w.listeners, "", line)
	w.plan.Listeners = append(w.plan.Listeners, strings.TrimPrefix(line, "listener "))
	if l.Port > 0 {
		w.plan.Ports = append(w.plan.Ports, l.Port)
	}
	for i := range l.Settings {
		s := &l.Settings[i]
		switch fateOf(s.Key) {
		case stays:
			w.listeners = append(w.listeners, w.line(*s))
		case plugins:
			w.plan.note(s, Lost, "A plugin of a single listener does not come over: %s.", s.Key)
		}
		if s.Key == "psk_file" || s.Key == "psk_hint" {
			w.plan.note(s, Lost, "Pre-shared keys cannot be managed: give the devices accounts, and the listener a certificate.")
		}
	}
}

// line is a setting as it will be. A file that the broker reads is copied, because the broker may run as another user now.
func (w *writer) line(s conf.Setting) string {
	d, known := conf.Lookup(s.Key)
	if !known {
		w.plan.note(&s, Manual, "%s is no setting that is known; it stays as it is.", s.Key)
	}
	switch {
	case known && d.Path == conf.ReadsFile:
		return s.Key + " " + w.copyOf(&s)
	case known && d.Path == conf.ReadsDir:
		w.plan.note(&s, Manual, "The folder %s stays where it is, and has to be open to the user as whom the broker runs.", s.Value)
	}
	return strings.TrimSpace(s.Key + " " + s.Value)
}

// copyOf has a file copied, and returns where it comes to.
func (w *writer) copyOf(s *conf.Setting) string {
	if to, before := w.copied[s.Value]; before {
		return to
	}
	if err := w.plan.src.there(s.Value); err != nil {
		w.plan.note(s, Manual, "%s cannot be read (%v); the line stays as it is.", s.Value, err)
		return s.Value
	}
	to := path.Join(certificates, path.Base(s.Value))
	for n := 2; w.taken(to); n++ {
		to = path.Join(certificates, fmt.Sprintf("%d-%s", n, path.Base(s.Value)))
	}
	w.copied[s.Value] = to
	w.plan.Copies = append(w.plan.Copies, Copy{From: s.Value, To: to, Secret: strings.HasSuffix(s.Key, "keyfile")})
	return to
}

func (w *writer) taken(to string) bool {
	for _, other := range w.copied {
		if other == to {
			return true
		}
	}
	return false
}

// text is the file as a whole.
func (w *writer) text(anonymous bool) string {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("# Taken over from %s. This file is yours: BunkerM never overwrites it.", w.config.Files()[0].Name)
	line("# Names are relative to this folder.")
	line("")
	line("# BunkerM's own part: the dynamic security plugin, the socket over which BunkerM talks to the broker, and the log. Keep")
	line("# this line above the first listener.")
	line("include_dir %s", broker.OwnConfDir)
	line("")
	line("# Accounts and what they may do are managed in BunkerM.")
	line("allow_anonymous %t", anonymous)
	line("persistence true")
	line("persistence_location ./")
	for _, d := range [...]struct{ key, value string }{{"max_queued_messages", "100000"}, {"set_tcp_nodelay", "true"}, {"sys_interval", "2"}} {
		if !w.set[d.key] {
			line("%s %s", d.key, d.value)
		}
	}
	if len(w.global) > 0 {
		line("")
	}
	for _, l := range w.global {
		line("%s", l)
	}
	for _, l := range w.listeners {
		line("%s", l)
	}
	for _, l := range w.bridges {
		line("%s", l)
	}
	return text.String()
}
