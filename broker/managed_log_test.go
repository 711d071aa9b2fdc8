package broker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// many is an account without rights: whoever is refused has a line of debug as well.
func addMany(t *testing.T, m *broker.Managed) {
	t.Helper()
	answers, err := sessionOn(t, m).Do(t.Context(), broker.Command{"command": "createClient", "username": "many", "password": "p"})
	if err != nil || answers[0].Error != "" {
		t.Fatalf("%v, %v", answers, err)
	}
}

func connectMany(t *testing.T, m *broker.Managed, clientid string) *brokertest.Device {
	t.Helper()
	d, err := brokertest.Connect(t, m.MQTTAddr(), "many", "p", clientid)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// seesPublishes reports whether a message that is published now has a line in the broker's log. round is another
// number each time.
func seesPublishes(t *testing.T, o broker.ManageOptions, m *broker.Managed, d *brokertest.Device, round int) bool {
	t.Helper()
	before := len(brokerLog(o))
	if _, err := d.Publish("debug/or/not", "x"); err != nil {
		t.Fatal(err)
	}
	// The line of a login is always there, and behind that of the message.
	mark := fmt.Sprintf("mark-%d", round)
	connectMany(t, m, mark)
	eventually(t, "the broker's log is written", func() bool { return strings.Contains(brokerLog(o), " as "+mark+" ") })
	return strings.Contains(brokerLog(o)[before:], "'debug/or/not'")
}

func setDebug(t *testing.T, m *broker.Managed, on bool) {
	t.Helper()
	if err := m.SetDebugLog(t.Context(), on); err != nil {
		t.Fatalf("switching the debug log to %v: %v", on, err)
	}
	if m.DebugLog() != on {
		t.Errorf("the debug log is told to be %v", m.DebugLog())
	}
}

func TestDebugLogIsSwitchedWithoutDisconnectingAnybody(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	addMany(t, m)
	var devices []*brokertest.Device
	for i := range 100 {
		devices = append(devices, connectMany(t, m, fmt.Sprintf("many-%d", i)))
	}
	for round := range 10 {
		setDebug(t, m, true)
		if !seesPublishes(t, o, m, devices[0], 2*round) {
			t.Fatal("the debug log is on, and a message has no line")
		}
		setDebug(t, m, false)
		if seesPublishes(t, o, m, devices[0], 2*round+1) {
			t.Fatal("the debug log is off, and a message has a line")
		}
	}
	for i, d := range devices {
		select {
		case <-d.Done:
			t.Errorf("device %d was disconnected", i)
		default:
		}
	}
	if err := m.Prove(t.Context()); err != nil {
		t.Errorf("switching counts as a change of the configuration: %v", err)
	}
}

func TestDebugLogLeavesAnEditAlone(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	conf := filepath.Join(o.DataDir, "broker", "mosquitto.conf")
	good, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(text string) {
		t.Helper()
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit(string(good) + "\nallow_anonymous tr")
	err = m.SetDebugLog(t.Context(), true)
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "mosquitto.conf") || m.DebugLog() {
		t.Errorf("with a half-finished edit on disk: %v, on %v", err, m.DebugLog())
	}
	edit(string(good))
	setDebug(t, m, true)
	edit(string(good) + "\nallow_anonymous true\n")
	if err := m.SetDebugLog(t.Context(), false); !fault.Is(err, fault.Conflict) {
		t.Errorf("turning off with an edit on disk: %v", err)
	}
	if _, err := device(t, m, "", ""); err == nil {
		t.Error("an edit that nobody approved is in force")
	}
	edit(string(good))
	eventually(t, "the keeper turns the debug log off as soon as it may", func() bool { return !m.DebugLog() })
}

func TestDebugLogLeavesChangedRightsAlone(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	conf := filepath.Join(o.DataDir, "broker", "mosquitto.conf")
	rights := filepath.Join(o.DataDir, "broker", "acl")
	text, err := os.ReadFile(conf)
	if err == nil {
		err = os.WriteFile(conf, append(text, "\nacl_file acl\n"...), 0o600)
	}
	if err == nil {
		err = os.WriteFile(rights, []byte("topic read #\n"), 0o600)
	}
	if err == nil {
		err = m.Restart(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	setDebug(t, m, true)
	setDebug(t, m, false)
	// 2.1 ends when it cannot read this file at a signal.
	if err := os.Remove(rights); err != nil {
		t.Fatal(err)
	}
	if err := m.SetDebugLog(t.Context(), true); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "acl") {
		t.Errorf("with the access list gone: %v", err)
	}
	if got := m.Status().State; got != keeper.Running {
		t.Errorf("the broker is %s", got)
	}
}

func TestDebugLogAfterACrash(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	if err := m.Prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	setDebug(t, m, true)
	pid := m.Status().BrokerPID
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the broker is started again", func() bool {
		s := m.Status()
		return s.State == keeper.Running && s.BrokerPID != pid
	})
	if status := m.Status(); status.Config != keeper.ConfigLive || status.Debug != keeper.DebugOn {
		t.Errorf("after a crash it runs with the %s configuration, debug log %s", status.Config, status.Debug)
	}
	setDebug(t, m, false)
}

