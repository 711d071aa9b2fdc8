package main

import (
	"encoding/json"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/app"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

func TestBrokerAt(t *testing.T) {
	for text, want := range map[string]struct {
		host string
		port int
	}{
		"broker": {"broker", 0}, "broker:8883": {"broker", 8883}, "10.0.0.1:1": {"10.0.0.1", 1}, "fe80::1": {"fe80::1", 0},
		"[fe80::1]": {"fe80::1", 0}, "[fe80::1]:1883": {"fe80::1", 1883},
	} {
		host, port, err := brokerAt(text)
		if err != nil || host != want.host || port != want.port {
			t.Errorf("%s: %s %d %v", text, host, port, err)
		}
	}
	for _, text := range []string{"a:b:c", "a:x", "a:0", "a:70000"} {
		if _, _, err := brokerAt(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// TestTheDoctorAtTheCommandLine examines a real broker, with its password on standard input and in the environment.
func TestTheDoctorAtTheCommandLine(t *testing.T) {
	b := brokertest.Start(t)
	run := func(env []string, stdin string, args ...string) (out string, code int) {
		t.Helper()
		cmd := bunkerm(env, append([]string{"doctor"}, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		text, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(text), cmd.ProcessState.ExitCode()
	}
	out, code := run(nil, b.AdminPassword+"\n", "--username", b.AdminUsername, "--topic", "a/b", "--publish", b.Addr)
	if code != 0 || !strings.Contains(out, "ok       receive   The message comes back.") {
		t.Errorf("%d: %s", code, out)
	}
	out, code = run([]string{app.DoctorPassword + "=" + b.AdminPassword}, "", "--json", "--username", b.AdminUsername, b.Addr)
	var r app.Diagnosis
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || !r.Healthy || len(r.Steps) != 3 {
		t.Errorf("%d, %v: %s", code, err, out)
	}
	if strings.Contains(out, b.AdminPassword) {
		t.Error("the password is in what is said")
	}
	out, code = run(nil, "wrong\n", "--username", b.AdminUsername, b.Addr)
	if code != 1 || !strings.Contains(out, "failed   login") || !strings.Contains(out, "does not let admin in") {
		t.Errorf("%d: %s", code, out)
	}
	_, port, err := net.SplitHostPort(b.Addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"a", "b"}, {"--publish", "h"}, {"--publish", "--topic", "a/#", "h"}, {"--cert", "x", "h"}, {"127.0.0.1:" + port + "0000"}} {
		if out, code := run(nil, "", args...); code != 2 || !strings.Contains(out, "usage: bunkerm doctor") {
			t.Errorf("%q: %d: %s", args, code, out)
		}
	}
}

// TestTheDoctorKnowsWhatTheBrokersLogSays where a BunkerM runs the broker that it examines.
func TestTheDoctorKnowsWhatTheBrokersLogSays(t *testing.T) {
	s := serveOn(t, t.TempDir())
	s.must("POST", "/api/dynsec/clients", map[string]any{"username": "kettle", "password": "right"})
	run := func(args ...string) string {
		cmd := bunkerm([]string{app.DoctorPassword + "=wrong"}, append(append([]string{"doctor"}, args...), s.MQTT)...)
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%q: it is healthy: %s", args, out)
		}
		return string(out)
	}
	for range 2 { // the second time there is one from before as well
		out := run("--data-dir", s.DataDir, "--username", "kettle")
		if !strings.Contains(out, "The broker's log says: ") || strings.Contains(out, "says of") {
			t.Errorf("it does not say what the log says of this connection:\n%s", out)
		}
	}
	var r examined
	if out := run("--data-dir", s.DataDir, "--username", "kettle", "--client-id", "mine", "--json"); json.Unmarshal([]byte(out), &r) != nil ||
		r.Refusal == nil || !r.Refusal.This || r.From == "" || r.Refusal.Address != "127.0.0.1" {
		t.Errorf("%+v\n%s", r, out)
	}
	if out := run("--data-dir", t.TempDir(), "--username", "kettle"); strings.Contains(out, "log says:") || strings.Contains(out, "could not be asked") {
		t.Errorf("where no BunkerM runs:\n%s", out)
	}
}
