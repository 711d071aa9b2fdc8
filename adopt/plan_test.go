package adopt

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// machine is a folder with what was copied off another machine.
func machine(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const mainConf = "/etc/mosquitto/mosquitto.conf"

// told are the notes in short.
func told(p *Plan) []string {
	var all []string
	for _, n := range p.Notes {
		all = append(all, fmt.Sprintf("%s %s:%d %s", n.Kind, n.File, n.Line, n.Text))
	}
	return all
}

// passwordOf is the line that mosquitto_passwd writes.
func passwordOf(t *testing.T, username, password string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "passwd")
	if out, err := exec.Command("mosquitto_passwd", "-c", "-b", file, username, password).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWhatComesOver reads the configuration of a machine as Debian's package makes it, with everything that matters.
func TestWhatComesOver(t *testing.T) {
	root := machine(t, map[string]string{
		"etc/mosquitto/mosquitto.conf": "# Debian\r\npid_file /run/mosquitto/mosquitto.pid\n\npersistence true\npersistence_location /var/lib/mosquitto/\n" +
			"log_dest file /var/log/mosquitto/mosquitto.log\n\ninclude_dir /etc/mosquitto/conf.d\n",
		"etc/mosquitto/conf.d/10.conf": "max_packet_size 2000\nlistener 1883\nlistener 8883 10.0.0.1\ncertfile /etc/ssl/b.crt\nkeyfile /etc/ssl/b.key\ncafile /etc/ssl/ca.crt\n" +
			"max_connections 5\nlistener 9001\nprotocol websockets\ncertfile /etc/other/b.crt\nkeyfile /etc/ssl/gone.key\n",
		"etc/mosquitto/conf.d/20.conf":   "allow_anonymous false\npassword_file /etc/mosquitto/passwd\nacl_file /etc/mosquitto/acl\npsk_file /etc/psk\nplugin /usr/lib/some.so\nplugin_opt_x 1\n",
		"etc/mosquitto/conf.d/30.conf":   "connection up\naddress other:8883\nbridge_cafile /etc/ssl/ca.crt\ntopic # out\nremote_password secret\n",
		"etc/mosquitto/passwd":           passwordOf(t, "pump", "p") + "old:$6$abc$def\nbroken\n",
		"etc/mosquitto/acl":              "topic read public/#\nuser pump\ntopic readwrite pump/#\npattern write own/%c\ntopic maybe x\n",
		"etc/ssl/b.crt":                  "cert",
		"etc/ssl/b.key":                  "key",
		"etc/ssl/ca.crt":                 "ca",
		"etc/other/b.crt":                "another",
		"var/lib/mosquitto/mosquitto.db": "db",
	})
	p, err := Read(Options{Conf: mainConf, Root: root})
	if err != nil {
		t.Fatal(err)
	}
	want := `# Taken over from /etc/mosquitto/mosquitto.conf. This file is yours: BunkerM never overwrites it.
# Names are relative to this folder.

# BunkerM's own part: the dynamic security plugin, the socket over which BunkerM talks to the broker, and the log. Keep
# this line above the first listener.
include_dir bunkerm.d

# Accounts and what they may do are managed in BunkerM.
allow_anonymous false
persistence true
persistence_location ./
max_queued_messages 100000
set_tcp_nodelay true
sys_interval 2

max_packet_size 2000

listener 1883

listener 8883 10.0.0.1
certfile certs/b.crt
keyfile certs/b.key
cafile certs/ca.crt
max_connections 5

listener 9001
protocol websockets
certfile certs/2-b.crt
keyfile /etc/ssl/gone.key

connection up
address other:8883
bridge_cafile certs/ca.crt
topic # out
remote_password secret
`
	if diff := cmp.Diff(want, string(p.Conf)); diff != "" {
		t.Errorf("mosquitto.conf (-want +got)\n%s", diff)
	}
	copies := []Copy{{"/etc/ssl/b.crt", "certs/b.crt", false}, {"/etc/ssl/b.key", "certs/b.key", true}, {"/etc/ssl/ca.crt", "certs/ca.crt", false}, {"/etc/other/b.crt", "certs/2-b.crt", false}}
	if diff := cmp.Diff(copies, p.Copies); diff != "" {
		t.Errorf("copies (-want +got)\n%s", diff)
	}
	if p.Database != "/var/lib/mosquitto/mosquitto.db" || len(p.Ports) != 3 || p.Clients != 2 {
		t.Errorf("%+v", p)
	}
	file, err := broker.ParseDynsecFile(p.Access)
	if err != nil {
		t.Fatal(err)
	}
	if !file.Client("pump").PasswordMatches("p") || file.Client("old").HasPassword() {
		t.Error("the passwords are not those of the file")
	}
	notes := strings.Join(told(p), "\n")
	for _, words := range []string{
		"manual /etc/mosquitto/conf.d/10.conf:11 /etc/ssl/gone.key cannot be read", "lost /etc/mosquitto/conf.d/20.conf:5 The plugin some.so",
		"manual /etc/mosquitto/passwd:2", "lost /etc/mosquitto/acl:4", "refused /etc/mosquitto/acl:5",
	} {
		if !strings.Contains(notes, words) {
			t.Errorf("nobody says %q in\n%s", words, notes)
		}
	}
	if strings.Contains(notes, "secret") || strings.Contains(notes, "$6$") {
		t.Errorf("a secret is told:\n%s", notes)
	}
}

// TestWhoGetsIn is decided as the old broker decides it.
func TestWhoGetsIn(t *testing.T) {
	for name, c := range map[string]struct {
		conf string
		want string // of the new file
		err  string
	}{
		"nothing":                      {"", "listener 1883 localhost\n", ""},
		"nothing, so everybody":        {"", "allow_anonymous true", ""},
		"a listener":                   {"listener 1883\n", "allow_anonymous false", ""},
		"everybody":                    {"listener 1883\nallow_anonymous true\n", "allow_anonymous true", ""},
		"each the same":                {"per_listener_settings true\nlistener 1883\nallow_anonymous true\nlistener 1884\nallow_anonymous true\n", "allow_anonymous true", ""},
		"each another":                 {"per_listener_settings true\nlistener 1883\nallow_anonymous true\nlistener 1884\n", "", "accounts of their own"},
		"port":                         {"port 1999\nbind_address 127.0.0.1\nmax_connections 7\n", "listener 1999 127.0.0.1\nmax_connections 7\n", ""},
		"a password file that is gone": {"password_file /gone\n", "", "password_file cannot be read"},
		"dynamic security":             {"listener 1883\nplugin /usr/lib/mosquitto_dynamic_security.so\nplugin_opt_config_file /d.json\n", "allow_anonymous false", ""},
		"a folder that is gone":        {"include_dir /gone\nlistener 1883\n", "listener 1883", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := machine(t, map[string]string{"etc/mosquitto/mosquitto.conf": c.conf, "d.json": `{"clients":[{"username":"a"}],"roles":[],"groups":[]}`})
			p, err := Read(Options{Conf: mainConf, Root: root})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || fault.From(err).HintText == "" {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(p.Conf), c.want) {
				t.Errorf("%q is not in\n%s", c.want, p.Conf)
			}
			if name == "dynamic security" && p.Clients != 1 {
				t.Errorf("%d clients", p.Clients)
			}
		})
	}
}

