package conf_test

import (
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after string
		changes       []conf.Change
	}{
		{"a value, with what stands around it", "a\n\n  max_keepalive   60  \r\n#x\n", "a\n\n  max_keepalive   90\r\n#x\n",
			[]conf.Change{{Op: "set", Key: "max_keepalive", Value: "90"}}},
		{"the last line without an ending", "sys_interval 5", "sys_interval 6", []conf.Change{{Op: "set", Key: "sys_interval", Value: "6"}}},
		{"a key without a value", "sys_interval\nuser x\n", "sys_interval 6\nuser x\n", []conf.Change{{Op: "set", Key: "sys_interval", Value: "6"}}},
		{"the line that holds, of two", "sys_interval 5\nsys_interval 7\n", "sys_interval 5\nsys_interval 9\n",
			[]conf.Change{{Op: "set", Key: "sys_interval", Value: "9"}}},
		{"a setting under its old name", "connection a\npassword old\n", "connection a\npassword new\n",
			[]conf.Change{{Op: "set", Scope: "bridge:a", Key: "remote_password", Value: "new"}}},
		{"behind an example", "user x\n\n# How often.\n#sys_interval 10\n\nlistener 1\n", "user x\n\n# How often.\n#sys_interval 10\nsys_interval 5\n\nlistener 1\n",
			[]conf.Change{{Op: "set", Key: "sys_interval", Value: "5"}}},
		{"not behind a sentence", "# sys_interval is how often it tells.\nuser x\n", "# sys_interval is how often it tells.\nuser x\nsys_interval 5\n",
			[]conf.Change{{Op: "set", Key: "sys_interval", Value: "5"}}},
		{"above the first listener", "user x\nlistener 1\nmax_qos 1\n", "user x\nsys_interval 5\nlistener 1\nmax_qos 1\n",
			[]conf.Change{{Op: "set", Key: "sys_interval", Value: "5"}}},
		{"in front of the first listener", "listener 1\nmax_qos 1\n", "sys_interval 5\nlistener 1\nmax_qos 1\n",
			[]conf.Change{{Op: "set", Key: "sys_interval", Value: "5"}}},
		{"into an empty file", "", "sys_interval 5\n", []conf.Change{{Op: "set", Key: "sys_interval", Value: "5"}}},
		{"to a listener, indented as its lines", "listener 1\n  max_qos 1\n\nlistener 2\n", "listener 1\n  max_qos 1\n  max_connections 3\n\nlistener 2\n",
			[]conf.Change{{Op: "set", Scope: "listener:1", Key: "max_connections", Value: "3"}}},
		{"to a listener without lines", "listener 1\nlistener 2 127.0.0.1\nuser x", "listener 1\nlistener 2 127.0.0.1\nmax_qos 0\nuser x",
			[]conf.Change{{Op: "set", Scope: "listener:2@127.0.0.1", Key: "max_qos", Value: "0"}}},
		{"behind the example of the right listener", "#max_qos 2\nlistener 1\n#max_qos 2\nuser x\nlistener 2\n#max_qos 2\n", "#max_qos 2\nlistener 1\n#max_qos 2\nuser x\nlistener 2\n#max_qos 2\nmax_qos 0\n",
			[]conf.Change{{Op: "set", Scope: "listener:2", Key: "max_qos", Value: "0"}}},
		{"at the end, which has no ending", "listener 1\r\nmax_qos 1", "listener 1\r\nmax_qos 1\r\nmax_connections 3",
			[]conf.Change{{Op: "set", Scope: "listener:1", Key: "max_connections", Value: "3"}}},
		{"another line", "log_type error\nlog_type notice\n", "log_type error\nlog_type notice\nlog_type warning\n",
			[]conf.Change{{Op: "add", Key: "log_type", Value: "warning"}}},
		{"one of several", "log_type error\nlog_type notice\n", "log_type debug\nlog_type notice\n",
			[]conf.Change{{Op: "set", Key: "log_type", Value: "debug", OldValue: "error"}}},
		{"a new listener and its settings", "user x", "user x\n\nlistener 8883 ::1\ncertfile a\nkeyfile b",
			[]conf.Change{
				{Op: "add", Key: "listener", Value: "8883 ::1"}, {Op: "add", Scope: "listener:8883@::1", Key: "certfile", Value: "a"},
				{Op: "set", Scope: "listener:8883@::1", Key: "keyfile", Value: "b"},
			}},
		{"a listener's port", "listener 1883 127.0.0.1\nmax_qos 1\n", "listener 1884\nmax_qos 1\n",
			[]conf.Change{{Op: "set", Scope: "listener:1883@127.0.0.1", Key: "listener", Value: "1884"}}},
		{"a listener goes with what is its own", "listener 1\n# of 1\nmax_qos 1\nuser x\nconnection b\nprotocol websockets\ntopic a\n", "# of 1\nuser x\nconnection b\ntopic a\n",
			[]conf.Change{{Op: "remove", Scope: "listener:1", Key: "listener"}}},
		{"a bridge goes", "connection a\naddress x\ntopic q\nconnection b\ntopic r\n", "connection b\ntopic r\n",
			[]conf.Change{{Op: "remove", Scope: "bridge:a", Key: "connection"}}},
		{"a plugin goes", "plugin /a.so\nplugin_opt_x 1\nuser x\n", "user x\n", []conf.Change{{Op: "remove", Scope: "plugin:/a.so", Key: "plugin"}}},
		{"an unknown line goes", "foo bar\nuser x\n", "user x\n", []conf.Change{{Op: "remove", Key: "foo"}}},
		{"the default listener", "listener 1\n", "port 1884\nlistener 1\n",
			[]conf.Change{{Op: "set", Scope: "listener:default", Key: "port", Value: "1884"}}},
		{"several at once, one on what another left", "user x\nlistener 1\n", "sys_interval 7\nlistener 1\nmax_qos 0\n",
			[]conf.Change{
				{Op: "set", Key: "sys_interval", Value: "5"}, {Op: "remove", Key: "user"}, {Op: "set", Scope: "listener:1", Key: "max_qos", Value: "0"},
				{Op: "set", Key: "sys_interval", Value: "7"},
			}},
		{"a secret that stays", "connection a\nremote_password p\n", "connection a\nremote_password p\n",
			[]conf.Change{{Op: "set", Scope: "bridge:a", Key: "remote_password", Value: conf.Unchanged}}},
		{"behind the last line of the whole broker", "include_dir d\nlistener 1\nmax_qos 1\n\nuser x\n\n# End.\n", "include_dir d\nlistener 1\nmax_qos 1\n\nuser x\nsys_interval 5\n\n# End.\n",
			[]conf.Change{{Op: "set", Key: "sys_interval", Value: "5"}}},
		{"above an include that ends the file", "user x\n\ninclude_dir d\n", "user x\nsys_interval 5\n\ninclude_dir d\n",
			[]conf.Change{{Op: "set", Key: "sys_interval", Value: "5"}}},
		{"per_listener_settings comes first", "# x\nallow_anonymous false\n", "# x\nper_listener_settings false\nallow_anonymous false\n",
			[]conf.Change{{Op: "set", Key: "per_listener_settings", Value: "false"}}},
		{"include_dir comes last", "user x\nlistener 1\nuser y\nmax_qos 1\n", "user x\nlistener 1\nuser y\nmax_qos 1\ninclude_dir d\n",
			[]conf.Change{{Op: "add", Key: "include_dir", Value: "d"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := load(t, c.before).Edit(c.changes)
			if err != nil {
				t.Fatalf("%v %v", err, fields(t, err))
			}
			if text(t, got, main) != c.after {
				t.Errorf("got  %q\nwant %q", text(t, got, main), c.after)
			}
		})
	}
}

