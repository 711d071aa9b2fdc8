package trial_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/trial"
)

// folder is a broker's folder on disk.
type folder struct{ dir string }

func (f folder) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

func (f folder) ReadFile(name string) ([]byte, error) { return os.ReadFile(f.path(name)) }

func (f folder) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(f.path(dir))
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".conf") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (f folder) write(t testing.TB, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(f.path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func options(t testing.TB, dir string) trial.Options {
	t.Helper()
	executable, plugin := brokertest.Mosquitto(t)
	out, _ := exec.Command(executable, "-h").CombinedOutput() // it ends with 1 or 3
	_, rest, _ := strings.Cut(string(out), "mosquitto version ")
	version, ok := conf.ParseVersion(rest)
	if !ok {
		t.Fatalf("%s does not tell its version:\n%s", executable, out)
	}
	o := trial.Options{Mosquitto: executable, Version: version, Plugin: plugin, UID: -1, GID: -1, Dir: dir, Scratch: filepath.Join(filepath.Dir(dir), "scratch")}
	if os.Geteuid() == 0 {
		// As the managed broker does; started as root, the program would change its user only after it has read some files.
		o.UID, o.GID = 65534, 65534
	}
	return o
}

// openDir is a broker's folder with one for scratch beside it. All users may pass through both, and not come there from
// above, as with a data directory of root's.
func openDir(t testing.TB) string {
	t.Helper()
	data := t.TempDir()
	dir := filepath.Join(data, "broker")
	for _, folder := range []string{dir, filepath.Join(data, "scratch")} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// try tries files out and looks that nothing is left behind.
func try(t testing.TB, files map[string]string) (trial.Result, folder, trial.Options) {
	t.Helper()
	f := folder{openDir(t)}
	f.write(t, files)
	o := options(t, f.dir)
	c, err := conf.Load("mosquitto.conf", f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := trial.Run(t.Context(), o, c)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(o.Scratch); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	return r, f, o
}

func errorsOf(r trial.Result) []conf.Problem {
	var found []conf.Problem
	for _, p := range r.Problems {
		if p.Severity == conf.Error {
			found = append(found, p)
		}
	}
	return found
}

func TestWhatTheBrokerWouldRefuseIsFoundAtItsLine(t *testing.T) {
	pair := brokertest.GoodCertificate(t)
	other := brokertest.GoodCertificate(t)
	for name, c := range map[string]struct {
		files map[string]string
		file  string
		line  int
		says  string
	}{
		"unknown setting":        {map[string]string{"mosquitto.conf": "listener 1883\n\nmax_connectoins 5\n"}, "mosquitto.conf", 3, "max_connectoins"},
		"in an included file":    {map[string]string{"mosquitto.conf": "listener 1883\ninclude_dir more\n", "more/a.conf": "# one\nfoo bar\n"}, "more/a.conf", 2, "foo"},
		"port too large":         {map[string]string{"mosquitto.conf": "allow_anonymous true\nlistener 70000\n"}, "mosquitto.conf", 2, ""},
		"certificate not there":  {map[string]string{"mosquitto.conf": "listener 8883\ncertfile /no/where.crt\nkeyfile /no/where.key\n"}, "mosquitto.conf", 2, "/no/where.crt"},
		"relative and not there": {map[string]string{"mosquitto.conf": "listener 8883\ncertfile certs/x.crt\nkeyfile certs/x.key\n"}, "mosquitto.conf", 2, `"certs/x.crt"`},
		"key of another": {map[string]string{"mosquitto.conf": "listener 8883\ncertfile s.crt\nkeyfile s.key\n", "s.crt": pair.Cert, "s.key": other.Key},
			"mosquitto.conf", 3, "key"},
		"password file not there": {map[string]string{"mosquitto.conf": "listener 1883\npassword_file /no/passwords\n"}, "mosquitto.conf", 2, "/no/passwords"},
		"rules not there":         {map[string]string{"mosquitto.conf": "listener 1883\nacl_file rules\n"}, "mosquitto.conf", 2, "rules"},
		"bridge to nowhere":       {map[string]string{"mosquitto.conf": "listener 1883\nconnection up\n"}, "", 0, "bridge"},
		"bridge without address":  {map[string]string{"mosquitto.conf": "listener 1883\nconnection up\naddress\n"}, "mosquitto.conf", 3, "address"},
		"topic of a bridge":       {map[string]string{"mosquitto.conf": "listener 1883\nconnection up\naddress far.example.com\ntopic a sideways 0\n"}, "mosquitto.conf", 4, ""},
		"no such protocol":        {map[string]string{"mosquitto.conf": "listener 1883\nprotocol gopher\n"}, "mosquitto.conf", 2, ""},
		"no boolean":              {map[string]string{"mosquitto.conf": "listener 1883\nallow_anonymous perhaps\n"}, "mosquitto.conf", 2, "allow_anonymous"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _, _ := try(t, c.files)
			found := errorsOf(r)
			if !r.Tried || len(found) == 0 {
				t.Fatalf("it passes: %+v", r)
			}
			p := found[0]
			if p.File != c.file || p.Line != c.line || !strings.Contains(p.Message, c.says) || strings.Contains(p.Message, os.TempDir()) {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestWhatTheBrokerTakesPasses(t *testing.T) {
	pair := brokertest.GoodCertificate(t)
	_, plugin := brokertest.Mosquitto(t)
	for name, files := range map[string]map[string]string{
		"nothing":               {"mosquitto.conf": ""},
		"one listener":          {"mosquitto.conf": "listener 1883\nallow_anonymous true\n"},
		"an address elsewhere":  {"mosquitto.conf": "listener 1883 192.0.2.7\nbind_interface nowhere0\nsocket_domain ipv6\n"},
		"a privileged port":     {"mosquitto.conf": "port 443\n"},
		"a socket":              {"mosquitto.conf": "listener 0 /run/" + strings.Repeat("long/", 40) + "x.sock\n"},
		"persistence elsewhere": {"mosquitto.conf": "listener 1883\npersistence true\npersistence_location /var/lib/nowhere/\nautosave_interval 1\n"},
		"log and pid files":     {"mosquitto.conf": "listener 1883\nlog_dest file /no/where.log\npid_file /no/where.pid\nlog_type none\nuser nobody\n"},
		"a bridge":              {"mosquitto.conf": "listener 1883\nconnection up\naddress far.example.com:8883\ntopic # both 2\nremote_password geheim\nbridge_cafile s.crt\n", "s.crt": pair.Cert},
		"TLS":                   {"mosquitto.conf": "listener 8883\ncertfile s.crt\nkeyfile s.key\n", "s.crt": pair.Cert, "s.key": pair.Key},
		"websockets, includes":  {"mosquitto.conf": "listener 1883\r\nlistener 9001\r\nprotocol websockets\r\ninclude_dir more\r\n", "more/a.conf": "max_keepalive 30"},
		"our plugin":            {"mosquitto.conf": "plugin " + plugin + "\nplugin_opt_config_file dynamic-security.json\nlistener 1883\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _, _ := try(t, files)
			if found := errorsOf(r); !r.Tried || len(found) > 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestForeignPluginsAreLeftOutAndNamed(t *testing.T) {
	r, _, _ := try(t, map[string]string{"mosquitto.conf": "listener 1883\nplugin /no/such.so\nplugin_opt_secret x\n"})
	if len(errorsOf(r)) > 0 || len(r.Skipped) != 1 || r.Skipped[0] != "plugin in mosquitto.conf:2" {
		t.Errorf("%+v", r)
	}
}

func TestNothingOfTheBrokersIsTouched(t *testing.T) {
	files := map[string]string{
		"mosquitto.conf": "listener 1883\npersistence true\npersistence_location ./\nlog_dest file broker.log\npid_file broker.pid\nautosave_interval 1\n",
		"mosquitto.db":   "not to be touched", "broker.log": "not to be touched", "broker.pid": "4711",
	}
	_, f, _ := try(t, files)
	entries, err := os.ReadDir(f.dir)
	if err != nil || len(entries) != len(files) {
		t.Errorf("%v %v", entries, err)
	}
	for name, text := range files {
		if now, err := os.ReadFile(f.path(name)); err != nil || string(now) != text {
			t.Errorf("%s is %q (%v)", name, now, err)
		}
	}
}

func TestATrialEndsWhenItsCallerGivesUp(t *testing.T) {
	f := folder{openDir(t)}
	f.write(t, map[string]string{"mosquitto.conf": "listener 1883\n"})
	o := options(t, f.dir)
	// A program that says nothing and does not end.
	o.UID, o.GID = -1, -1
	o.Mosquitto = filepath.Join(f.dir, "mute")
	pid := filepath.Join(f.dir, "pid")
	if err := os.WriteFile(o.Mosquitto, []byte("#!/bin/sh\necho $$ > "+pid+"\nexec sleep 600\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := conf.Load("mosquitto.conf", f)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r, err := trial.Run(ctx, o, c)
	if err != nil || r.Tried {
		t.Errorf("%+v %v", r, err)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/" + strings.TrimSpace(string(text))); err == nil {
		t.Error("the program lives on")
	}
	if left, err := os.ReadDir(o.Scratch); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestAPortThatSomebodyTakesIsNoFaultOfTheConfiguration has somebody sit on the ports of the first try, of a program that does not say why it
// cannot listen.
func TestAPortThatSomebodyTakesIsNoFaultOfTheConfiguration(t *testing.T) {
	_, f, o := try(t, map[string]string{"mosquitto.conf": "listener 1883\nallow_anonymous true\n"})
	dir, err := os.MkdirTemp("", "trial") //nolint:usetesting // the broker's user comes there from above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	marker, wrapper := filepath.Join(dir, "tried"), filepath.Join(dir, "mosquitto")
	script := "#!/bin/sh\n[ -e " + marker + " ] && exec " + o.Mosquitto + " \"$@\"\ntouch " + marker +
		"\necho 'Error: Unable to create websockets listener on port 43777' >&2\nexit 1\n"
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	o.Mosquitto, o.Version = wrapper, conf.Version{Major: 2} // which is not asked to test the configuration first
	c, err := conf.Load("mosquitto.conf", f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := trial.Run(t.Context(), o, c)
	if found := errorsOf(r); err != nil || !r.Tried || len(found) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Error("the first try did not fail")
	}
}

func TestTwoHundredListenersAndALongFile(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		text.WriteString("listener " + strconv.Itoa(10000+i) + "\n")
	}
	for text.Len() < 5<<20 {
		text.WriteString("# " + strings.Repeat("x", 500) + "\n")
	}
	r, _, _ := try(t, map[string]string{"mosquitto.conf": text.String()})
	if found := errorsOf(r); !r.Tried || len(found) > 0 {
		t.Errorf("%+v", r)
	}
	t.Logf("it took %v", r.Took)
}

// FuzzNothingLeadsOutOfTheCopy is about the copy of whatever somebody writes: as many lines, and nothing that reaches out.
func FuzzNothingLeadsOutOfTheCopy(f *testing.F) {
	f.Add("listener 1883 192.0.2.7\nconnection a\naddress far.example.com\nlog_dest file /x\npid_file /x\n")
	f.Add("plugin /x.so\nplugin_opt_a b\npersistence_location /x/\r\nport 1883\nbind_address 192.0.2.7")
	f.Add("listener 0 /x/y.sock\n\tuser root\n#c\ninclude_dir /etc\nhttp_dir /etc")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := conf.Load("mosquitto.conf", only(text))
		if err != nil {
			t.Skip()
		}
		for name, copied := range trial.Copy(c, trial.Options{Dir: "/dir"}) {
			if name != "tried.conf" {
				continue
			}
			if strings.Count(copied, "\n") != strings.Count(text, "\n") {
				t.Errorf("%q became %q", text, copied)
			}
			again, err := conf.Load("mosquitto.conf", only(copied))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range again.Settings() {
				switch s.Key {
				case "user", "pid_file", "log_dest", "persistence_file", "persistence_location", "bind_interface", "plugin", "auth_plugin", "global_plugin", "plugin_load":
					t.Errorf("%q is left in %q", s.Key, copied)
				case "address", "addresses":
					if s.Value != "" && s.Value != "127.0.0.1:1" {
						t.Errorf("a bridge leads to %q", s.Value)
					}
				case "persistence":
					if s.Value == "true" || s.Value == "1" {
						t.Errorf("it would keep its data where the broker does: %q", copied)
					}
				}
			}
		}
	})
}

// only is a configuration of one file.
type only string

func (o only) ReadFile(name string) ([]byte, error) {
	if name != "mosquitto.conf" {
		return nil, os.ErrNotExist
	}
	return []byte(o), nil
}

func (only) List(string) ([]string, error) { return nil, os.ErrNotExist }