func TestDebugLogEndsWhenWeAreKilled(t *testing.T) {
	dir := t.TempDir()
	cmd, err := startManager(t, dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	client, err := keeper.Connect(t.Context(), filepath.Join(dir, "run", "keeper.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := client.Shutdown(context.Background()); err != nil && !errors.Is(err, keeper.ErrNoKeeper) {
			t.Log(err)
		}
	})
	status, err := client.Status(t.Context())
	if err != nil || status.Debug != keeper.DebugOn {
		t.Fatalf("the debug log is %s: %v", status.Debug, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the keeper turns the debug log off", func() bool {
		status, err := client.Status(t.Context())
		return err == nil && status.Debug == keeper.DebugOff
	})
	conf, err := os.ReadFile(filepath.Join(dir, "broker", "bunkerm.d", "20-log.conf"))
	if err != nil || strings.Contains(string(conf), "debug") {
		t.Errorf("the log's configuration says %s, %v", conf, err)
	}
}

func TestDebugLogEndsWhenWeLeave(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	setDebug(t, m, true)
	pid := m.Status().BrokerPID
	closeManaged(t, m, true)
	client, err := keeper.Connect(t.Context(), filepath.Join(o.DataDir, "run", "keeper.sock"))
	if err != nil {
		t.Fatal(err)
	}
	status, err := client.Status(t.Context())
	if err != nil || status.Debug != keeper.DebugOff || status.BrokerPID != pid {
		t.Errorf("after we have left: %+v, %v", status, err)
	}
	m = manage(t, o)
	if m.DebugLog() || m.Status().BrokerPID != pid {
		t.Errorf("adopted: %+v", m.Status())
	}
	setDebug(t, m, true)
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !m.DebugLog() {
		t.Error("a restart by a person ends what is ordered")
	}
	setDebug(t, m, false)
}

// TestDebugLogAfterCertificatesCameAgain gives the broker the certificate that it has, as every start of ours does.
func TestDebugLogAfterCertificatesCameAgain(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	made := func() []byte {
		c := brokertest.GoodCertificate(t)
		return []byte(c.Cert + c.Key)
	}
	text := made()
	if err := m.InstallCertificate("server.pem", text); err != nil {
		t.Fatal(err)
	}
	before := readConf(t, o)
	// Any listener does; the file is what matters, and a socket needs no port.
	listener := "listener 0 tls.sock\ncertfile certs/server.pem\nkeyfile certs/server.pem"
	if err := m.ReplaceConf(within(t), edit(before, withLine(before, listener), broker.ByRestart)); err != nil {
		t.Fatal(err)
	}
	if err := m.InstallCertificate("server.pem", text); err != nil {
		t.Fatal(err)
	}
	if err := m.SetDebugLog(within(t), true); err != nil {
		t.Errorf("after the same certificate: %v", err)
	}
	if err := m.SetDebugLog(within(t), false); err != nil {
		t.Error(err)
	}
	if err := m.InstallCertificate("server.pem", made()); err != nil {
		t.Fatal(err)
	}
	if err := m.SetDebugLog(within(t), true); !fault.Is(err, fault.Conflict) {
		t.Errorf("after another certificate: %v", err)
	}
}
