package conf_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

// FuzzEdit makes one change to any text. Whatever key, value and scope are: at most one line comes or changes, all
// others stay byte for byte, and the configuration says what was asked for and nothing else that is new.
func FuzzEdit(f *testing.F) {
	for _, d := range examples(f) {
		f.Add([]byte(d[main]), "set", "global", "max_keepalive", "60", "")
	}
	f.Add([]byte("listener 1\r\n max_qos 1"), "set", "listener:1", "max_qos", "2", "")
	f.Add([]byte("listener 1\n#certfile x"), "add", "listener:1", "certfile", "y", "")
	f.Add([]byte("listener 1"), "add", "", "listener", "2 ::1", "")
	f.Add([]byte("user a\nlistener 1"), "set", "listener:default", "port", "3", "")
	f.Add([]byte("connection a\npassword x\x00\n"), "set", "bridge:a", "remote_password", "y\nplugin z", "")
	f.Add([]byte("log_type all\nlog_type none"), "remove", "global", "log_type", "", "all")
	f.Add([]byte("plugin a\nplugin_opt_x"), "set", "plugin:a", "plugin_opt_x", "«unchanged»", "")
	f.Fuzz(func(t *testing.T, before []byte, op, scope, key, value, old string) {
		c := load(t, string(before))
		got, err := c.Edit([]conf.Change{{Op: conf.Op(op), Scope: scope, Key: key, Value: value, OldValue: old}})
		if err != nil {
			fields(t, err)
			return
		}
		was, is := bytes.SplitAfter(before, []byte("\n")), bytes.SplitAfter(got.Files()[0].Bytes(), []byte("\n"))
		// What is the same at both ends stays; what is between is the change.
		for len(was) > 0 && len(is) > 0 && bytes.Equal(was[0], is[0]) {
			was, is = was[1:], is[1:]
		}
		for len(was) > 0 && len(is) > 0 && bytes.Equal(was[len(was)-1], is[len(is)-1]) {
			was, is = was[:len(was)-1], is[:len(is)-1]
		}
		if op == "remove" {
			if len(is) > 0 && len(bytes.Join(is, nil)) > len(bytes.Join(was, nil)) {
				t.Fatalf("removing %s from %q leaves %q", key, before, got.Files()[0].Bytes())
			}
			return
		}
		// A line at the end without an ending gets one, and an empty line comes in front of a new scope.
		if len(was) > 1 || len(is) > 3 {
			t.Fatalf("%s %s %q in %s of %q changes %q to %q", op, key, value, scope, before, was, is)
		}
		settings := map[string]int{}
		for _, s := range c.Settings() {
			settings[s.Key+" "+s.Value]++
		}
		var come []string
		for _, s := range got.Settings() {
			if line := s.Key + " " + s.Value; settings[line] > 0 {
				settings[line]--
			} else {
				come = append(come, line)
			}
		}
		if len(come) > 1 {
			t.Fatalf("%s %s %q in %s of %q brings %q", op, key, value, scope, before, come)
		}
		if len(come) == 1 && !strings.HasSuffix(come[0], " "+value) {
			t.Fatalf("%s %s %q in %s of %q brings %q", op, key, value, scope, before, come)
		}
		if len(come) == 0 && value != conf.Unchanged && len(got.Settings()) == len(c.Settings()) &&
			!slices.ContainsFunc(c.Settings(), func(s conf.Setting) bool { return s.Value == value }) && !bytes.Contains(before, []byte{0}) {
			t.Fatalf("%s %s %q in %s of %q changes nothing: %q", op, key, value, scope, before, got.Files()[0].Bytes())
		}
	})
}
