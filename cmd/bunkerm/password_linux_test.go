package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal is what a person types at, and what they see.
type terminal struct {
	*os.File

	mu   sync.Mutex
	seen bytes.Buffer
}

// typingAt starts a command at a terminal of its own.
func typingAt(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	var number int
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &terminal{File: master}
	go func() {
		part := make([]byte, 1024)
		for {
			n, err := master.Read(part)
			term.mu.Lock()
			term.seen.Write(part[:n])
			term.mu.Unlock()
			if err != nil {
				return // the command has ended
			}
		}
	}()
	return term
}

func (term *terminal) screen() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.seen.String()
}

// answer waits for a question and types a line.
func (term *terminal) answer(t *testing.T, question, line string) {
	t.Helper()
	eventually(t, question, func() bool { return strings.Contains(term.screen(), question) })
	if _, err := term.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
}

// TestAPassphraseIsTyped seals a backup with a passphrase that a person types, who does not see it, and opens it with that.
func TestAPassphraseIsTyped(t *testing.T) {
	s := serveOn(t, filepath.Join(t.TempDir(), "first"))
	s.Stop()
	dir := t.TempDir()
	file := filepath.Join(dir, "all.tar.gz.age")
	sealing := func(second string) (*terminal, error) {
		cmd := bunkerm(nil, "backup", "--passphrase", "--to", file, "--data-dir", s.DataDir)
		term := typingAt(t, cmd)
		term.answer(t, "Password: ", "correct horse")
		term.answer(t, "Once more: ", second)
		err := cmd.Wait()
		return term, err
	}
	if term, err := sealing("correct house"); err == nil {
		t.Errorf("two different ones are taken: %s", term.screen())
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file all the same")
	}
	term, err := sealing("correct horse")
	if err != nil {
		t.Fatalf("%v: %s", err, term.screen())
	}
	if strings.Contains(term.screen(), "horse") {
		t.Errorf("it is shown: %s", term.screen())
	}
	cmd := bunkerm(nil, "restore", file, "--data-dir", filepath.Join(dir, "second"))
	term = typingAt(t, cmd)
	term.answer(t, "Passphrase: ", "correct horse")
	if err := cmd.Wait(); err != nil || strings.Contains(term.screen(), "horse") {
		t.Errorf("%v: %s", err, term.screen())
	}
}
