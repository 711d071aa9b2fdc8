package broker_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

func brokerManage(t *testing.T, o broker.ManageOptions) (*broker.Managed, error) {
	t.Helper()
	t.Cleanup(func() { shutdownKeeper(t, o) })
	return broker.Manage(within(t), o)
}

// refusedStart expects a fault whose text and hint hold all the words.
func refusedStart(t *testing.T, o broker.ManageOptions, words ...string) {
	t.Helper()
	m, err := brokerManage(t, o)
	if err == nil {
		closeManaged(t, m, false)
		t.Fatal("it starts")
	}
	f := fault.From(err)
	text := f.Message + " | " + f.HintText
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q lacks %q (%v)", text, w, err)
		}
	}
	if f.HintText == "" {
		t.Errorf("no hint: %v", err)
	}
}

func TestManagedSaysWhatIsMissing(t *testing.T) {
	o, _ := managedOptions(t)
	o.Mosquitto = "/nonexistent/mosquitto"
	refusedStart(t, o, "/nonexistent/mosquitto", "--mosquitto")

	o, _ = managedOptions(t)
	o.DynsecPlugin = "/nonexistent/plugin.so"
	refusedStart(t, o, "/nonexistent/plugin.so")

	o, _ = managedOptions(t)
	o.Mosquitto = "/bin/true"
	refusedStart(t, o, "does not say which mosquitto")

	o, _ = managedOptions(t)
	o.Mosquitto, o.DynsecPlugin = "", ""
	t.Setenv("PATH", t.TempDir())
	if _, err := os.Stat("/usr/sbin/mosquitto"); err != nil {
		refusedStart(t, o, "not installed", "install")
	} else if m, err := brokerManage(t, o); err != nil {
		t.Errorf("/usr/sbin is not searched: %v", err)
	} else {
		closeManaged(t, m, false)
	}
}

func TestManagedNamesWhoHasThePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o, _ := managedOptions(t)
	o.MQTTListen = l.Addr().String()
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	refusedStart(t, o, port, fmt.Sprintf("process %d", os.Getpid()))
	if _, err := os.Stat(filepath.Join(o.DataDir, "run", "keeper.sock")); err == nil {
		t.Error("a keeper lives on after a start that failed")
	}

	// Once it is free the same directory starts.
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	m := manage(t, o)
	if m.MQTTAddr() != o.MQTTListen {
		t.Errorf("listens on %s, not on %s", m.MQTTAddr(), o.MQTTListen)
	}
	closeManaged(t, m, false)
}

func TestManagedRefusesContradictions(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	addr := m.MQTTAddr()
	closeManaged(t, m, false)

	o.MQTTListen = ":1"
	refusedStart(t, o, ":1", addr, "mosquitto.conf")
	o.MQTTListen = "nonsense"
	refusedStart(t, o, "nonsense", ":1883")
	o.MQTTListen = addr
	m = manage(t, o)
	closeManaged(t, m, false)

	conf := filepath.Join(o.DataDir, "broker", "mosquitto.conf")
	data, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	without := strings.Replace(string(data), "\ninclude_dir bunkerm.d\n", "\n", 1)
	if err := os.WriteFile(conf, []byte(without), 0o600); err != nil {
		t.Fatal(err)
	}
	refusedStart(t, o, "include_dir bunkerm.d")
	if err := os.WriteFile(conf, []byte("per_listener_settings true\n"+string(data)), 0o600); err != nil {
		t.Fatal(err)
	}
	refusedStart(t, o, "per_listener_settings true", "mosquitto.conf", "remove the line")
	if err := os.WriteFile(conf, []byte(string(data)+"\nnonsense 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refusedStart(t, o, "nonsense") // in the broker's own words
}

func TestManagedRefusesDirectoriesOfOthers(t *testing.T) {
	o, _ := managedOptions(t)
	o.DataDir = os.TempDir()
	if info, err := os.Stat(o.DataDir); err != nil || info.Mode()&os.ModeSticky == 0 {
		t.Logf("%s is no shared folder here", o.DataDir)
	} else {
		refusedStart(t, o, o.DataDir, filepath.Join(o.DataDir, "bunkerm"))
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.DataDir = filepath.Join(file, "data")
	refusedStart(t, o, file, "--data-dir")
}

func TestManagedRestartWithBadConfigurationComesBack(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	if err := m.Prove(within(t)); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(o.DataDir, "broker", "mosquitto.conf")
	data, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, append(data, "\nnonsense 5\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(within(t)); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("restart: %v", err)
	}
	eventually(t, "the broker is back with the proven files", func() bool { return m.Status().Config == "proven" && m.Status().State == "running" })
	readyAgain(t, s)
	if err := os.WriteFile(conf, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(within(t)); err != nil {
		t.Errorf("restart with the mended file: %v", err)
	}
	closeManaged(t, m, false)
}

func TestManagedStartWithBadConfigurationUsesTheProvenOne(t *testing.T) {
	o, said := managedOptions(t)
	m := manage(t, o)
	if err := m.Prove(within(t)); err != nil {
		t.Fatal(err)
	}
	addr := m.MQTTAddr()
	closeManaged(t, m, false)
	conf := filepath.Join(o.DataDir, "broker", "mosquitto.conf")
	data, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := strings.Replace(string(data), "\nlistener "+port+" ", "\nlistener 1 ", 1)
	if elsewhere == string(data) {
		t.Fatalf("no listener on port %s in %s", port, data)
	}
	if err := os.WriteFile(conf, []byte(elsewhere+"\nnonsense 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m = manage(t, o)
	sessionOn(t, m)
	if m.MQTTAddr() != addr {
		t.Errorf("it says that the broker listens on %s, but that is %s", m.MQTTAddr(), addr)
	}
	if m.Status().Config != keeper.ConfigProven || !strings.Contains(said.String(), "nonsense") {
		t.Errorf("status %+v; the operator reads: %s", m.Status(), said)
	}
	if err := m.Restart(within(t)); !fault.Is(err, fault.Refused) {
		t.Errorf("a restart applies the live files, which are bad: %v", err)
	}
	closeManaged(t, m, false)
}
