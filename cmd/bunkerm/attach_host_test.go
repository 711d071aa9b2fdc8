package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// restartScript is what a service manager would do for a broker that brokertest has started.
const restartScript = `#!/bin/sh
cd %q || exit 1
pid=$(cat broker.pid) && kill "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
rm -f control.sock
%q -c mosquitto.conf >>restarted.log 2>&1 &
`

// attachHost attaches with everything that the same host allows. pid tells which process the broker is.
func attachHost(t *testing.T, b *brokertest.Broker, more ...string) (s *server, pid func() int) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "restart broker")
	if err := os.WriteFile(script, fmt.Appendf(nil, restartScript, b.Dir, b.Executable), 0o700); err != nil {
		t.Fatal(err)
	}
	pid = func() int {
		text, _ := os.ReadFile(filepath.Join(b.Dir, "broker.pid"))
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return n
	}
	t.Cleanup(func() {
		if n := pid(); n > 1 {
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
		if log, err := os.ReadFile(filepath.Join(b.Dir, "restarted.log")); err == nil && t.Failed() {
			t.Logf("the log of the broker that was restarted:\n%s", log)
		}
	})
	s = attach(t, b, b.AdminUsername, b.AdminPassword, append([]string{
		"--broker-conf", filepath.Join(b.Dir, "mosquitto.conf"), "--broker-pid-file", filepath.Join(b.Dir, "broker.pid"),
		"--broker-restart-command", "'" + script + "'", "--mosquitto", b.Executable,
	}, more...)...)
	eventually(t, "it is ready", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	return s, pid
}

// changeSetting asks for a change of one setting.
func (s *server) changeSetting(op, key, value string) (status int, answer map[string]any) {
	s.t.Helper()
	status, text := s.do("PUT", "/api/config/broker", map[string]any{
		"changes": []map[string]any{{"op": op, "scope": "global", "key": key, "value": value}}, "comment": "a test",
	})
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
	return status, answer
}

func TestAttachedWithFilesAndProcess(t *testing.T) {
	b := brokertest.Start(t, brokertest.Conf("pid_file broker.pid"))
	s, pid := attachHost(t, b)

	first := pid()
	if _, err := b.Connect(t, "", "", "anybody"); err == nil {
		t.Fatal("anybody gets in")
	}
	// By a signal, which is seen live and disconnects nobody.
	status, answer := s.changeSetting("set", "allow_anonymous", "true")
	if status != http.StatusOK || answer["effect"] != "reload" || answer["applied"] != true {
		t.Fatalf("%d %v", status, answer)
	}
	if _, err := b.Connect(t, "", "", "anybody"); err != nil {
		t.Errorf("the change is not live: %v", err)
	}
	if pid() != first {
		t.Error("the broker was restarted")
	}
	// By a restart.
	status, answer = s.changeSetting("set", "max_queued_messages", "5000")
	if status != http.StatusOK || answer["effect"] != "restart" || answer["applied"] != true {
		t.Fatalf("%d %v", status, answer)
	}
	second := pid()
	if second == first || second == 0 {
		t.Errorf("the broker was %d and is %d", first, second)
	}
	// One that no check finds: the address is of no machine. The broker is healed, and says why.
	before, err := os.ReadFile(filepath.Join(b.Dir, "mosquitto.conf"))
	if err != nil {
		t.Fatal(err)
	}
	status, text := s.do("PUT", "/api/config/broker", map[string]any{"text": string(before) + fmt.Sprintf("listener %d 203.0.113.9\n", brokertest.FreePort(t))})
	if status != http.StatusBadGateway || !strings.Contains(text, "The files from before are back") {
		t.Errorf("%d %s", status, text)
	}
	if after, err := os.ReadFile(filepath.Join(b.Dir, "mosquitto.conf")); err != nil || string(after) != string(before) {
		t.Errorf("the file is not what it was (%v):\n%s", err, after)
	}
	if _, err := b.Connect(t, "", "", "anybody"); err != nil {
		t.Errorf("the broker does not serve: %v", err)
	}
	// What was tried out and found wrong does not get near it.
	third := pid()
	if status, text := s.do("PUT", "/api/config/broker", map[string]any{"text": string(before) + "max_queued_mesages 1\n"}); status != http.StatusUnprocessableEntity ||
		!strings.Contains(text, "max_queued_messages") {
		t.Errorf("%d %s", status, text)
	}
	// No folder is the broker's own.
	if status, answer := s.changeSetting("add", "password_file", filepath.Join(b.Dir, "dynamic-security.json")); status != http.StatusUnprocessableEntity ||
		!strings.Contains(fmt.Sprint(answer), "--broker-paths") {
		t.Errorf("%d %v", status, answer)
	}
	s.must("POST", "/api/config/reload", nil)
	if pid() != third {
		t.Error("the broker was restarted for nothing")
	}
	s.must("POST", "/api/config/restart", nil)
	if pid() == third {
		t.Error("the broker was not restarted")
	}
	eventually(t, "it is ready again", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	if status, text := s.do("GET", "/api/config/dynsec", nil); status != http.StatusConflict {
		t.Errorf("the plugin's file: %d %s", status, text)
	}
	if rows := s.must("GET", "/api/config/versions", nil); strings.Count(rows, `"state":"applied"`) != 3 || strings.Count(rows, `"state":"put_back"`) != 1 {
		t.Errorf("the versions are %s", rows)
	}
	for feature, want := range map[string]bool{
		"see and change the broker's configuration": true, "reload the broker's configuration": true, "restart the broker": true,
		"change the dynamic security file as a whole": false,
	} {
		if got, why := s.feature(feature); got != want || !want && !strings.Contains(why, "--broker managed") {
			t.Errorf("%s: %v, %s", feature, got, why)
		}
	}
}

// feature tells whether something can be had of the broker, and why not.
func (s *server) feature(name string) (available bool, whyNot string) {
	s.t.Helper()
	var answer struct {
		Features []struct {
			Feature   string `json:"feature"`
			Available bool   `json:"available"`
			WhyNot    string `json:"why_not"`
		} `json:"features"`
	}
	text := s.must("GET", "/api/system", nil)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
	for _, f := range answer.Features {
		if f.Feature == name {
			return f.Available, f.WhyNot
		}
	}
	s.t.Fatalf("nothing is said of %q in %s", name, text)
	return false, ""
}

func TestAttachedWithoutFilesOrProcessItIsNamed(t *testing.T) {
	b := brokertest.Start(t)
	conf := filepath.Join(b.Dir, "mosquitto.conf")
	s := attach(t, b, b.AdminUsername, b.AdminPassword)
	eventually(t, "it is ready", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	for _, route := range []string{"GET /api/config/broker", "POST /api/config/reload", "POST /api/config/restart"} {
		method, path, _ := strings.Cut(route, " ")
		if status, text := s.do(method, path, nil); status != http.StatusConflict || !strings.Contains(text, "--broker-conf") {
			t.Errorf("%s: %d %s", route, status, text)
		}
	}
	if available, why := s.feature("restart the broker"); available || !strings.Contains(why, "--broker-conf") {
		t.Errorf("%v %s", available, why)
	}
	s.Stop()

	s = attach(t, b, b.AdminUsername, b.AdminPassword, "--broker-conf", conf)
	eventually(t, "it is ready", func() bool { return strings.HasPrefix(s.readyz(), "200") })
	s.must("GET", "/api/config/broker", nil)
	for key, flag := range map[string]string{"allow_anonymous": "--broker-pid-file", "max_queued_messages": "--broker-restart-command"} {
		value := map[string]string{"allow_anonymous": "true", "max_queued_messages": "7"}[key]
		if status, answer := s.changeSetting("set", key, value); status != http.StatusConflict || !strings.Contains(fmt.Sprint(answer), flag) {
			t.Errorf("%s: %d %v", key, status, answer)
		}
	}
	if available, why := s.feature("reload the broker's configuration"); available || !strings.Contains(why, "--broker-pid-file") {
		t.Errorf("%v %s", available, why)
	}
	if text, err := os.ReadFile(conf); err != nil || !strings.Contains(string(text), "allow_anonymous false\n") {
		t.Errorf("the file is %s (%v)", text, err)
	}
}
