package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nothingLeft waits until neither keeper nor broker of a data directory is there.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	eventually(t, "keeper and broker are gone", func() bool { return len(pidsWith(filepath.Join(dir, "run", "keeper.json"))) == 0 })
}

// TestAClosedTerminalStopsAsCtrlCDoes has the signals that come when its window is closed: of the system, of the shell, and of who
// ends the session.
func TestAClosedTerminalStopsAsCtrlCDoes(t *testing.T) {
	dir := t.TempDir()
	s := serveOn(t, dir)
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGHUP} {
		s.Signal(sig)
	}
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatal("bunkerm does not stop")
	}
	if s.code != 0 {
		t.Errorf("exit code %d", s.code)
	}
	nothingLeft(t, dir)
}

// TestAStartThatIsInterruptedLeavesNothing interrupts it where there is a keeper, and where there is a broker.
func TestAStartThatIsInterruptedLeavesNothing(t *testing.T) {
	for _, at := range []string{"keeper.json", "keeper.sock", "keeper.sock.broker"} {
		t.Run(at, func(t *testing.T) {
			dir := t.TempDir()
			s := launch(t, dir, bunkerm(brokerEnv(), freshArgs(dir)...))
			eventually(t, "it has come so far", func() bool {
				_, err := os.Stat(filepath.Join(dir, "run", at))
				return err == nil
			})
			s.Stop()
			if s.code != 0 {
				t.Errorf("exit code %d", s.code)
			}
			nothingLeft(t, dir)
		})
	}
}

// TestNobodyReadsTheLogAnyMore is bunkerm before a tee that Ctrl-C has ended first.
func TestNobodyReadsTheLogAnyMore(t *testing.T) {
	dir := t.TempDir()
	log, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := bunkerm(brokerEnv(), freshArgs(dir, "--log-level", "debug")...)
	cmd.Stderr = written
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endKeeper(dir) })
	tooLong := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer tooLong.Stop()
	if err := written.Close(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(log); lines.Scan() && !strings.Contains(lines.Text(), `"msg":"ready"`); {
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	nothingLeft(t, dir)
}
