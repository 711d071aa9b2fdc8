package conf_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
)

func TestPaths(t *testing.T) {
	c := load(t, `persistence_file data.db
persistence_location /var/lib/x/
log_dest stderr
log_dest file /var/log/a b.log
pid_file run/x.pid
include_dir d
plugin /p.so
plugin_opt_config_file a.json
plugin_opt_level 3
plugin_opt_other ../x
plugin_load named /q r.so
listener 1883
cafile ca.pem
capath /ca
http_dir www
listener 0 run/x.sock
connection a
bridge_keyfile /k
remote_password /not/a/path
`, "d/e.conf", "acl_file acl\n")
	want := strings.Fields(`
1:persistence_file:writes:/var/lib/x/data.db 2:persistence_location:writes_in:/var/lib/x/ 4:log_dest:writes:/var/log/a_b.log
5:pid_file:writes:run/x.pid 6:include_dir:directory:d 1:acl_file:file:acl 7:plugin:plugin:/p.so 8:plugin_opt_config_file:names:a.json
10:plugin_opt_other:names:../x 11:plugin_load:plugin:/q_r.so 13:cafile:file:ca.pem 14:capath:directory:/ca 15:http_dir:directory:www
16:listener:socket:run/x.sock 18:bridge_keyfile:file:/k`)
	var got []string
	for _, p := range c.Paths() {
		got = append(got, fmt.Sprintf("%d:%s:%s:%s", p.Line, p.Key, p.Kind, strings.ReplaceAll(p.Value, " ", "_")))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestTheCatalogueIsComplete holds what people read and what decides over danger.
func TestTheCatalogueIsComplete(t *testing.T) {
	var dangerous, secret []string
	all := conf.Definitions()
	for i, d := range all {
		if i > 0 && all[i-1].Key >= d.Key {
			t.Errorf("%s does not stand behind %s", d.Key, all[i-1].Key)
		}
		if !strings.HasSuffix(d.Help, ".") || len(d.Help) < 15 || len(d.Help) > 160 || strings.ToUpper(d.Help[:1]) != d.Help[:1] {
			t.Errorf("%s: the help is no line for people: %q", d.Key, d.Help)
		}
		if d.Type == conf.Int && d.Min > d.Max || d.Type == conf.Enum && len(d.Values) < 2 || len(d.Scopes) == 0 {
			t.Errorf("%s is not complete: %+v", d.Key, d)
		}
		if d.Deprecated != (conf.Version{}) && d.DeprecatedBy == "" {
			t.Errorf("%s: what instead?", d.Key)
		}
		if d.Dangerous {
			dangerous = append(dangerous, d.Key)
		}
		if d.Secret {
			secret = append(secret, d.Key)
		}
		if found, ok := conf.Lookup(d.Key); !ok || found.Key != d.Key {
			t.Errorf("%s is not found", d.Key)
		}
	}
	if want := strings.Fields("auth_plugin global_plugin http_dir pid_file plugin plugin_load tls_engine user"); !slices.Equal(dangerous, want) {
		t.Errorf("dangerous are %q, want %q", dangerous, want)
	}
	if want := strings.Fields("auth_opt_* bridge_psk local_password password plugin_opt_* remote_password tls_engine_kpass_sha1"); !slices.Equal(secret, want) {
		t.Errorf("secret are %q, want %q", secret, want)
	}
	if _, ok := conf.Lookup("no_such_setting"); ok {
		t.Error("a setting is found that there is not")
	}
	if d, ok := conf.Lookup("plugin_opt_config_file"); !ok || d.Key != "plugin_opt_config_file" || !d.Secret {
		t.Errorf("an option of a plugin is %+v", d)
	}
}

func TestScopes(t *testing.T) {
	const text = "port 1884\nmax_qos 1\nlistener 8883 127.0.0.1\nuser x\nmax_qos 0\nconnection a b\nmax_connections 3\ntopic x\nlistener 0 /s\n" +
		"plugin /p q.so\nplugin_opt_x 1\nbridge_insecure true\nplugin_load n /r.so\nplugin_opt_y 1\nplugin_use n\nplugin_opt_z 1\nallow_anonymous true\n"
	want := strings.Fields("listener:default listener:default listener:8883@127.0.0.1 global listener:8883@127.0.0.1 bridge:a listener:8883@127.0.0.1 bridge:a " +
		"listener:/s plugin:/p_q.so plugin:/p_q.so bridge:a plugin:n plugin:n listener:/s plugin:n global")
	c := load(t, text)
	for i, s := range c.Settings() {
		if got := strings.ReplaceAll(string(s.Scope), " ", "_"); got != want[i] {
			t.Errorf("line %d, %s, is in %s, want %s", s.Line, s.Key, got, want[i])
		}
	}
	perListener := load(t, "per_listener_settings true\n"+text).Settings()
	if last := perListener[len(perListener)-1]; last.Scope != "listener:/s" {
		t.Errorf("with per_listener_settings, allow_anonymous is in %s", last.Scope)
	}
	var listeners []string
	for _, l := range c.Listeners() {
		listeners = append(listeners, fmt.Sprintf("%s %d %s %s %s %v %d", l.Scope, l.Port, l.Address, l.UnixPath, l.Protocol, l.TLS, len(l.Settings)))
	}
	if got, want := strings.Join(listeners, "|"), "listener:default 1884   mqtt false 2|listener:8883@127.0.0.1 8883 127.0.0.1  mqtt false 2|listener:/s 0  /s mqtt false 1"; got != want {
		t.Errorf("listeners are %q, want %q", got, want)
	}
	if b := c.Bridges(); len(b) != 1 || b[0].Name != "a" || b[0].Address != "" || b[0].Line != 6 || len(b[0].Settings) != 2 {
		t.Errorf("bridges are %+v", b)
	}
	if l := load(t, "user x\n").Listeners(); len(l) != 1 || l[0].Port != 1883 || l[0].Address != "localhost" || l[0].Line != 0 {
		t.Errorf("without a listener there is %+v, want the broker's own on localhost", l)
	}
}
