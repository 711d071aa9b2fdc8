package conf_test

import (
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

const secrets = `connection a
remote_password  first secret  
#remote_password old-secret
  local_password local-secret
bridge_psk c0ffee
connection b
remote_password other-secret
plugin /p.so
plugin_opt_token tok-secret
auth_opt_file /etc/shown-to-nobody-secret
	remote_password tab-secret
remote_pasword typed-secret
remote_username anna
password_file /etc/passwd
`

const maskedSecrets = `connection a
remote_password  «unchanged»  
#remote_password «unchanged»
  local_password «unchanged»
bridge_psk «unchanged»
connection b
remote_password «unchanged»
plugin /p.so
plugin_opt_token «unchanged»
auth_opt_file «unchanged»
	remote_password «unchanged»
remote_pasword «unchanged»
remote_username anna
password_file /etc/passwd
`

func masked(t testing.TB, text string) string {
	t.Helper()
	return string(load(t, text).Masked()[0].Text)
}

func TestSecretsAreMaskedAndComeBack(t *testing.T) {
	if got := masked(t, secrets); got != maskedSecrets {
		t.Errorf("got\n%s\nwant\n%s", got, maskedSecrets)
	}
	back, err := load(t, maskedSecrets).Unmask(load(t, secrets))
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, back, main); got != secrets {
		t.Errorf("got\n%s\nwant\n%s", got, secrets)
	}
}

func TestUnmasking(t *testing.T) {
	const before = "connection a\nremote_password pa\nconnection b\nremote_password pb\nplugin /p\nplugin_opt_x 1\nplugin_opt_x 2\n"
	for _, c := range []struct{ name, edited, want string }{
		{"bridges in another order", "connection b\nremote_password «unchanged»\nconnection a\nremote_password «unchanged»\n",
			"connection b\nremote_password pb\nconnection a\nremote_password pa\n"},
		{"one of them new", "connection a\nremote_password «unchanged»\nconnection b\nremote_password new\n",
			"connection a\nremote_password pa\nconnection b\nremote_password new\n"},
		{"lines above", "user x\n\n# hello\nconnection b\nuser y\nremote_password «unchanged»", "user x\n\n# hello\nconnection b\nuser y\nremote_password pb"},
		{"by position", "plugin /p\nplugin_opt_x «unchanged»\nplugin_opt_x «unchanged»\n", "plugin /p\nplugin_opt_x 1\nplugin_opt_x 2\n"},
		{"no secret at all", "user x\n", "user x\n"},
		{"in a comment that is not about a secret", "# reads «unchanged»\n", "# reads «unchanged»\n"},
	} {
		got, err := load(t, c.edited).Unmask(load(t, before))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if text(t, got, main) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, text(t, got, main), c.want)
		}
	}
	for _, c := range []struct{ name, edited, at string }{
		{"a bridge that was not there", "user x\nconnection c\nremote_password «unchanged»\n", "mosquitto.conf:3"},
		{"another key", "connection a\nlocal_password «unchanged»\n", "mosquitto.conf:2"},
		{"one too many", "plugin /p\nplugin_opt_x «unchanged»\nplugin_opt_x «unchanged»\nplugin_opt_x «unchanged»\n", "mosquitto.conf:4"},
		{"a part of a value", "connection a\nremote_password x«unchanged»\n", "mosquitto.conf:2"},
		{"a comment that was not there", "#remote_password «unchanged»\n", "mosquitto.conf:1"},
	} {
		_, err := load(t, c.edited).Unmask(load(t, before))
		if err == nil {
			t.Errorf("%s is accepted", c.name)
		} else if got := fields(t, err); got[c.at] == "" || len(got) != 1 {
			t.Errorf("%s: got %v, want %s", c.name, got, c.at)
		}
	}
}

func TestBadlyWrittenSecretsStaySecret(t *testing.T) {
	for _, line := range []string{
		"remote_password=hunter2", "remote_password\thunter2", "\tremote_password hunter2", "remote_password:hunter2 x", "Remote_Password hunter2",
		"remote-password hunter2", " # remote_password hunter2", "#remote_password\thunter2", "\ufeffremote_password hunter2", "remote_password\fhunter2",
	} {
		c := load(t, "connection a\n"+line+"\n")
		if shown := string(c.Masked()[0].Text); strings.Contains(shown, "hunter2") {
			t.Errorf("%q is shown as %q", line, shown)
		}
		for _, s := range c.Settings() {
			if strings.Contains(s.Key, "hunter2") || strings.Contains(s.Value, "hunter2") && !conf.Secret(s.Key) {
				t.Errorf("%q is the setting %+v", line, s)
			}
		}
		for _, p := range c.Check(version(t, "2.0.11")) {
			if strings.Contains(p.Message+p.Hint+p.Key, "hunter2") {
				t.Errorf("%q: %+v shows it", line, p)
			}
		}
		for _, r := range conf.Compare(load(t, ""), c, version(t, "2.0.11")).Reasons {
			if strings.Contains(r.Key+r.Why, "hunter2") {
				t.Errorf("%q: %+v shows it", line, r)
			}
		}
	}
}

func TestDiffsNeverShowSecrets(t *testing.T) {
	before := load(t, secrets)
	after := load(t, strings.ReplaceAll(secrets, "secret", "new-secret")+"connection c\nremote_password third-secret\n")
	for _, d := range [][]conf.FileDiff{conf.Diff(before, after), conf.Diff(after, before), conf.Diff(load(t, ""), after)} {
		if len(d) != 1 || len(d[0].Hunks) == 0 {
			t.Fatalf("no difference: %+v", d)
		}
		for _, h := range d[0].Hunks {
			for _, l := range h.Lines {
				if strings.Contains(l.Text, "secret") || strings.Contains(l.Text, "c0ffee") {
					t.Errorf("%q shows a secret", l.Text)
				}
			}
		}
	}
}
