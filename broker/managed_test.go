package broker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// TestMain lets the test binary play the parts of other processes: the keeper, and those that the tests name.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		var part func(string) error
		switch os.Args[1] {
		case "keeper":
			part = func(spec string) error { return keeper.Main(context.Background(), spec) }
		case "manage":
			part = playManager
		case "editor":
			part = playKilledEditor
		case "touch":
			part = playIntruder
		}
		if part != nil {
			if err := part(os.Args[2]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	goleak.VerifyTestMain(m)
}

// notices collects what an operator would read.
type notices struct {
	mu   sync.Mutex
	said []string
}

func (n *notices) add(s string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.said = append(n.said, s)
}

func (n *notices) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.said, "\n")
}

// managedOptions is a data directory of its own with a port of its own.
func managedOptions(t testing.TB) (broker.ManageOptions, *notices) {
	t.Helper()
	exe, plugin := brokertest.Mosquitto(t)
	n := new(notices)
	return broker.ManageOptions{
		DataDir: filepath.Join(t.TempDir(), "data"), Mosquitto: exe, DynsecPlugin: plugin,
		MQTTListen: "127.0.0.1:0", Notice: n.add,
	}, n
}

// manage starts a managed broker that ends with the test.
func manage(t testing.TB, o broker.ManageOptions) *broker.Managed {
	t.Helper()
	m, err := broker.Manage(within(t), o)
	if err != nil {
		t.Fatalf("starting the managed broker: %v\n%s", err, brokerLog(o))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the broker's log:\n%s", brokerLog(o))
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := m.Close(ctx, false); err != nil {
			t.Errorf("closing the managed broker: %v", err)
		}
		shutdownKeeper(t, o)
	})
	return m
}

// shutdownKeeper leaves no process behind, whatever the test did.
func shutdownKeeper(t testing.TB, o broker.ManageOptions) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := keeper.Connect(ctx, filepath.Join(o.DataDir, "run", "keeper.sock"))
	if err != nil {
		return
	}
	if _, err := c.Shutdown(ctx); err != nil {
		t.Errorf("ending the keeper: %v", err)
	}
}

func closeManaged(t testing.TB, m *broker.Managed, keep bool) {
	t.Helper()
	if err := m.Close(within(t), keep); err != nil {
		t.Fatalf("closing the managed broker: %v", err)
	}
}