// TestWhoNeededNoAccount is about brokers that let everybody in: they do so afterwards, as far as that can be had, and what cannot is
// told.
func TestWhoNeededNoAccount(t *testing.T) {
	const passwords, rules = "password_file /p\n", "acl_file /a\n"
	for conf, want := range map[string]struct{ anonymous, told bool }{
		"":                       {true, true},
		"listener 1883\n":        {false, false},
		"allow_anonymous true\n": {true, true},
		"allow_anonymous true\nlistener 1883\n" + passwords:         {true, false},
		"allow_anonymous true\nlistener 1883\n" + passwords + rules: {true, false},
		"allow_anonymous true\nlistener 1883\n" + rules:             {true, true},
		"allow_anonymous false\nlistener 1883\n" + passwords:        {false, false},
	} {
		root := machine(t, map[string]string{"etc/mosquitto/mosquitto.conf": conf, "p": "", "a": "topic read open/#\n"})
		p, err := Read(Options{Conf: mainConf, Root: root})
		if err != nil {
			t.Fatalf("%q: %v", conf, err)
		}
		file, err := broker.ParseDynsecFile(p.Access)
		if err != nil {
			t.Fatalf("%q: %v", conf, err)
		}
		if (file.AnonymousGroup != "") != want.anonymous {
			t.Errorf("%q: the anonymous group is %q", conf, file.AnonymousGroup)
		}
		if got := strings.Contains(strings.Join(told(p), "\n"), "a username needs an account"); got != want.told {
			t.Errorf("%q: %q", conf, told(p))
		}
	}
}

func TestAConfigurationThatIsNotThere(t *testing.T) {
	for _, name := range []string{"mosquitto.conf", "/etc/mosquitto/mosquitto.conf"} {
		if _, err := Read(Options{Conf: name, Root: t.TempDir()}); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestEverySettingOfTheManual comes over, or is one of those that BunkerM decides itself.
func TestEverySettingOfTheManual(t *testing.T) {
	values := map[conf.Type]string{conf.Bool: "true", conf.Int: "7", conf.String: "word"}
	sample := func(d conf.Definition) string {
		switch {
		case len(d.Values) > 0:
			return d.Values[0]
		case d.Path != conf.NoPath:
			return "/etc/some/file"
		case values[d.Type] != "":
			return values[d.Type]
		}
		return "word"
	}
	// What the new file says by itself, or what makes the scope in which it is tried.
	said := []string{"allow_anonymous", "persistence", "connection", "address", "addresses"}
	scopes := map[string]string{"global": "", "listener": "listener 1883\n", "bridge": "connection up\naddress other\n"}
	for _, d := range conf.Definitions() {
		for _, scope := range d.Scopes {
			head, known := scopes[scope]
			if !known || scope == "listener" && slices.Contains(d.Scopes, "global") && fateOf(d.Key) != stays {
				continue
			}
			root := machine(t, map[string]string{"etc/mosquitto/mosquitto.conf": head + d.Key + " " + sample(d) + "\n", "etc/some/file": ""})
			p, err := Read(Options{Conf: mainConf, Root: root})
			if err != nil {
				if fateOf(d.Key) == stays {
					t.Errorf("%s in %s: %v", d.Key, scope, err)
				}
				continue
			}
			line := "\n" + d.Key + " " + sample(d) + "\n"
			if d.Path == conf.ReadsFile {
				line = "\n" + d.Key + " certs/file\n"
			}
			if got := strings.Contains(string(p.Conf), line); got != (fateOf(d.Key) == stays) && !slices.Contains(said, d.Key) {
				t.Errorf("%s in %s: it comes over: %t\n%s", d.Key, scope, got, p.Conf)
			}
		}
	}
}
