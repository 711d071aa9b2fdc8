package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestABrokerThatAnswersLateIsProvenLater starts beside a broker that hangs for longer than the start waits: its configuration is
// what a crash brings back, as soon as it has been seen to work.
func TestABrokerThatAnswersLateIsProvenLater(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir, "--on-exit", "keep")
	s.Stop()
	proven := filepath.Join(dir, "proven", "proven.json")
	if err := os.Remove(proven); err != nil {
		t.Fatal(err)
	}
	pid := brokerPID(t, dir)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	s = serveOn(t, dir)
	s.waitLog("the broker runs, but BunkerM cannot use it")
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the configuration is proven", func() bool {
		_, err := os.Stat(proven)
		return err == nil
	})
}