func brokerLog(o broker.ManageOptions) string {
	data, err := os.ReadFile(filepath.Join(o.DataDir, "log", "broker.log"))
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// sessionOn opens our own session on a managed broker.
func sessionOn(t testing.TB, m *broker.Managed) *broker.Session {
	t.Helper()
	s, _ := startSession(t, broker.SessionOptions{Endpoint: m.Endpoint()})
	ready(t, s)
	return s
}

// readyAgain waits for a session that has been refused or cut off to find back.
func readyAgain(t testing.TB, s *broker.Session) {
	t.Helper()
	eventually(t, "the session is ready again", func() bool { return s.Status().State == broker.StateConnected })
	ready(t, s)
}

// device connects like any client of the managed broker.
func device(t testing.TB, m *broker.Managed, username, password string) (*brokertest.Device, error) {
	t.Helper()
	b := &brokertest.Broker{Addr: m.MQTTAddr()}
	return b.Connect(t, username, password, username+"-device")
}

func dynsecOf(t testing.TB, o broker.ManageOptions) *broker.DynsecFile {
	t.Helper()
	data, err := os.ReadFile(dynsecPath(o))
	if err != nil {
		t.Fatal(err)
	}
	f, err := broker.ParseDynsecFile(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func dynsecPath(o broker.ManageOptions) string {
	return filepath.Join(o.DataDir, "broker", "dynamic-security.json")
}

func TestManagedFirstStartLetsNobodyInUnasked(t *testing.T) {
	o, said := managedOptions(t)
	begin := time.Now()
	m := manage(t, o)
	t.Logf("from an empty directory to running: %v", time.Since(begin))
	s := sessionOn(t, m)
	if err := m.Prove(within(t)); err != nil {
		t.Errorf("proving: %v", err)
	}
	if !strings.HasPrefix(m.MQTTAddr(), "127.0.0.1:") || m.Version() == "" || m.Status().State != keeper.Running {
		t.Errorf("address %q, version %q, status %+v", m.MQTTAddr(), m.Version(), m.Status())
	}
	if said.String() != "" && !strings.Contains(said.String(), "1883") {
		t.Errorf("a healthy start says: %s", said)
	}

	if _, err := device(t, m, "", ""); err == nil {
		t.Error("an anonymous client gets in")
	}
	if _, err := device(t, m, "bunkerm", "guess"); err == nil {
		t.Error("our own account takes any password")
	}
	must(t, s, command("createClient", "username", "sensor", "password", "pw"))
	d, err := device(t, m, "sensor", "pw")
	if err != nil {
		t.Fatalf("a client with an account: %v", err)
	}
	if code, err := d.Publish("plant/a", "1"); err != nil || code != 135 {
		t.Errorf("publishing without a role: code %d, %v", code, err)
	}
	if code, err := d.Subscribe("plant/#"); err != nil || code < 128 {
		t.Errorf("subscribing without a role: code %d, %v", code, err)
	}
	if code, err := d.Subscribe("$CONTROL/#"); err != nil || code < 128 {
		t.Errorf("subscribing to control without a role: code %d, %v", code, err)
	}
	closeManaged(t, m, false)
}

func TestManagedFilesHoldWhatTheyShould(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	for name, want := range map[string]os.FileMode{
		"broker-account.json": 0o600, "broker": 0o700, "log": 0o700, "run": 0o700, "lock": 0o600,
		"run/keeper.json": 0o600, "broker/dynamic-security.json": 0o600, "broker/mosquitto.conf": 0o600, "log/broker.log": 0o600,
	} {
		info, err := os.Stat(filepath.Join(o.DataDir, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, info.Mode().Perm(), want)
		}
	}
	info, err := os.Stat(o.DataDir)
	if err != nil || info.Mode().Perm()&0o067 != 0 {
		t.Errorf("others can look into the data directory: %v %v", info.Mode(), err)
	}
	var account struct{ Username, Password string }
	data, err := os.ReadFile(filepath.Join(o.DataDir, "broker-account.json"))
	if err != nil || json.Unmarshal(data, &account) != nil || len(account.Password) < 43 {
		t.Fatalf("account: %v", err)
	}
	// The password must not be anywhere else: not in the keeper's order, not in a log, not in the broker's files.
	err = filepath.WalkDir(o.DataDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == "broker-account.json" {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), account.Password) {
			t.Errorf("%s holds our password", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if f := dynsecOf(t, o); f.DefaultACLAccess.PublishClientSend || f.DefaultACLAccess.Subscribe ||
		!f.DefaultACLAccess.PublishClientReceive || !f.DefaultACLAccess.Unsubscribe || len(f.Clients) != 1 {
		t.Errorf("the first state is %+v", f)
	}
	closeManaged(t, m, false)
}

func TestManagedUserFileIsNeverOverwritten(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	addr := m.MQTTAddr()
	closeManaged(t, m, false)
	conf := filepath.Join(o.DataDir, "broker", "mosquitto.conf")
	data, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	edited := string(data) + "\n# a remark of mine\nmax_inflight_messages 7\n"
	if err := os.WriteFile(conf, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	m = manage(t, o) // port 0 accepts what the file says
	if m.MQTTAddr() != addr {
		t.Errorf("address %s, want %s", m.MQTTAddr(), addr)
	}
	if data, err := os.ReadFile(conf); err != nil || string(data) != edited {
		t.Errorf("the user's file was changed: %v", err)
	}
	closeManaged(t, m, false)
}
