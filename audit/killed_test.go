package audit

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// child is another process that keeps acts in a database.
type child struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
}

func startChild(t *testing.T, path string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(exe)}
	c.cmd.Env = append(os.Environ(), "AUDIT_TEST_CHILD="+path)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	t.Cleanup(c.kill)
	return c
}

// kill ends the child as kill -9 does, and waits until it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// acknowledged waits until the child has said a number, kills it, and returns the last that it had said.
func (c *child) acknowledged(t *testing.T, atLeast int) (last int) {
	t.Helper()
	for killed := false; c.lines.Scan(); {
		n, err := strconv.Atoi(c.lines.Text())
		if err != nil {
			t.Errorf("the child says %q", c.lines.Text())
			break
		}
		if last = n; n >= atLeast && !killed {
			_ = c.cmd.Process.Kill() // and read on: it had said more until it died
			killed = true
		}
	}
	c.kill()
	if last < atLeast {
		t.Errorf("the child ended by itself at %d", last)
	}
	return last
}

// TestKilledLosesNothingThatWasAcknowledged kills a process that records, again and again, on the same database.
func TestKilledLosesNothingThatWasAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	want := 0
	for round := range 4 {
		c := startChild(t, path)
		pid := c.cmd.Process.Pid
		last := c.acknowledged(t, 3+17*round)
		h := openHouse(t, path, "")
		got := h.list(Filter{Actor: fmt.Sprint("child ", pid)})
		if len(got) < last+1 || got[0].Object != fmt.Sprint(len(got)-1) {
			t.Errorf("%d acts were acknowledged, %d are there, the newest is %q", last+1, len(got), got[0].Object)
		}
		want += len(got)
		h.add(1)
		want++
		if v := h.verified(); !v.OK || v.Entries != int64(want) {
			t.Errorf("want %d entries: %+v", want, v)
		}
		h.stop()
		if err := h.db.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// What was acknowledged is in the file, too, and a line is never half there.
	file, err := os.Open(path + ".lines")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Errorf("%q: %v", lines.Text(), err)
		}
	}
	if n < want-4-4 || n > want-4 { // each round one act of ours, and one that was not acknowledged
		t.Errorf("%d lines for %d entries", n, want)
	}
}

// TestTwoWritersShareOneChain has a second process record at the same time, as the command line might.
func TestTwoWritersShareOneChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	h := openHouse(t, path, "")
	h.add(1)
	c := startChild(t, path)
	pid := c.cmd.Process.Pid
	done := make(chan int, 1)
	go func() { done <- c.acknowledged(t, 60) }()
	ours := 1
	theirs, ended := 0, false
	for !ended {
		h.add(1)
		ours++
		select {
		case theirs = <-done:
			ended = true
		default:
		}
	}
	until(t, "everything is written", func() bool { return h.Status().Queued == 0 })
	if n := len(h.list(Filter{Actor: fmt.Sprint("child ", pid)})); n < theirs+1 {
		t.Errorf("%d of theirs are there, %d were acknowledged", n, theirs+1)
	}
	if n := len(h.list(Filter{Actor: "jo"})); n != ours {
		t.Errorf("%d of ours are there, want %d", n, ours)
	}
	if v := h.verified(); !v.OK {
		t.Errorf("%+v", v)
	}
}
