package config

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/broker/proof"
	"github.com/bunkerm/bunkerm/broker/trial"
	"github.com/bunkerm/bunkerm/fault"
)

// withProof has the real broker proven, and copies tried out, as the product does.
func withProof(h **house) func(*Options) {
	return func(o *Options) {
		o.Listeners = func(ctx context.Context, c *conf.Config) []conf.Problem {
			return proof.Listeners(ctx, c, proof.Options{Dir: o.BrokerDir, Skip: func(l conf.Listener) bool { return l.UnixPath == "control.sock" }})
		}
		o.Try = func(ctx context.Context, c *conf.Config) (Trial, error) {
			m := (*h).managed
			executable, plugin := m.Program()
			uid, gid := m.BrokerUser()
			version, _ := conf.ParseVersion(m.Version())
			r, err := trial.Run(ctx, trial.Options{
				Mosquitto: executable, Version: version, Plugin: plugin, UID: uid, GID: gid, Dir: m.BrokerDir(), Scratch: m.TrialDir(),
			}, c)
			return Trial{Problems: r.Problems, Tried: r.Tried, Skipped: r.Skipped}, err
		}
	}
}

// whole is a house as the product is built.
func whole(t testing.TB, more ...func(*Options)) *house {
	t.Helper()
	var h *house
	late := &h
	data := t.TempDir()
	// The options ask for the house only when something is tried, and then it is there.
	shapes := append([]func(*Options){withProof(late)}, more...)
	h = open(t, data, shapes...)
	return h
}

func set(key, value string) BrokerChange {
	return BrokerChange{Changes: []SettingChange{{Op: "set", Key: key, Value: value}}}
}

func (h *house) change(c BrokerChange) (Changed, error) {
	h.t.Helper()
	done, _, err := h.Change(within(h.t), c, ChangeOptions{})
	return done, err
}

