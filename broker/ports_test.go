package broker

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

func TestListenersIn(t *testing.T) {
	for name, c := range map[string]struct {
		conf string
		want []string
	}{
		"none":             {"# listener 1883\nlistener 0 control.sock\n", nil},
		"one":              {"listener 1883\n", []string{":1883 mqtt"}},
		"address":          {"  listener 1883   127.0.0.1  \r\n", []string{"127.0.0.1:1883 mqtt"}},
		"IPv6":             {"listener 1883 ::1", []string{"[::1]:1883 mqtt"}},
		"websockets":       {"listener 1883\nlistener 9001\nprotocol websockets\n", []string{":1883 mqtt", ":9001 websockets"}},
		"2.1's http":       {"listener 9883\nprotocol http_api\nhttp_dir x\n", []string{":9883 http_api"}},
		"default listener": {"bind_address 10.0.0.1\nport 1884\nprotocol websockets\nlistener 1885\n", []string{"10.0.0.1:1884 websockets", ":1885 mqtt"}},
		"not a number":     {"listener abc\nport x\n", nil},
		"similar words":    {"listener_x 5\nports 6\nallow_anonymous false\n", nil},
	} {
		var got []string
		for _, l := range listenersIn([]byte(c.conf)) {
			got = append(got, l.String()+" "+l.Protocol)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestRenderedConfSaysWhatItWasGiven(t *testing.T) {
	for _, s := range []string{":1883", "127.0.0.1:1900", "[::1]:5"} {
		l, err := parseListen(s)
		if err != nil {
			t.Fatal(err)
		}
		conf := renderConf(l)
		if err := checkInclude(conf, "/data/broker"); err != nil {
			t.Error(err)
		}
		if got := listenersIn(conf); len(got) != 1 || got[0].String() != s {
			t.Errorf("%s became %v", s, got)
		}
		if err := checkListen(s, listenersIn(conf), "mosquitto.conf"); err != nil {
			t.Error(err)
		}
	}
	for _, conf := range []string{"include_dir /data/broker/bunkerm.d/", "include_dir ./bunkerm.d", "  include_dir bunkerm.d\r"} {
		if err := checkInclude([]byte(conf), "/data/broker"); err != nil {
			t.Errorf("%q: %v", conf, err)
		}
	}
	for _, conf := range []string{"", "#include_dir bunkerm.d", "include_dir /elsewhere/bunkerm.d", "include_dir"} {
		if err := checkInclude([]byte(conf), "/data/broker"); !fault.Is(err, fault.Conflict) {
			t.Errorf("%q: %v", conf, err)
		}
	}
}

func TestClosedClearPortContradictsNoFlag(t *testing.T) {
	const secure = "listener 8883\ncertfile certs/server.pem\nkeyfile certs/server.pem\n"
	if err := checkListen(":1883", listenersIn([]byte(secure)), "mosquitto.conf"); err != nil {
		t.Errorf("with TLS alone: %v", err)
	}
	for _, conf := range []string{"", secure + "listener 1884\n", "listener 1884\n" + secure} {
		if err := checkListen(":1883", listenersIn([]byte(conf)), "mosquitto.conf"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", conf, err)
		}
	}
}

func TestParseListenRefuses(t *testing.T) {
	for _, s := range []string{"", "1883", ":", ":x", ":70000", ":-1", "::1:1883", "a b:1", "a\nb:1", "#:1"} {
		if _, err := parseListen(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestTakenPortsAndTheirHolder(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		ln, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("%s is not to be had here: %v", address, err)
			continue
		}
		port := ln.Addr().(*net.TCPAddr).Port
		if !(listener{Port: port}).taken() {
			t.Errorf("a port taken on %s is said to be free on all addresses", address)
		}
		if got := holderOf(port); !strings.Contains(got, fmt.Sprintf("process %d", os.Getpid())) {
			t.Errorf("the holder is said to be %s", got)
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		if (listener{Port: port}).taken() {
			t.Error("a free port is said to be taken")
		}
	}
	if got := holderOf(1); got != "another program" {
		t.Errorf("nobody listens on port 1, but %s", got)
	}
}

func TestFirstListenerGivesWayToAnotherBroker(t *testing.T) {
	// Where somebody has the port already, that one stands in for the other broker.
	ln, err := net.Listen("tcp4", "127.0.0.1:1883")
	if err == nil {
		defer ln.Close()
	}
	said := ""
	m := &Managed{o: ManageOptions{Notice: func(s string) { said += s }}}
	l, err := m.firstListener()
	if err != nil {
		// On a machine where 1900 is taken, too, both are named.
		if f := fault.From(err); !strings.Contains(f.Message, "1883 and 1900") || !strings.Contains(f.HintText, "--mqtt-listen") {
			t.Errorf("%v", err)
		}
		return
	}
	if l.String() != ":1900" {
		t.Errorf("the first listener is %s", l)
	}
	m.listening = []listener{l}
	m.noticeOtherBroker()
	if !strings.Contains(said, "1883") || !strings.Contains(said, ":1900") || !strings.Contains(said, "bunkerm adopt") || m.OnPort(UsualPort) == "" {
		t.Errorf("the operator reads: %q", said)
	}
	said = ""
	m.listening = []listener{{Port: 1883, Protocol: "mqtt"}}
	m.noticeOtherBroker()
	if said != "" {
		t.Errorf("our own port is called another broker's: %q", said)
	}
}

func TestFindPluginBesideTheExecutable(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "sbin", "mosquitto")
	want := filepath.Join(dir, "lib", "arch-linux", pluginFile)
	for _, path := range []string{exe, want} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	resolved, err := filepath.EvalSymlinks(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := findPlugin(exe, ""); err != nil || got != resolved {
		t.Errorf("found %s (%v), want %s", got, err, want)
	}
	link := filepath.Join(t.TempDir(), "mosquitto")
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	if got, err := findPlugin(link, ""); err != nil || got != resolved {
		t.Errorf("through a link: found %s (%v)", got, err)
	}
}
