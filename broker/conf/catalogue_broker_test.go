package conf_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// above are the lines that a setting needs above it.
func above(d conf.Definition) []string {
	lines := []string{"listener 18830 127.0.0.1"}
	switch {
	case d.Key == "listener" || d.Key == "port" || d.Key == "bind_address":
		return nil
	case d.Key == "plugin_use":
		return append(lines, "plugin_load one /no/such/plugin.so")
	case d.Scopes[0] == "bridge" && d.Key != "connection":
		return append(lines, "connection one")
	case strings.Contains(d.Key, "_opt_") || d.Key == "auth_plugin_deny_special_chars":
		return append(lines, "plugin /no/such/plugin.so")
	}
	return lines
}

// right is a value that the broker takes.
func right(d conf.Definition, dir string) string {
	switch d.Key {
	case "listener":
		return "18830 127.0.0.1"
	case "bind_address":
		return "127.0.0.1"
	case "http_dir", "include_dir":
		return dir + "/empty"
	case "tls_engine_kpass_sha1":
		return strings.Repeat("0a", 20)
	case "address", "addresses":
		return "127.0.0.1:1883 127.0.0.1"
	case "topic":
		return `sensors/# both 1 "" far/`
	case "log_dest":
		return "file x.log"
	case "persistent_client_expiration":
		return "2w"
	case "plugin_load":
		return "two /no/such/plugin.so"
	case "plugin_use":
		return "one"
	case "restart_timeout":
		return "5 30"
	case "bridge_tcp_keepalive":
		return "120 10 5"
	case "accept_protocol_versions":
		return "4, 5"
	}
	switch d.Type {
	case conf.Bool:
		return "true"
	case conf.Int:
		return strconv.FormatInt(d.Max, 10)
	case conf.Enum:
		return d.Values[0]
	}
	return "text"
}

// key is a key for a definition that stands for many.
func key(d conf.Definition) string { return strings.Replace(d.Key, "*", "something", 1) }

// TestTheBrokerKnowsTheCatalogue asks the broker about every setting: that it knows it as of the version that we say, and
// takes the values that we take.
func TestTheBrokerKnowsTheCatalogue(t *testing.T) {
	a := ask(t)
	for _, d := range conf.Definitions() {
		t.Run(d.Key, func(t *testing.T) {
			t.Parallel()
			dir := emptyDir(t)
			said := a.refusal(t, dir, append(above(d), key(d)+" "+right(d, dir))...)
			switch {
			case !d.In(a.version):
				if !strings.Contains(said, "Unknown configuration variable") || !strings.Contains(said, strings.TrimSuffix(d.Key, "use")) {
					t.Errorf("mosquitto %v is said not to know %s, but says %q", a.version, d.Key, said)
				}
				return
			case said != "":
				t.Fatalf("mosquitto %v does not take %s %s: %s", a.version, d.Key, right(d, dir), said)
			}
			lines := above(d)
			switch d.Type {
			case conf.Bool:
				lines = append(lines, d.Key+" false", d.Key+" 1", d.Key+" 0")
			case conf.Int:
				lowest, highest := d.Range(a.version)
				lines = append(lines, d.Key+" "+strconv.FormatInt(lowest, 10), d.Key+" "+strconv.FormatInt(highest, 10))
			case conf.Enum:
				if taken := d.ValuesIn(a.version); d.Key != "tls_version" && d.Key != "bridge_tls_version" && d.Key != "tls_keyform" {
					for _, value := range taken {
						lines = append(lines, d.Key+" "+value)
					}
				}
			}
			if def := d.DefaultIn(a.version); def != nil && d.Type != conf.String && d.Type != conf.Words && *def != "0" {
				lines = append(lines, d.Key+" "+*def)
			}
			if said := a.refusal(t, dir, lines...); said != "" {
				t.Errorf("mosquitto %v does not take\n%s\n%s", a.version, strings.Join(lines, "\n"), said)
			}
		})
	}
}

// TestTheBrokerRefusesWhatTheCatalogueRefuses is the other direction, as far as the broker says anything: some numbers it
// takes as the next one in the range without a word, and 2.0 reads the digits that a word begins with.
func TestTheBrokerRefusesWhatTheCatalogueRefuses(t *testing.T) {
	a := ask(t)
	old := a.version.Before(conf.Version{Major: 2, Minor: 1})
	for _, d := range conf.Definitions() {
		if !d.In(a.version) {
			continue
		}
		t.Run(d.Key, func(t *testing.T) {
			t.Parallel()
			dir := emptyDir(t)
			refused := func(value string) {
				t.Helper()
				if a.refusal(t, dir, append(above(d), key(d)+" "+value)...) == "" {
					t.Errorf("mosquitto %v takes %s %q, which we refuse", a.version, d.Key, value)
				}
			}
			looksAway := d.Key == "retry_interval" || d.Key == "dhparamfile" && !old || strings.HasPrefix(d.Key, "websockets_log_level") && !old
			if looksAway {
				return
			}
			switch d.Key {
			case "max_connections", "log_type", "protocol", "persistent_client_expiration":
				if !old { // 2.0 takes the name alone for nothing
					refused("")
				}
			default:
				refused("")
			}
			switch d.Type {
			case conf.Bool:
				refused("maybe")
				refused("True")
				refused("true\t")
			case conf.Int:
				if !old && d.Key != "memory_limit" {
					refused("many")
					refused("1.5")
				}
				lowest, highest := d.Range(a.version)
				if firm(d.Key, old) {
					refused(strconv.FormatInt(lowest-1, 10))
					refused(strconv.FormatInt(highest+1, 10))
				}
			case conf.Enum:
				if d.Key != "tls_version" && d.Key != "bridge_tls_version" && d.Key != "tls_keyform" {
					refused("nonsense")
				}
			case conf.String:
				if d.Key != "plugin" && d.Key != "auth_plugin" && d.Key != "global_plugin" && !strings.Contains(d.Key, "_opt_") {
					refused("a\tb")
					refused("a\x01b")
					refused("a\xffb")
				}
			}
		})
	}
}

// firm are the numbers of which the broker refuses those outside of the range.
func firm(key string, old bool) bool {
	switch key {
	case "log_facility", "max_keepalive", "max_qos", "maximum_qos", "max_topic_alias", "port", "sys_interval":
		return true
	case "bridge_max_topic_alias", "bridge_receive_maximum", "enable_proxy_protocol", "max_topic_alias_broker", "packet_buffer_size":
		return !old
	}
	return false
}

// TestSecondLines asks the broker which settings it takes twice.
func TestSecondLines(t *testing.T) {
	a := ask(t)
	for _, d := range conf.Definitions() {
		if !d.In(a.version) || d.Many || d.Key == "listener" {
			continue
		}
		t.Run(d.Key, func(t *testing.T) {
			t.Parallel()
			dir := emptyDir(t)
			line := key(d) + " " + right(d, dir)
			lines := append(above(d), line, line)
			taken := a.refusal(t, dir, lines...) == ""
			ours := true
			for _, p := range load(t, strings.Join(lines, "\n")).Check(a.version) {
				if p.Severity == conf.Error && strings.Contains(p.Message, "is set already") {
					ours = false
				}
			}
			if taken != ours {
				t.Errorf("mosquitto %v takes %q twice: %v; we: %v", a.version, line, taken, ours)
			}
		})
	}
}