func freePort(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

func TestAChangeReachesTheBrokerInTheGentlestWay(t *testing.T) {
	h := whole(t)
	for _, c := range []struct {
		change BrokerChange
		effect string
	}{
		{BrokerChange{Text: ptr(h.text() + "# a thought\n")}, "none"},
		{set("sys_interval", "5"), "reload"},
		{BrokerChange{Changes: []SettingChange{{Op: "add", Key: "listener", Value: fmt.Sprintf("%d 127.0.0.1", freePort(t))}}}, "restart"},
	} {
		pid := h.managed.Status().BrokerPID
		before := h.text()
		done, err := h.change(c.change)
		if err != nil {
			t.Fatalf("%s: %v", c.effect, err)
		}
		if done.Effect != c.effect || !done.Applied || done.Version == 0 || len(done.Diff) != 1 {
			t.Errorf("%s: %+v", c.effect, done)
		}
		if restarted := h.managed.Status().BrokerPID != pid; restarted != (c.effect == "restart") {
			t.Errorf("%s: the broker was restarted: %v", c.effect, restarted)
		}
		if !strings.HasPrefix(h.text(), strings.TrimSuffix(before, "\n")[:200]) {
			t.Errorf("%s: the file has become another:\n%s", c.effect, h.text())
		}
		h.works()
		answer, _, err := h.Broker(within(t), false)
		if err != nil || answer.Pending != nil || answer.Version != done.Version {
			t.Errorf("%s: %+v %v", c.effect, answer.Pending, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestAnErrorIsToldBeforeAnythingIsTouched(t *testing.T) {
	h := whole(t)
	before := h.text()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for name, c := range map[string]struct{ line, says string }{
		"unknown":         {"max_queued_mesages 5", "max_queued_messages"},
		"no number":       {"max_keepalive soon", "max_keepalive"},
		"port taken":      {fmt.Sprintf("listener %d 127.0.0.1", port), "taken"},
		"file missing":    {"listener 18883 127.0.0.1\ncertfile nowhere.crt\nkeyfile nowhere.key", "nowhere.crt"},
		"plugin":          {"plugin /usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so", "plugin"},
		"log elsewhere":   {"log_dest file /etc/passwd", "log_dest"},
		"data elsewhere":  {"listener 18883 127.0.0.1\nhttp_dir " + h.data, "http_dir"},
		"rules elsewhere": {"acl_file /etc/hosts", "acl_file"},
		"per listener":    {"per_listener_settings true", "per_listener_settings"},
		"user":            {"user root", "user"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.put(before + c.line + "\n")
			f := fault.From(err)
			if f.Kind != fault.Invalid || len(f.Fields) == 0 || !strings.Contains(fmt.Sprint(f.Fields, f.HintText), c.says) {
				t.Errorf("%v %+v (%s)", err, f.Fields, f.HintText)
			}
			if len(f.Fields) > 0 && !strings.HasPrefix(f.Fields[0].Location, "mosquitto.conf:") {
				t.Errorf("it names no line: %+v", f.Fields)
			}
		})
	}
	if h.text() != before || len(h.versions(fileBroker)) != 1 {
		t.Error("something was touched")
	}
	if _, err := h.put(strings.Replace(before, "include_dir bunkerm.d", "# gone", 1)); fault.From(err).Kind != fault.Conflict && fault.From(err).Kind != fault.Invalid {
		t.Errorf("without our own part: %v", err)
	}
	h.works()
}

// TestWhatPassesEveryCheckAndStopsTheBrokerIsHealed makes changes that only the running broker finds wrong: the trial is
// turned off, and what cannot be set over HTTP is allowed.
func TestWhatPassesEveryCheckAndStopsTheBrokerIsHealed(t *testing.T) {
	h := whole(t, func(o *Options) { o.Dangerous = true })
	brokerDir := h.managed.BrokerDir()
	uid, gid := h.managed.BrokerUser()
	write := func(name, text string) {
		path := filepath.Join(brokerDir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if uid != -1 {
			if err := os.Chown(path, uid, gid); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("noplugin.so", "this is no shared object")
	write("library.so", libraryWithoutPlugin(t))
	write("empty.crt", selfSigned(t))
	write("locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjbBsGyBQfVygICCAAw\n-----END ENCRYPTED PRIVATE KEY-----\n")
	try := h.o.Try
	h.o.Try = nil
	first := h.text()
	tls := fmt.Sprintf("listener %d 127.0.0.1\n", freePort(t))
	healed := 0
	for name, lines := range map[string]string{
		"a plugin that is none":          "plugin ./noplugin.so",
		"a library that is no plugin":    "plugin ./library.so",
		"an address of another machine":  fmt.Sprintf("listener %d 192.0.2.7", freePort(t)),
		"a host that there is not":       fmt.Sprintf("listener %d no-such-host.invalid", freePort(t)),
		"an interface that there is not": fmt.Sprintf("listener %d\nbind_interface nowhere0", freePort(t)),
		"a key with a passphrase":        tls + "certfile empty.crt\nkeyfile locked.key",
		"ciphers that there are not":     tls + "certfile empty.crt\nkeyfile empty.crt\nciphers NO-SUCH-CIPHER",
		"a TLS version of tomorrow":      tls + "certfile empty.crt\nkeyfile empty.crt\ntls_version tlsv9",
		"our plugin a second time":       "plugin " + second(h.managed.Program()) + "\nplugin_opt_config_file nowhere.json",
	} {
		pid := h.managed.Status().BrokerPID
		_, err := h.put(first + lines + "\n")
		f := fault.From(err)
		switch {
		case err == nil:
			t.Logf("%s: the broker takes it", name)
			if _, err := h.put(first); err != nil {
				t.Fatal(err)
			}
		case f.Kind == fault.Invalid:
			t.Logf("%s: it does not pass the checks: %v", name, err)
		case f.Kind == fault.Refused && strings.Contains(f.HintText, "are back"):
			healed++
			t.Logf("%s: healed; %s", name, f.Message)
			v := h.versions(fileBroker)[0]
			if v.State != statePutBack || v.Detail == "" || v.Live || h.managed.Status().BrokerPID == pid {
				t.Errorf("%s: the version says %+v", name, v)
			}
		default:
			t.Errorf("%s: %v (%s)", name, err, f.HintText)
		}
		if h.text() != first {
			t.Fatalf("%s: the file is not what it was:\n%s", name, h.text())
		}
		h.works()
	}
	if healed < 5 {
		t.Errorf("only %d of them have stopped the broker, so this shows little", healed)
	}
	h.o.Try = try
}

func second(_, b string) string { return b }

func TestTenWritersAtOnce(t *testing.T) {
	h := whole(t)
	_, tag, err := h.Broker(within(t), false)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	done, refused := 0, 0
	for i := range 10 {
		all.Go(func() {
			_, _, err := h.Change(within(t), set("max_queued_messages", fmt.Sprint(1000+i)), ChangeOptions{IfMatch: tag})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				done++
			case fault.Is(err, fault.Precondition):
				refused++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done != 1 || refused != 9 {
		t.Errorf("%d were done and %d refused", done, refused)
	}
	if strings.Count(h.text(), "max_queued_messages") != 1 {
		t.Errorf("something is mixed:\n%s", h.text())
	}
	h.works()
}
