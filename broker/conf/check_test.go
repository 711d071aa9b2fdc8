package conf_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// TestChecks has one case for each problem: "2.0.11" or "2.1.2" or both, the lines, and what is said as
// "line severity: a part of the message"; nothing else may be said.
func TestChecks(t *testing.T) {
	for _, c := range []struct {
		name, version, text string
		want                []string
	}{
		{"nothing wrong", "", "listener 1883 127.0.0.1\nmax_qos 1\nallow_anonymous false\n", nil},
		{"unknown", "", "max_keepaliv 60\n", []string{"1 error: no setting \"max_keepaliv\" (Did you mean max_keepalive?)"}},
		{"unknown, other letters", "", "MAX-KEEPALIVE 60\n", []string{"1 error: no setting (Did you mean max_keepalive?)"}},
		{"unknown, near to nothing", "", "frobnicate 60\n", []string{"1 error: no setting (See the manual"}},
		{"not of this version", "2.0.11", "global_max_clients 5\n", []string{"1 error: 2.0.11 does not know global_max_clients; 2.1.0 does"}},
		{"near only of this version", "2.0.11", "globl_max_clients 5\n", []string{"1 error: no setting (See"}},
		{"of this version", "2.1.2", "global_max_clients 5\n", nil},
		{"comment behind a space", "", " # x\n", []string{"1 error: A comment has to begin"}},
		{"tab in the key", "", "user\tx\n", []string{"1 error: a tab"}},
		{"an equals sign", "", "listener 1 ::1\nmax_qos=1\n", []string{"2 error: there has to be a space"}},
		{"byte order mark", "", "\ufeffuser x\n", []string{"1 error: byte order mark", "1 error: no setting (Did you mean user?)"}},
		{"NUL", "", "user x\nmax_keepalive 60\x00\nfoo\n", []string{"2 error: NUL byte"}},
		{"no value", "", "user\n", []string{"1 error: no value"}},
		{"no switch", "", "persistence yes\n", []string{"1 error: true or false, not \"yes\""}},
		{"no number", "", "sys_interval ten\n", []string{"1 error: a whole number, not \"ten\""}},
		{"hexadecimal in 2.0", "2.0.11", "sys_interval 0x10\n", []string{"1 error: whole number"}},
		{"hexadecimal in 2.1", "2.1.2", "sys_interval 0x10\n", nil},
		{"out of range", "", "max_packet_size 19\n", []string{"1 error: may be from 20 to"}},
		{"too low for 2.0", "2.0.11", "max_keepalive 0\n", []string{"1 error: may be from 10 to 65535"}},
		{"not too low for 2.1", "2.1.2", "max_keepalive 0\n", nil},
		{"no word of the list", "", "start_type x\n", []string{"1 error: belongs to a bridge", "1 error: may not be \"x\" (Write automatic, lazy or once"}},
		{"no protocol of 2.0", "2.0.11", "listener 1 ::1\nprotocol http_api\n", []string{"2 error: 2.0.11 does not know protocol http_api"}},
		{"more than one word", "", "sys_interval 5 # seconds\n", []string{"1 notice: passes over what follows"}},
		{"comment in a path", "", "listener 1 ::1\ncertfile a # b\nkeyfile c\n", []string{"2 warning: takes the # and what follows"}},
		{"control character", "", "user a\x01b\n", []string{"1 error: control character"}},
		{"no UTF-8", "", "user a\xffb\n", []string{"1 error: UTF-8"}},
		{"tab behind a number", "", "sys_interval 5\t\n", []string{"1 error: tab"}},
		{"port", "", "listener 65536\n", []string{"1 error: may be from 1 to 65535"}},
		{"socket without path", "", "listener 0\n", []string{"1 error: needs the path"}},
		{"listener without port", "", "listener ::1\n", []string{"1 error: needs the number"}},
		{"twice, text", "", "persistence_file a\npersistence_file b\n", []string{"2 error: is set already on line 1"}},
		{"twice, 2.1 takes it", "2.1.2", "user a\nuser b\n", []string{"2 warning: this line holds"}},
		{"twice, 2.0 does not", "2.0.11", "user a\nuser b\n", []string{"2 error: is set already"}},
		{"twice, number", "", "sys_interval 5\nsys_interval 6\n", []string{"2 warning: this line holds"}},
		{"twice the same", "", "sys_interval 5\nsys_interval 5\n", []string{"2 notice: to the same"}},
		{"not twice", "", "listener 1 ::1\nmax_qos 1\nlistener 2 ::1\nmax_qos 1\n", nil},
		{"listener twice", "", "listener 1 ::1\nlistener 1 ::1\n", []string{"2 error: the same address as the one on line 1"}},
		{"listener on all addresses", "", "listener 1 127.0.0.1\nlistener 1\n", []string{"2 error: the same address", "2 notice: does not encrypt"}},
		{"two addresses", "", "listener 1 127.0.0.1\nlistener 1 ::1\n", nil},
		{"two domains", "", "listener 1\nsocket_domain ipv4\nlistener 1\nsocket_domain ipv6\n", []string{"1 notice: encrypt", "3 notice: encrypt"}},
		{"socket twice", "", "listener 0 a\nlistener 0 a\n", []string{"2 error: same address"}},
		{"anybody", "", "allow_anonymous true\nlistener 1\n", []string{"1 warning: Anybody who reaches port 1", "2 notice: encrypt"}},
		{"anybody here", "", "allow_anonymous true\nlistener 1 127.0.0.1\nlistener 0 a\n", nil},
		{"anybody without listeners", "", "allow_anonymous true\n", nil},
		{"anybody at one listener", "2.1.2", "listener 1 ::1\nlistener_allow_anonymous true\nlistener 2\nlistener_allow_anonymous true\n",
			[]string{"3 notice: encrypt", "4 warning: port 2"}},
		{"per_listener_settings", "2.0.11", "per_listener_settings true\n", []string{"1 error: BunkerM cannot manage"}},
		{"not per_listener_settings", "2.0.11", "per_listener_settings false\n", nil},
		{"certificate without key", "", "listener 1 ::1\ncertfile a\n", []string{"2 error: no keyfile"}},
		{"key without certificate", "", "listener 1 ::1\nkeyfile a\n", []string{"2 error: no certfile"}},
		{"authorities alone", "", "listener 1 ::1\ncafile a\n", []string{"2 error: neither certfile nor keyfile"}},
		{"require_certificate without authorities", "", "listener 1 ::1\ncertfile a\nkeyfile a\nrequire_certificate true\n", []string{"4 warning: nobody gets in"}},
		{"both kinds of TLS", "", "listener 1 ::1\npsk_hint x\ncertfile a\nkeyfile a\n", []string{"2 error: not both"}},
		{"proxy and TLS", "2.1.2", "listener 1 ::1\nenable_proxy_protocol 2\ncertfile a\nkeyfile a\n", []string{"3 error: proxy", "4 error: proxy"}},
		{"above the first listener", "2.0.11", "max_qos 1\nlistener 1 ::1\n", []string{"1 warning: makes the broker open another listener", "1 notice: encrypt"}},
		{"2.1 wants the listener above", "2.1.2", "cafile a\nlistener 1 ::1\n", []string{"1 error: belongs to a listener", "1 error: neither", "1 notice: encrypt"}},
		{"default listener", "2.1.2", "port 1\nbind_address 127.0.0.1\nmax_qos 1\n", []string{"1 notice: way out", "2 notice: way out"}},
		{"bridge setting alone", "", "remote_username a\n", []string{"1 error: belongs to a bridge"}},
		{"plugin option alone", "", "plugin_opt_a b\n", []string{"1 error: belongs to a plugin"}},
		{"bridge", "", "connection a\naddress 192.0.2.1\ntopic a\n", []string{"1 warning: does not encrypt"}},
		{"bridge on this machine", "", "connection a\naddress 127.0.0.1:1884\ntopic a\n", nil},
		{"bridge with TLS", "", "connection a\naddress b:8883\ntopic a\nbridge_capath /x\n", nil},
		{"bridge without address and topic", "", "connection a\n", []string{"1 error: no address", "1 error: no topic"}},
		{"bridge with two addresses", "", "connection a\naddress ::1:1883\naddresses ::1:1884\ntopic a\n", []string{"3 error: is set already", "3 notice: way out"}},
		{"bridge twice", "", "connection a\naddress localhost\ntopic a\nconnection a\naddress localhost\ntopic a\n", []string{"4 error: a bridge of that name already"}},
		{"address with a wrong port", "", "connection a\naddress ::1\ntopic a\n", []string{"1 warning: encrypt", "2 error: as the port"}},
		{"address with no port", "", "connection a\naddress localhost:mqtt\ntopic a\n", []string{"2 error: no number from 1 to 65535"}},
		{"address with brackets", "", "connection a\nbridge_cafile x\naddress [::1]:1883\ntopic a\n", []string{"3 error: brackets"}},
		{"address as URL", "", "connection a\nbridge_cafile x\naddress mqtt://b:1883\ntopic a\n", []string{"3 error: without \"mqtt://\""}},
		{"psk without identity", "", "connection a\naddress ::1:1\ntopic a\nbridge_psk 00\n", []string{"4 error: needs bridge_identity"}},
		{"password without name", "", "connection a\naddress ::1:1\ntopic a\nremote_password 00\n", []string{"4 warning: is not sent"}},
		{"topic direction", "", "connection a\naddress ::1:1\ntopic a inout\n", []string{"3 error: out, in or both"}},
		{"topic QoS", "", "connection a\naddress ::1:1\ntopic a in 3\n", []string{"3 error: 0, 1 or 2"}},
		{"expiration", "", "persistent_client_expiration 30\n", []string{"1 error: a number and a letter"}},
		{"log_dest", "", "log_dest file\nlog_dest paper\n", []string{"1 error: needs the path", "2 error: may not be \"paper\""}},
		{"wrong order of waits", "", "connection a\naddress ::1:1\ntopic a\nrestart_timeout 60 5\n", []string{"4 error: shorter than the shortest"}},
		{"on its way out in 2.1", "2.1.2", "acl_file a\n", []string{"1 notice: on its way out (Use a role"}},
		{"not yet in 2.0", "2.0.11", "acl_file a\n", nil},
		{"data in a folder that goes", "", "persistence_location /tmp/x\n", []string{"1 warning: does not outlive"}},
		{"no folder", "", "include_dir nowhere\n", []string{"1 error: no folder nowhere"}},
		{"a folder with a space behind", "", "include_dir x \n", []string{"1 error: begins or ends with a space"}},
		{"no figures", "", "sys_interval 0\n", []string{"1 warning: Without figures"}},
	} {
		for _, v := range []string{"2.0.11", "2.1.2"} {
			if c.version != "" && c.version != v {
				continue
			}
			t.Run(c.name+" "+v, func(t *testing.T) {
				var got []string
				for _, p := range load(t, c.text).Check(version(t, v)) {
					if p.File != main || p.Message == "" || p.Hint == "" {
						t.Errorf("not complete: %+v", p)
					}
					got = append(got, fmt.Sprintf("%d %s: %s (%s)", p.Line, p.Severity, p.Message, p.Hint))
				}
				for _, want := range c.want {
					start, parts, _ := strings.Cut(want, ": ")
					message, hint, _ := strings.Cut(strings.TrimSuffix(parts, ")"), " (")
					at := slices.IndexFunc(got, func(s string) bool {
						return strings.HasPrefix(s, start) && strings.Contains(s, message) && strings.Contains(s, hint)
					})
					if at < 0 {
						t.Errorf("want %q among\n%s", want, strings.Join(got, "\n"))
						continue
					}
					got = slices.Delete(got, at, at+1)
				}
				if len(got) > 0 {
					t.Errorf("also said:\n%s", strings.Join(got, "\n"))
				}
			})
		}
	}
}

