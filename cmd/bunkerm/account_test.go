package main

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// TestTheAccountThatIsPrintedIsEnough makes it with mosquitto_ctrl, as people do, and works with it.
func TestTheAccountThatIsPrintedIsEnough(t *testing.T) {
	b := brokertest.Start(t)
	b.Control(t, map[string]any{"command": "setDefaultACLAccess", "acls": []map[string]any{
		{"acltype": "publishClientReceive", "allow": false}, {"acltype": "unsubscribe", "allow": true},
	}})
	script, err := bunkerm(nil, "account", "--username", "it's mine").Output()
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(b.Addr)
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-e")
	shell.Stdin = strings.NewReader(string(script))
	shell.Env = append(os.Environ(), "PASSWORD=a good password", "BROKER=-h "+host+" -p "+port+" -u "+b.AdminUsername+" -P "+b.AdminPassword)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, script)
	}
	s := attach(t, b, "it's mine", "a good password")
	eventually(t, "it is ready", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "pump", "password": "p"})
	s.must("POST", "/api/dynsec/roles", map[string]any{"rolename": "pumps", "acls": []map[string]any{{"acltype": "publishClientSend", "topic": "pump/#", "allow": true}}})
	s.must("POST", "/api/dynsec/clients/pump/roles", map[string]any{"rolename": "pumps"})
	pump, err := b.Connect(t, "pump", "p", "pump-1")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "what is published is seen", func() bool {
		_, _ = pump.Publish("pump/bar", "4.2")
		_, text := s.do("GET", "/api/monitor/topics?q=pump", nil)
		return strings.Contains(text, "pump/bar")
	})
	d, err := b.Connect(t, b.AdminUsername, b.AdminPassword, "listener")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Subscribe("bunkerm/status"); err != nil {
		t.Fatal(err)
	}
	if m := <-d.Messages; string(m.Payload) != "online" {
		t.Errorf("it says %q of itself", m.Payload)
	}
}

func TestAccountsThatCannotBe(t *testing.T) {
	for _, args := range [][]string{{"--username", ""}, {"what"}, {"--nothing"}} {
		cmd := bunkerm(nil, append([]string{"account"}, args...)...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "bunkerm account --help") {
			t.Errorf("%q: %d %s", args, cmd.ProcessState.ExitCode(), out)
		}
	}
}
