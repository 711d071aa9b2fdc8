package broker_test

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// addClients is an offline import.
func addClients(names ...string) func(*broker.DynsecFile) error {
	return func(f *broker.DynsecFile) error {
		for _, name := range names {
			c := broker.DynsecClient{Username: name, Roles: []broker.DynsecRoleRef{{Rolename: "sensor", Priority: -1}}}
			if err := c.SetPassword("pw-" + name); err != nil {
				return err
			}
			f.Clients = append(f.Clients, c)
		}
		if f.Role("sensor") == nil {
			f.Roles = append(f.Roles, broker.DynsecRole{Rolename: "sensor", ACLs: []broker.DynsecACL{
				{Acltype: "publishClientSend", Topic: "plant/#", Allow: true}}})
		}
		return nil
	}
}

func TestEditDynsecIsWhatTheBrokerThenDoes(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	must(t, s, command("createClient", "username", "earlier", "password", "pw"))
	pid := m.Status().BrokerPID
	before, err := os.Stat(dynsecPath(o))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.EditDynsec(within(t), addClients("a", "b c", "ü")); err != nil {
		t.Fatal(err)
	}
	if m.Status().BrokerPID == pid || m.Status().State != keeper.Running {
		t.Errorf("the broker was not restarted: %+v", m.Status())
	}
	for _, name := range []string{"a", "b c", "ü"} {
		d, err := device(t, m, name, "pw-"+name)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if code, err := d.Publish("plant/x", "1"); err != nil || code >= 128 {
			t.Errorf("%q may not publish: %d %v", name, code, err)
		}
		if code, err := d.Publish("other/x", "1"); err != nil || code < 128 {
			t.Errorf("%q may publish anywhere: %d %v", name, code, err)
		}
	}
	if _, err := device(t, m, "earlier", "pw"); err != nil {
		t.Errorf("a client from before the edit: %v", err)
	}
	after, err := os.Stat(dynsecPath(o))
	if err != nil || after.Mode() != before.Mode() ||
		after.Sys().(*syscall.Stat_t).Uid != before.Sys().(*syscall.Stat_t).Uid {
		t.Errorf("owner or mode changed: %v, was %v (%v)", after, before, err)
	}
	readyAgain(t, s)
	// The broker takes the file over as its own.
	must(t, s, command("createClient", "username", "later", "password", "pw"))
	if f := dynsecOf(t, o); len(f.Clients) != 6 {
		t.Errorf("%d clients", len(f.Clients))
	}
	closeManaged(t, m, false)
}