func TestProblemsNeverShowSecrets(t *testing.T) {
	const secret = "hunter2-hunter2"
	text := "connection a\naddress x\n"
	for _, d := range conf.Definitions() {
		if d.Secret {
			text += strings.Replace(d.Key, "*", "a", 1) + " " + secret + "\t\x01\n" + strings.Replace(d.Key, "*", "a", 1) + " " + secret + "\n"
		}
	}
	for _, p := range load(t, text).Check(version(t, "2.1.2")) {
		if strings.Contains(p.Message+p.Hint, secret) {
			t.Errorf("%+v shows a secret", p)
		}
	}
}

func TestNestedIncludes(t *testing.T) {
	c := load(t, "include_dir d\n", "d/a.conf", "include_dir e\n", "e/b.conf", "foo 1\n")
	if n := len(c.Settings()); n != 2 {
		t.Errorf("%d settings are read, want 2: the broker reads no folder of an included file", n)
	}
	for v, want := range map[string]conf.Severity{"2.0.11": conf.Warning, "2.1.2": conf.Error} {
		problems := c.Check(version(t, v))
		if len(problems) != 1 || problems[0].Severity != want || problems[0].File != "d/a.conf" {
			t.Errorf("%s: %+v, want one %s", v, problems, want)
		}
	}
}

func TestSettingsThatTheBrokerLoses(t *testing.T) {
	c := load(t, "listener 1 ::1\ninclude_dir d\nmax_qos 1\nlistener 3 ::1\nmax_qos 1\n", "d/a.conf", "listener 2 ::1\n")
	problems := c.Check(version(t, "2.0.11"))
	if len(problems) != 1 || problems[0].Line != 3 || problems[0].Severity != conf.Warning {
		t.Errorf("%+v, want a warning for line 3", problems)
	}
}
