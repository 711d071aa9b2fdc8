package broker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

// account reaches the broker as somebody else than the admin.
func account(b *brokertest.Broker, username, password string) broker.Endpoint {
	e := b.Endpoint()
	e.Username = username
	e.Password = func() (string, error) { return password, nil }
	return e
}

// refusedState waits for a state and checks what a call says then.
func refusedState(t *testing.T, s *broker.Session, want broker.State, words string) {
	t.Helper()
	eventually(t, string(want), func() bool { return s.Status().State == want })
	status := s.Status()
	if status.Hint == "" || !strings.Contains(status.Detail, words) {
		t.Errorf("status = %+v, want it to say %q", status, words)
	}
	began := time.Now()
	_, err := s.Do(within(t), command("listRoles"))
	if f := fault.From(err); f.Kind != fault.Unavailable || f.HintText != status.Hint || f.RetryAfter == 0 {
		t.Errorf("Do: %+v", f)
	}
	if !fault.Is(s.Ready(within(t)), fault.Unavailable) || time.Since(began) > patience/2 {
		t.Error("Ready waits for what does not come")
	}
}

func TestWrongPasswordIsRefusedAndMends(t *testing.T) {
	b := brokertest.Start(t)
	s, r := startSession(t, broker.SessionOptions{Endpoint: account(b, "manager", "right-and-secret")})
	refusedState(t, s, broker.StateRefused, `the account "manager"`)
	if strings.Contains(r.logged(), "right-and-secret") {
		t.Error("the log holds the password")
	}
	b.MustControl(t, command("createClient", "username", "manager", "password", "right-and-secret",
		"roles", []map[string]any{{"rolename": "admin"}}))
	eventually(t, "letting in", func() bool { return s.Status().State == broker.StateConnected })
	if n := strings.Count(r.logged(), "state=refused"); n != 1 {
		t.Errorf("the refusal was logged %d times", n)
	}
}

func TestUnreadablePassword(t *testing.T) {
	b := brokertest.Start(t)
	e := b.Endpoint()
	e.Password = func() (string, error) { _, err := os.ReadFile(filepath.Join(b.Dir, "missing")); return "", err }
	s, r := startSession(t, broker.SessionOptions{Endpoint: e})
	refusedState(t, s, broker.StateRefused, "password")
	if !strings.Contains(r.logged(), "missing") {
		t.Error("the log does not name the file")
	}
}

func TestNoPlugin(t *testing.T) {
	b := brokertest.Start(t, brokertest.WithoutPlugin(), brokertest.Anonymous())
	s, r := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint()})
	refusedState(t, s, broker.StateNoPlugin, "nothing answers")
	eventually(t, "the version", func() bool { return s.Status().Version == b.Version() })
	if n := len(r.of(broker.Connected)); n != 0 {
		t.Errorf("%d connected events without a plugin", n)
	}
}

func TestNoRightsAndRightsThatCome(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, command("createRole", "rolename", "half", "acls", []map[string]any{
		{"acltype": "publishClientSend", "topic": broker.ControlTopic, "allow": true}}),
		command("createClient", "username", "manager", "password", "secret"))
	s, r := startSession(t, broker.SessionOptions{Endpoint: account(b, "manager", "secret")})
	refusedState(t, s, broker.StateNoRights, broker.ResponseTopic)

	// With the right to publish only, it is the subscription that is refused still.
	b.MustControl(t, command("addClientRole", "username", "manager", "rolename", "half"))
	refusedState(t, s, broker.StateNoRights, broker.ResponseTopic)

	// modifyDefaultACLAccess cuts nobody off, so this heals over the connection that is there.
	b.MustControl(t, command("addRoleACL", "rolename", "half", "acltype", "subscribeLiteral",
		"topic", broker.ResponseTopic, "allow", true))
	b.MustControl(t, command("addRoleACL", "rolename", "half", "acltype", "publishClientReceive",
		"topic", broker.ResponseTopic, "allow", true))
	eventually(t, "rights", func() bool { return s.Status().State == broker.StateConnected })
	must(t, s, command("listRoles"))
	if _, _, ok := s.Sys("version"); ok {
		t.Error("$SYS is known without the right to read it")
	}
	if n := len(r.of(broker.Connected)); n != 1 {
		t.Errorf("%d connected events", n)
	}
}

func TestNoRightToPublish(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, command("createRole", "rolename", "reader", "acls", []map[string]any{
		{"acltype": "subscribeLiteral", "topic": broker.ResponseTopic, "allow": true},
		{"acltype": "publishClientReceive", "topic": broker.ResponseTopic, "allow": true}}),
		command("createClient", "username", "manager", "password", "secret",
			"roles", []map[string]any{{"rolename": "reader"}}))
	s, _ := startSession(t, broker.SessionOptions{Endpoint: account(b, "manager", "secret")})
	refusedState(t, s, broker.StateNoRights, "publishing to "+broker.ControlTopic)
}

func TestRightsTakenAway(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, command("createClient", "username", "manager", "password", "secret",
		"roles", []map[string]any{{"rolename": "admin"}}))
	s, r := startSession(t, broker.SessionOptions{Endpoint: account(b, "manager", "secret")})
	ready(t, s)
	b.MustControl(t, command("removeClientRole", "username", "manager", "rolename", "admin"))
	refusedState(t, s, broker.StateNoRights, "not authorised")
	b.MustControl(t, command("deleteClient", "username", "manager"))
	refusedState(t, s, broker.StateRefused, "manager")
	if n := len(r.of(broker.Disconnected)); n != 1 {
		t.Errorf("%d disconnected events", n)
	}
}

func TestNoSys(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("sys_interval 0"))
	s, _ := startSession(t, broker.SessionOptions{Endpoint: b.Endpoint()})
	ready(t, s)
	must(t, s, command("listRoles"))
	if _, _, ok := s.Sys("clients/connected"); ok {
		t.Error("a value is known that the broker does not publish")
	}
}
