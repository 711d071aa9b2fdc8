package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// refused runs bunkerm, which must end with code 1 and say all of want.
func refused(t *testing.T, env, args []string, want ...string) {
	t.Helper()
	cmd := bunkerm(append(brokerEnv(), env...), args...)
	// Whoever is not refused would serve for ever.
	tooLong := time.AfterFunc(patience, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer tooLong.Stop()
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("it did not refuse:\n%s", out)
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, w := range want {
		if !strings.Contains(string(out), w) {
			t.Errorf("it does not say %q:\n%s", w, out)
		}
	}
}

func TestASecondOneOnTheSameDataIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	refused(t, nil, freshArgs(dir), "another BunkerM", dir)
	s.must("GET", "/api/dynsec/clients", nil)
}

func TestTakenPortsAreNamed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken := ln.Addr().String()
	_, port, _ := net.SplitHostPort(taken)

	dir := t.TempDir()
	refused(t, nil, freshArgs(dir, "--listen", taken), "--listen", taken)
	refused(t, nil, freshArgs(dir, "--mqtt-listen", taken), port)
	if left := pidsWith(filepath.Join(dir, "run", "keeper.json")); len(left) != 0 {
		t.Errorf("keeper %v was left behind", left)
	}
}

// TestACertificateThatDoesNotWorkCostsNothing: no broker is started for a page that cannot be served.
func TestACertificateThatDoesNotWorkCostsNothing(t *testing.T) {
	dir := t.TempDir()
	refused(t, nil, freshArgs(dir, "--tls-cert", "/nowhere/cert.pem", "--tls-key", "/nowhere/key.pem"), "--tls-cert", "/nowhere/cert.pem")
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("it has made %v, %v", made, err)
	}
}

func TestAPortThatContradictsTheFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	s.Stop()
	_, port, _ := net.SplitHostPort(s.MQTT)
	refused(t, nil, freshArgs(dir, "--mqtt-listen", "127.0.0.1:1"), "--mqtt-listen", "127.0.0.1:1", port, "mosquitto.conf")
}

func TestWithoutMosquittoItSaysHowToGetOne(t *testing.T) {
	refused(t, []string{"BUNKERM_MOSQUITTO=/does/not/exist/mosquitto"}, freshArgs(t.TempDir()), "/does/not/exist/mosquitto", "mosquitto")
}

func TestADataDirThatCannotBeWritten(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, nil, freshArgs(filepath.Join(file, "data")), filepath.Join(file, "data"), "--data-dir")
}

func TestABrokenConfigurationIsShownInTheBrokersWords(t *testing.T) {
	for name, everWorked := range map[string]bool{"that worked once": true, "from the beginning": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := serveOn(t, dir)
			s.Stop()
			appendTo(t, filepath.Join(dir, "broker", "mosquitto.conf"), "\nno_such_setting true\n")
			if everWorked {
				// The last configuration that worked is used, so that no device is shut out, and it is said.
				again := serveOn(t, dir)
				if text := again.readyz(); !strings.Contains(text, "last configuration that worked") {
					t.Errorf("/readyz does not tell: %s", text)
				}
				return
			}
			if err := os.RemoveAll(filepath.Join(dir, "proven")); err != nil {
				t.Fatal(err)
			}
			refused(t, nil, freshArgs(dir), "no_such_setting", "mosquitto.conf")
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