func TestEditDynsecThatFailsStopsNothing(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	must(t, s, command("createRole", "rolename", "r"))
	data, err := os.ReadFile(dynsecPath(o))
	if err != nil {
		t.Fatal(err)
	}
	pid := m.Status().BrokerPID
	mine := errors.New("no")
	for name, c := range map[string]struct {
		edit func(*broker.DynsecFile) error
		want func(error) bool
	}{
		"refused by the caller": {func(f *broker.DynsecFile) error { f.Clients = nil; return mine },
			func(err error) bool { return errors.Is(err, mine) }},
		"nothing changed": {func(*broker.DynsecFile) error { return nil }, func(err error) bool { return err == nil }},
		"name twice": {func(f *broker.DynsecFile) error { f.Roles = append(f.Roles, f.Roles[0]); return nil },
			func(err error) bool { return fault.Is(err, fault.Invalid) }},
		"locks us out": {func(f *broker.DynsecFile) error { f.Clients = nil; return nil },
			func(err error) bool { return fault.Is(err, fault.Conflict) }},
		"takes our rights": {func(f *broker.DynsecFile) error { f.Role(broker.OwnRole).ACLs[0].Allow = false; return nil },
			func(err error) bool { return fault.Is(err, fault.Conflict) }},
	} {
		if err := m.EditDynsec(within(t), c.edit); !c.want(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m.Status().BrokerPID != pid {
		t.Error("the broker was restarted for an edit that changes nothing")
	}
	if now, err := os.ReadFile(dynsecPath(o)); err != nil || !bytes.Equal(now, data) {
		t.Errorf("the file was changed: %v", err)
	}
	closeManaged(t, m, false)
}

func TestEditDynsecPutsBackWhatTheBrokerCannotUse(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	must(t, s, command("createClient", "username", "earlier", "password", "pw"))
	before, err := os.ReadFile(dynsecPath(o))
	if err != nil {
		t.Fatal(err)
	}
	password, err := m.Endpoint().Password()
	if err != nil {
		t.Fatal(err)
	}
	// The right password with a longer salt looks fine to us; 2.0 drops such an account when it reads the file.
	salt := []byte("sixteen bytes...")
	hash, err := pbkdf2.Key(sha512.New, password, salt, 1000, 64)
	if err != nil {
		t.Fatal(err)
	}
	err = m.EditDynsec(within(t), func(f *broker.DynsecFile) error {
		f.Client(broker.OwnUsername).SetHash(broker.PasswordHash{
			Hash: base64.StdEncoding.EncodeToString(hash), Salt: base64.StdEncoding.EncodeToString(salt), Iterations: 1000})
		return nil
	})
	now, readErr := os.ReadFile(dynsecPath(o))
	if readErr != nil {
		t.Fatal(readErr)
	}
	if strings.HasPrefix(m.Version(), "2.0.") && (!fault.Is(err, fault.Refused) || !bytes.Equal(now, before)) {
		t.Errorf("mosquitto %s does not take the account: %v\n%s", m.Version(), err, now)
	} else if err != nil && !bytes.Equal(now, before) {
		t.Errorf("the file is not what it was (%v):\n%s", err, now)
	}
	readyAgain(t, s)
	must(t, s, command("getClient", "username", "earlier"))
	closeManaged(t, m, false)
}

// playKilledEditor is a BunkerM that is killed while it edits, with the broker stopped.
func playKilledEditor(dataDir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := broker.Manage(ctx, broker.ManageOptions{
		DataDir: dataDir, Mosquitto: os.Getenv("BUNKERM_TEST_MOSQUITTO"),
		DynsecPlugin: os.Getenv("BUNKERM_TEST_DYNSEC_PLUGIN"), MQTTListen: "127.0.0.1:0",
	})
	if err != nil {
		return err
	}
	calls := 0
	return m.EditDynsec(ctx, func(f *broker.DynsecFile) error {
		if calls++; calls == 2 {
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		return addClients("half")(f)
	})
}

func TestKilledInTheMiddleOfAnEdit(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	must(t, s, command("createClient", "username", "earlier", "password", "pw"))
	closeManaged(t, m, true)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// What a write that was cut off leaves behind.
	left := filepath.Join(o.DataDir, "broker", ".bunkerm-LEFTOVER")
	if err := os.WriteFile(left, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(exe, "editor", o.DataDir).CombinedOutput()
	if err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the editor was not killed: %v %s", err, out)
	}
	m = manage(t, o)
	if m.Status().State != keeper.Running {
		t.Errorf("status %+v", m.Status())
	}
	sessionOn(t, m)
	if _, err := device(t, m, "earlier", "pw"); err != nil {
		t.Errorf("a client from before: %v", err)
	}
	if dynsecOf(t, o).Client("half") != nil {
		t.Error("half an edit is in the file")
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the leftover is still there: %v", err)
	}
	closeManaged(t, m, false)
}

func TestEditDynsecWithABrokerThatDoesNotComeBack(t *testing.T) {
	o, _ := managedOptions(t)
	m := manage(t, o)
	s := sessionOn(t, m)
	before, err := os.ReadFile(dynsecPath(o))
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(o.DataDir, "broker", "mosquitto.conf")
	good, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	// Somebody has left an edit in the configuration that nothing can start with, neither before nor after.
	if err := os.WriteFile(conf, append(good, "\nnonsense 1\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	err = m.EditDynsec(within(t), addClients("a"))
	if err == nil || !strings.Contains(err.Error(), "nonsense") || fault.From(err).HintText == "" {
		t.Fatalf("a broker that does not start: %v", err)
	}
	if now, err := os.ReadFile(dynsecPath(o)); err != nil || !bytes.Equal(now, before) {
		t.Errorf("the file is not what it was: %v\n%s", err, now)
	}
	if err := os.WriteFile(conf, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(within(t)); err != nil {
		t.Fatal(err)
	}
	readyAgain(t, s)
	closeManaged(t, m, false)
}
