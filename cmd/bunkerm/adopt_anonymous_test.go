package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestABrokerForEverybodyIsAdopted: whoever got in without an account, and could do everything, does so afterwards.
func TestABrokerForEverybodyIsAdopted(t *testing.T) {
	b := newOldBroker(t)
	b.write("conf.d/access.conf", "listener "+b.addr[strings.LastIndex(b.addr, ":")+1:]+" 127.0.0.1\nallow_anonymous true\n")
	b.start()
	ask := func() string {
		_, port, _ := strings.Cut(b.addr, ":")
		pub := exec.Command("mosquitto_pub", "-p", port, "-V", "5", "-q", "1", "-r", "-t", "attic/lamp", "-m", "on")
		out, err := pub.CombinedOutput()
		sub, subErr := exec.Command("mosquitto_sub", "-p", port, "-t", "attic/#", "-C", "1", "-W", "30").CombinedOutput()
		return fmt.Sprintf("%s %v, %s %v", out, err, sub, subErr)
	}
	before := ask()
	s := startServer(t, filepath.Join(b.dir, "data"), bunkerm(brokerEnv(), "adopt", "--serve", "--stop", filepath.Join(b.dir, "stop"),
		"--data-dir", filepath.Join(b.dir, "data"), filepath.Join(b.dir, "mosquitto.conf"), "--listen", "127.0.0.1:0", "--dynsec-listen=",
		"--monitor-listen=", "--clientlogs-listen=", "--config-listen=", "--anomaly-listen=", "--on-exit", "stop"))
	if after := ask(); after != before || !strings.Contains(after, "on") {
		t.Errorf("before: %s\nafter: %s", before, after)
	}
	if !strings.Contains(s.output.String(), "a username needs an account") {
		t.Error("the plan does not say who has to do something")
	}
}
