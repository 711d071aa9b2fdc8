package broker_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

func goodPath(o broker.ManageOptions) string {
	return filepath.Join(o.DataDir, "broker", "dynamic-security.good.json")
}

func repair(t *testing.T, o broker.ManageOptions) string {
	t.Helper()
	said := new(notices)
	if err := broker.Repair(within(t), broker.RepairOptions{DataDir: o.DataDir, Notice: said.add}); err != nil {
		t.Fatalf("repairing: %v", err)
	}
	return said.String()
}

func TestRepairUnderARunningBunkerM(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	pid := m.Status().BrokerPID
	if said := repair(t, o); !strings.Contains(said, "in order") || m.Status().BrokerPID != pid {
		t.Errorf("a healthy broker was not left alone: %s", said)
	}
	must(t, s, command("createRole", "rolename", "keep"))
	must(t, s, command("createClient", "username", "admin2", "password", "pw",
		"roles", []any{map[string]any{"rolename": broker.OwnRole}}))
	// Somebody deletes our account and spoils our role. Both cut us off, so the answers may be lost.
	_, _ = s.Do(within(t), command("deleteClient", "username", broker.OwnUsername))
	eventually(t, "our account is gone", func() bool { return dynsecOf(t, o).Client(broker.OwnUsername) == nil })
	eventually(t, "we are refused", func() bool { return s.Status().State == broker.StateRefused })

	if said := repair(t, o); !strings.Contains(said, "put back") || !strings.Contains(said, "lets BunkerM in") {
		t.Errorf("repair says: %s", said)
	}
	readyAgain(t, s)
	if f := dynsecOf(t, o); f.Role("keep") == nil || f.Client("admin2") == nil {
		t.Error("others' roles and clients were lost")
	}
	closeManaged(t, m, false)
}

func TestRepairWithoutABroker(t *testing.T) {
	o, _ := managedOptions(t)
	err := broker.Repair(within(t), broker.RepairOptions{DataDir: o.DataDir})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("nothing to repair: %v", err)
	}
	m := manage(t, o)
	closeManaged(t, m, false)
	if err := os.WriteFile(dynsecPath(o), []byte(`{"clients":[{"username":"x"}],"roles":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	repair(t, o)
	f := dynsecOf(t, o)
	if f.Client("x") == nil || f.Client(broker.OwnUsername) == nil || f.Role(broker.OwnRole) == nil {
		t.Errorf("after the repair: %+v", f)
	}
	if said := repair(t, o); !strings.Contains(said, "in order") {
		t.Errorf("the second repair says: %s", said)
	}
	m = manage(t, o)
	sessionOn(t, m)
	closeManaged(t, m, false)
}

func TestStartPutsOwnAccountBack(t *testing.T) {
	o, said := managedOptions(t)
	m := manage(t, o)
	closeManaged(t, m, false)
	if err := os.Remove(filepath.Join(o.DataDir, "broker-account.json")); err != nil {
		t.Fatal(err)
	}
	m = manage(t, o)
	sessionOn(t, m)
	if !strings.Contains(said.String(), "put back") {
		t.Errorf("the operator reads: %s", said)
	}
	// Lost while the broker runs: it cannot be adopted without an account.
	closeManaged(t, m, true)
	if err := os.Remove(filepath.Join(o.DataDir, "broker-account.json")); err != nil {
		t.Fatal(err)
	}
	m = manage(t, o)
	sessionOn(t, m)
	closeManaged(t, m, false)
}

func TestDamagedDynsecFileIsReplacedByTheGoodCopy(t *testing.T) {
	o, said := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	must(t, s, command("createClient", "username", "sensor", "password", "pw"))
	m.KeepCopy()
	eventually(t, "a good copy with the new client", func() bool {
		data, err := os.ReadFile(goodPath(o))
		return err == nil && strings.Contains(string(data), "sensor")
	})
	closeManaged(t, m, false)

	for _, content := range []string{"", `{"clients":[{"user`} {
		if err := os.WriteFile(dynsecPath(o), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		m = manage(t, o)
		sessionOn(t, m)
		if _, err := device(t, m, "sensor", "pw"); err != nil {
			t.Errorf("with the good copy: %v", err)
		}
		closeManaged(t, m, false)
	}
	if !strings.Contains(said.String(), "good copy") {
		t.Errorf("the operator reads: %s", said)
	}
	if aside, err := filepath.Glob(dynsecPath(o) + ".broken-*"); err != nil || len(aside) != 2 {
		t.Errorf("the damaged files were not set aside: %v %v", aside, err)
	}

	// Without a good copy a person has to decide that what the file held is lost.
	if err := os.WriteFile(dynsecPath(o), []byte(`{"clients":[{"user`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, copied := range []string{goodPath(o), strings.Replace(goodPath(o), ".good.", ".last.", 1)} {
		if err := os.Remove(copied); err != nil && !errors.Is(err, fs.ErrNotExist) { // not every version needs both
			t.Fatal(err)
		}
	}
	refusedStart(t, o, "damaged", "bunkerm repair")
	if text := repair(t, o); !strings.Contains(text, "without accounts") {
		t.Errorf("repair says: %s", text)
	}
	m = manage(t, o)
	sessionOn(t, m)
	closeManaged(t, m, false)
}
