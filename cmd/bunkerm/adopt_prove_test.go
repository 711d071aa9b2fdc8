package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRetainedMessagesThatAreMissingAreNamed, once.
func TestRetainedMessagesThatAreMissingAreNamed(t *testing.T) {
	b := newOldBroker(t)
	b.start()
	retainsOne(t, b)
	if err := b.publish("pump", "p", "pump/other", "kept", "-r"); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(t.TempDir(), "data")
	if out, err := adoptOf(b, data); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Remove(filepath.Join(data, "broker", "mosquitto.db")); err != nil {
		t.Fatal(err)
	}
	s := serveOn(t, data)
	s.says("NOT proven: the new broker has 0 retained messages, the old one's database 2. 2 are missing")
	eventually(t, "it remembers that it has said so", func() bool {
		text, err := os.ReadFile(filepath.Join(data, "adopt.json"))
		return err == nil && strings.Contains(string(text), `"proven": true`)
	})
	s.Stop()
	s = serveOn(t, data)
	s.waitLog("ready")
	if strings.Contains(s.output.String(), "No broker was there") {
		t.Error("it tells of the adoption at every start")
	}
}

// says waits until the program has said something.
func (s *server) says(words string) {
	s.t.Helper()
	eventually(s.t, "it says "+words, func() bool { return strings.Contains(s.output.String(), words) })
}

// TestTheServiceOfSystemdIsFound by a link that points to no file, as systemd leaves it in /run.
func TestTheServiceOfSystemdIsFound(t *testing.T) {
	run := t.TempDir()
	if systemdRunsIt(run) {
		t.Error("there is no systemd")
	}
	for _, dir := range []string{"system", "units"} {
		if err := os.Mkdir(filepath.Join(run, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if systemdRunsIt(run) {
		t.Error("the unit is not active")
	}
	if err := os.Symlink("0123456789abcdef0123456789abcdef", filepath.Join(run, "units", "invocation:mosquitto.service")); err != nil {
		t.Fatal(err)
	}
	if !systemdRunsIt(run) {
		t.Error("the unit is not found")
	}
}