func TestEditsInIncludedFiles(t *testing.T) {
	c := load(t, "user x\ninclude_dir d\n", "d/a.conf", "listener 1\n", "d/b.conf", "sys_interval 3\n")
	got, err := c.Edit([]conf.Change{
		{Op: "set", Scope: "listener:1", Key: "max_qos", Value: "1"}, {Op: "set", Key: "sys_interval", Value: "4"},
		{Op: "set", Key: "max_keepalive", Value: "60", File: "d/b.conf"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		main: "user x\ninclude_dir d\n", "d/a.conf": "listener 1\nmax_qos 1\n", "d/b.conf": "sys_interval 4\nmax_keepalive 60\n",
	} {
		if text(t, got, name) != want {
			t.Errorf("%s is %q, want %q", name, text(t, got, name), want)
		}
	}
}

func TestRefusedEdits(t *testing.T) {
	const before = "listener 1883\nmax_qos 1\nlog_type error\nlog_type notice\nconnection a\naddress x\nplugin /p.so\nplugin_opt_a 1\n"
	for _, c := range []struct {
		field, why string
		change     conf.Change
	}{
		{"value", "line break", conf.Change{Op: "set", Key: "sys_interval", Value: "5\nplugin /evil.so"}},
		{"value", "line break", conf.Change{Op: "set", Key: "sys_interval", Value: "5\rx"}},
		{"value", "line break", conf.Change{Op: "set", Key: "sys_interval", Value: "5\x00"}},
		{"value", "line break", conf.Change{Op: "set", Key: "user", Value: "a\u0085b"}},
		{"value", "line break", conf.Change{Op: "set", Key: "user", Value: "a\tb"}},
		{"value", "UTF-8", conf.Change{Op: "set", Key: "user", Value: "a\xffb"}},
		{"value", "space", conf.Change{Op: "set", Key: "user", Value: " a"}},
		{"value", "space", conf.Change{Op: "set", Scope: "bridge:a", Key: "remote_password", Value: "a "}},
		{"value", "missing", conf.Change{Op: "set", Key: "user"}},
		{"value", "longer", conf.Change{Op: "set", Key: "user", Value: strings.Repeat("a", 65536)}},
		{"value", "no secret", conf.Change{Op: "set", Scope: "bridge:a", Key: "remote_password", Value: conf.Unchanged}},
		{"value", "mark", conf.Change{Op: "set", Key: "user", Value: conf.Unchanged}},
		{"key", "not the name", conf.Change{Op: "set", Key: "user x\nplugin", Value: "a"}},
		{"key", "not the name", conf.Change{Op: "set", Key: "#user", Value: "a"}},
		{"key", "not the name", conf.Change{Op: "set", Key: "sys_intervall", Value: "5"}},
		{"key", "not the name", conf.Change{Op: "set", Scope: "plugin:/p.so", Key: "plugin_opt_x y", Value: "5"}},
		{"key", "not the name", conf.Change{Op: "set", Scope: "plugin:/p.so", Key: "plugin_opt_*", Value: "5"}},
		{"key", "missing", conf.Change{Op: "set", Value: "5"}},
		{"op", "none of", conf.Change{Op: "replace", Key: "user", Value: "5"}},
		{"key", "is set there already", conf.Change{Op: "add", Scope: "listener:1883", Key: "max_qos", Value: "0"}},
		{"key", "not set there", conf.Change{Op: "remove", Key: "user"}},
		{"key", "is not there", conf.Change{Op: "set", Scope: "listener:1", Key: "listener", Value: "2"}},
		{"value", "one already", conf.Change{Op: "add", Key: "listener", Value: "1883"}},
		{"value", "one already", conf.Change{Op: "add", Key: "connection", Value: "a"}},
		{"old_value", "several", conf.Change{Op: "remove", Key: "log_type"}},
		{"old_value", "several", conf.Change{Op: "set", Key: "log_type", Value: "all"}},
		{"old_value", "no such", conf.Change{Op: "set", Key: "log_type", Value: "all", OldValue: "debug"}},
		{"scope", "no such listener", conf.Change{Op: "set", Scope: "listener:99", Key: "max_qos", Value: "1"}},
		{"scope", "no such bridge", conf.Change{Op: "set", Scope: "bridge:b", Key: "remote_username", Value: "1"}},
		{"scope", "belongs to a listener", conf.Change{Op: "set", Key: "max_connections", Value: "1"}},
		{"scope", "belongs to a bridge", conf.Change{Op: "set", Scope: "listener:1883", Key: "remote_username", Value: "1"}},
		{"scope", "belongs to the whole", conf.Change{Op: "set", Scope: "listener:1883", Key: "allow_anonymous", Value: "true"}},
		{"scope", "belongs to a plugin", conf.Change{Op: "set", Key: "plugin_opt_x", Value: "1"}},
		{"scope", "listener:default", conf.Change{Op: "set", Key: "port", Value: "1"}},
		{"file", "no file", conf.Change{Op: "set", Key: "user", Value: "x", File: "/etc/passwd"}},
		{"file", "no file", conf.Change{Op: "add", Key: "listener", Value: "1", File: "/etc/passwd"}},
	} {
		_, err := load(t, before).Edit([]conf.Change{{Op: "set", Key: "max_keepalive", Value: "60"}, c.change})
		if err == nil {
			t.Errorf("%+v is made", c.change)
			continue
		}
		got := fields(t, err)
		if len(got) != 1 || !strings.Contains(got["changes[1]."+c.field], c.why) {
			t.Errorf("%+v: got %v, want %q at %s", c.change, got, c.why, c.field)
		}
	}
}

func TestAThousandEditsOfAFileOfFiveMegabytes(t *testing.T) {
	var b strings.Builder
	for b.Len() < 5<<20 {
		b.WriteString("# a comment of some length, as people write them into their configurations\n")
	}
	b.WriteString("listener 1883\nplugin /p.so\n")
	var changes []conf.Change
	for i := range 1000 {
		changes = append(changes, conf.Change{Op: conf.OpSet, Scope: "plugin:/p.so", Key: "plugin_opt_" + strings.Repeat("x", i+1), Value: "1"})
	}
	got, err := load(t, b.String()).Edit(changes)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Settings()); n != 1002 {
		t.Errorf("there are %d settings, want 1002", n)
	}
	if !strings.HasPrefix(text(t, got, main), b.String()) {
		t.Error("the lines above have changed")
	}
}
