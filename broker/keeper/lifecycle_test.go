package keeper_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

func TestStartAndStop(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	if st.State != keeper.Running || st.BrokerPID == 0 || st.KeeperPID == 0 || st.Config != keeper.ConfigLive || st.Version == "" {
		t.Errorf("status after Start: %+v", st)
	}
	b.connect("first").ping()

	again, err := c.Start(b.ctx())
	if err != nil || again.BrokerPID != st.BrokerPID {
		t.Errorf("Start of a running broker: %+v, %v", again, err)
	}
	next, err := c.Restart(b.ctx())
	if err != nil || next.BrokerPID == st.BrokerPID || next.Restarts != 0 || next.State != keeper.Running {
		t.Errorf("Restart: %+v, %v", next, err)
	}
	st, err = c.Stop(b.ctx())
	if err != nil || st.State != keeper.Stopped || st.BrokerPID != 0 || st.Exit != "exit status 0" {
		t.Errorf("Stop: %+v, %v", st, err)
	}
	if keeper.Alive(next.BrokerPID) {
		t.Error("the broker lives after Stop")
	}
	b.logged(" running")
	b.logged("! the broker was started as process ")
	b.logged("! the broker's process ")
	for line := range strings.Lines(b.files("broker.log")) {
		if l, ok := keeper.ParseLine([]byte(strings.TrimSuffix(line, "\n"))); !ok || time.Since(l.Time) > time.Hour {
			t.Errorf("line cannot be parsed: %q", line)
		}
	}
}

func TestWillNotStart(t *testing.T) {
	b := newBench(t)
	b.write("conf.d/30-user.conf", "# mine\nno_such_setting 1\n")
	c := b.spawn()
	st, err := c.Start(b.ctx())
	f := fault.From(err)
	if f.Kind != fault.Refused || !strings.Contains(f.Message, "no_such_setting") || !strings.Contains(f.Message, "30-user.conf") || f.HintText == "" {
		t.Fatalf("Start: %v", err)
	}
	if st.State != keeper.Backoff || st.NextTry.IsZero() || len(st.LastWords) == 0 || st.Exit != "exit status 3" {
		t.Errorf("status: %+v", st)
	}
	// It is tried again, by and by; once the file is mended it comes up by itself.
	b.write("conf.d/30-user.conf", "# mine\n")
	st = b.until(c, "running", func(st keeper.Status) bool { return st.State == keeper.Running })
	if st.Restarts == 0 || !st.NextTry.IsZero() {
		t.Errorf("status: %+v", st)
	}
}

func TestPortTakenHasAHint(t *testing.T) {
	b := newBench(t)
	b.write("conf.d/40-user.conf", fmt.Sprintf("listener %d 127.0.0.1\n", listening(t)))
	c := b.spawn()
	_, err := c.Start(b.ctx())
	if f := fault.From(err); f.Kind != fault.Refused || !strings.Contains(f.HintText, "port") {
		t.Errorf("Start: %v (%s)", err, f.HintText)
	}
	if st, err := c.Stop(b.ctx()); err != nil || st.State != keeper.Stopped {
		t.Errorf("Stop during backoff: %+v, %v", st, err)
	}
}

func TestMissingProgram(t *testing.T) {
	b := newBench(t)
	b.Mosquitto = b.root + "/no/mosquitto"
	c := b.spawn()
	st, err := c.Start(b.ctx())
	if !fault.Is(err, fault.Refused) || st.State != keeper.Backoff {
		t.Errorf("Start: %+v, %v", st, err)
	}
}

func TestCrashIsFollowedByARestart(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	for i := 1; i <= 3; i++ {
		must(t, syscall.Kill(st.BrokerPID, syscall.SIGKILL))
		next := b.until(c, "restart", func(n keeper.Status) bool {
			return n.State == keeper.Running && n.BrokerPID != st.BrokerPID
		})
		if next.Restarts != i || next.Exit != "signal: killed" {
			t.Errorf("after crash %d: %+v", i, next)
		}
		st = next
	}
	b.connect("after").ping()
}

func TestKeeperKilledEndsTheBroker(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	b.connect("first").ping() // from here on the broker listens to signals
	must(t, syscall.Kill(st.KeeperPID, syscall.SIGKILL))
	eventually(t, "end of the broker", func() bool { return !keeper.Alive(st.BrokerPID) })
	if _, err := c.Status(b.ctx()); !errors.Is(err, keeper.ErrNoKeeper) {
		t.Errorf("Status of a dead keeper: %v", err)
	}
	if _, err := keeper.Connect(b.ctx(), b.Socket); !errors.Is(err, keeper.ErrNoKeeper) {
		t.Errorf("Connect to a dead keeper: %v", err)
	}
	_, next := b.started() // the lock and the socket of the dead one are in nobody's way
	if next.KeeperPID == st.KeeperPID || next.State != keeper.Running {
		t.Errorf("second keeper: %+v", next)
	}
}

func TestBrokerThatAKeeperLeftIsEndedFirst(t *testing.T) {
	b := newBench(t)
	left := exec.Command(b.Mosquitto, "-c", b.Config)
	left.Dir = b.Dir
	must(t, left.Start())
	t.Cleanup(func() { _ = left.Process.Kill(); _ = left.Wait() })
	b.listens()
	must(t, keeper.NoteBroker(b.Spec, left.Process.Pid))

	_, st := b.started() // which needs the port
	if keeper.Alive(left.Process.Pid) || st.State != keeper.Running || st.Restarts != 0 {
		t.Errorf("old broker lives: %v, status %+v", keeper.Alive(left.Process.Pid), st)
	}
}

func TestStoppedBrokerIsKilled(t *testing.T) {
	b := newBench(t)
	b.StopTimeout = 200 * time.Millisecond
	c, st := b.started()
	must(t, syscall.Kill(st.BrokerPID, syscall.SIGSTOP))
	end, err := c.Stop(b.ctx())
	if err != nil || end.State != keeper.Stopped || end.Exit != "signal: killed" || keeper.Alive(st.BrokerPID) {
		t.Errorf("Stop: %+v, %v", end, err)
	}
}

func TestSignalsOfTheKeeper(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	must(t, syscall.Kill(st.KeeperPID, syscall.SIGINT))
	must(t, syscall.Kill(st.KeeperPID, syscall.SIGHUP))
	if now := b.status(c); now.BrokerPID != st.BrokerPID || now.State != keeper.Running {
		t.Errorf("after SIGINT and SIGHUP: %+v", now)
	}
	must(t, syscall.Kill(st.KeeperPID, syscall.SIGTERM))
	eventually(t, "end of both", func() bool { return !keeper.Alive(st.KeeperPID) && !keeper.Alive(st.BrokerPID) })
	b.logged("exit status 0") // it was asked, not killed
}

func TestShutdownLeavesNothing(t *testing.T) {
	b := newBench(t)
	c, st := b.started()
	end, err := c.Shutdown(b.ctx())
	if err != nil || end.State != keeper.Stopped {
		t.Errorf("Shutdown: %+v, %v", end, err)
	}
	if keeper.Alive(st.BrokerPID) {
		t.Error("the broker lives")
	}
	for _, path := range []string{b.Socket, b.Socket + ".broker"} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there", path)
		}
	}
	if _, next := b.started(); next.State != keeper.Running {
		t.Errorf("a keeper right after it: %+v", next)
	}
}
