package conf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// TestEffects has what a change asks for, as "kind scope key" of each reason; "" is nothing.
func TestEffects(t *testing.T) {
	const tls = "certfile a\nkeyfile b\n"
	for _, c := range []struct{ name, version, before, after, want string }{
		{"comments, blanks and order", "", "user x\nsys_interval 5\n", "# hello\nsys_interval   5\r\n\n  user x", ""},
		{"the order of listeners", "", "listener 1\nmax_qos 1\nlistener 2\n", "listener 2\nlistener 1\nmax_qos 1\n", ""},
		{"a default written down", "", "", "sys_interval 10\npersistence false\nautosave_interval 1800\nlog_timestamp true\nlog_dest stderr\n", ""},
		{"the default of another version", "2.0.11", "", "max_packet_size 2000000\n", "restart global max_packet_size"},
		{"the default of this version", "2.1.2", "", "max_packet_size 2000000\n", ""},
		{"a switch written otherwise", "", "persistence 1\n", "persistence true # yes\n", ""},
		{"a number written otherwise", "2.1.2", "sys_interval 16\n", "sys_interval 0x10\n", ""},
		{"the line that holds", "", "sys_interval 5\n", "sys_interval 6\nsys_interval 5\n", ""},
		{"an old name", "", "persistence true\n", "retained_persistence true\n", ""},
		{"the default kinds of log", "", "", "log_type notice\nlog_type error\nlog_type warning\nlog_type information\n", ""},
		{"none and again", "", "log_type error\n", "log_type all\nlog_type none\nlog_type error\n", ""},
		{"a kind of log more", "", "", "log_type all\n", "reload global log_type"},
		{"a live setting", "", "sys_interval 5\n", "sys_interval 6\n", "reload global sys_interval"},
		{"a live setting gone", "", "sys_interval 5\n", "", "reload global sys_interval"},
		{"not live, whatever the manual says", "", "", "max_keepalive 60\n", "restart global max_keepalive"},
		{"both", "", "", "max_inflight_messages 60\nsys_interval 1\n", "restart global max_inflight_messages, reload global sys_interval"},
		{"anonymous", "", "listener 1\n", "listener 1\nallow_anonymous true\n", "reload global allow_anonymous"},
		{"anonymous by default without listeners", "", "", "allow_anonymous true\n", ""},
		{"not anonymous without listeners", "", "", "allow_anonymous false\n", "reload global allow_anonymous"},
		{"another listener", "", "listener 1\n", "listener 1\nlistener 2\n", "restart listener:2 listener"},
		{"a listener less", "", "listener 1\nlistener 2\n", "listener 2\n", "restart listener:1 listener"},
		{"the same listener twice", "", "listener 1\n", "listener 1\nlistener 1\n", "restart listener:1 (2) listener"},
		{"another address", "", "listener 1\n", "listener 1 ::1\n", "restart listener:1 listener, restart listener:1@::1 listener"},
		{"the default listener", "", "", "port 1\n", "restart listener:default listener"},
		{"TLS", "", "listener 1\n", "listener 1\n" + tls, "restart listener:1 certfile, restart listener:1 keyfile"},
		{"a setting moves to another listener", "", "listener 1\nmax_connections 1\nlistener 2\n", "listener 1\nlistener 2\nmax_connections 1\n",
			"restart listener:1 max_connections, restart listener:2 max_connections"},
		{"a listener's setting that 2.0 does not take over", "2.0.11", "listener 1\n", "listener 1\nmax_qos 1\n", "restart listener:1 max_qos"},
		{"a listener's setting that 2.1 takes over", "2.1.2", "listener 1\n", "listener 1\nmax_qos 1\n", "reload listener:1 max_qos"},
		{"a bridge in 2.0", "2.0.11", "", "connection a\naddress x\ntopic y\n", "restart bridge:a connection"},
		{"a bridge in 2.1", "2.1.2", "", "connection a\naddress x\ntopic y\n", "reload bridge:a connection"},
		{"a bridge's topic in 2.0", "2.0.11", "connection a\ntopic x\n", "connection a\ntopic x\ntopic y\n", "restart bridge:a topic"},
		{"a bridge's topic in 2.1", "2.1.2", "connection a\ntopic x\n", "connection a\ntopic x\ntopic y\n", "reload bridge:a topic"},
		{"local_cleansession follows", "", "connection a\ncleansession true\n", "connection a\ncleansession true\nlocal_cleansession true\n", ""},
		{"a plugin", "", "", "plugin /a\n", "restart plugin:/a plugin"},
		{"a plugin's option", "", "plugin /a\nplugin_opt_x 1\n", "plugin /a\nplugin_opt_x 2\n", "restart plugin:/a plugin_opt_x"},
		{"the order of plugins", "", "plugin /a\nplugin /b\n", "plugin /b\nplugin /a\n", "restart global plugin"},
		{"another file of a named plugin", "2.1.2", "plugin_load n /a\n", "plugin_load n /b\n", "restart plugin:n plugin_load"},
		{"per_listener_settings", "", "", "per_listener_settings true\n", "restart global per_listener_settings"},
		{"something unknown", "", "", "foo 1\n", "restart global foo"},
	} {
		for _, v := range []string{"2.0.11", "2.1.2"} {
			if c.version != "" && c.version != v {
				continue
			}
			t.Run(c.name+" "+v, func(t *testing.T) {
				e := conf.Compare(load(t, c.before), load(t, c.after), version(t, v))
				var got []string
				strongest := conf.EffectNone
				for _, r := range e.Reasons {
					if r.Why == "" {
						t.Errorf("%+v does not say why", r)
					}
					got = append(got, fmt.Sprintf("%s %s %s", r.Kind, r.Scope, r.Key))
					if r.Kind == conf.EffectRestart || strongest == conf.EffectNone {
						strongest = r.Kind
					}
				}
				if strings.Join(got, ", ") != c.want {
					t.Errorf("got %q, want %q", strings.Join(got, ", "), c.want)
				}
				if e.Kind != strongest {
					t.Errorf("the whole is %s, the strongest reason %s", e.Kind, strongest)
				}
			})
		}
	}
}

func TestIncludedSettingsCountLikeOthers(t *testing.T) {
	before := load(t, "listener 1\nmax_qos 1\nuser x\n")
	after := load(t, "include_dir d\nuser x\n", "d/a.conf", "listener 1\nmax_qos 1\n")
	if e := conf.Compare(before, after, version(t, "2.0.11")); e.Kind != conf.EffectNone {
		t.Errorf("moving settings into an included file: %+v", e)
	}
}
