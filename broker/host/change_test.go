package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

func TestAChangeBySignal(t *testing.T) {
	h := build(t)
	s := h.open()
	var steps []broker.Step
	proven := false
	e := h.change(s, broker.ByReload, "password_file 5000.users", "password_file 6000.users")
	e.Step = func(at broker.Step) { steps = append(steps, at) }
	e.Prove = func(context.Context) error {
		proven = true
		if n := h.runs(); n != "6000" {
			t.Errorf("it is proven before the broker has read it: %s", n)
		}
		return nil
	}
	run := s.Process()
	h.must(s.ReplaceConf(within(t), e))
	if n := h.runs(); n != "6000" || !proven {
		t.Errorf("the broker runs with %s, proven %v", n, proven)
	}
	if s.Process() != run || run == "" {
		t.Errorf("the broker was %q and is %q", run, s.Process())
	}
	if want := []broker.Step{broker.StepWriting, broker.StepReloading, broker.StepProving}; !slices.Equal(steps, want) {
		t.Errorf("the steps are %v", steps)
	}
	h.must(s.ForgetUnfinished("7"))
	if _, there, _ := s.journal.Read(); there {
		t.Error("the journal is still there")
	}
}

func TestAChangeByRestart(t *testing.T) {
	h := build(t)
	s := h.open()
	port := brokertest.FreePort(t)
	run := s.Process()
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByRestart, "# somebody's broker\n", fmt.Sprintf("listener %d 127.0.0.1\n", port))))
	if s.Process() == run || s.Process() == "" {
		t.Errorf("the broker was %q and is %q", run, s.Process())
	}
	if err := endpoint(fmt.Sprintf("127.0.0.1:%d", port)).Login(within(t)); err != nil {
		t.Errorf("the new listener: %v", err)
	}
	// And without a process file, where only the end of a connection tells.
	h.options.PidFile = ""
	s = h.open()
	pid := h.pid()
	h.must(s.Restart(within(t)))
	if h.pid() == pid || s.Process() != "" {
		t.Errorf("the broker is still %d", pid)
	}
}

func TestACommentNeedsNoSignal(t *testing.T) {
	h := build(t)
	h.options.PidFile, h.options.RestartCommand = "", ""
	s := h.open()
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByNothing, "# somebody's broker", "# a thought")))
	if !strings.HasPrefix(h.text("mosquitto.conf"), "# a thought\n") || strings.Contains(h.log(), "Reloading config") {
		t.Errorf("it says\n%s\n%s", h.text("mosquitto.conf"), h.log())
	}
	h.serves()
}

func TestABrokenChangeIsHealed(t *testing.T) {
	refused := func(context.Context) error {
		return fault.New(fault.Refused, "it does something else").At("mosquitto.conf:1", "here").Hint("look")
	}
	for name, c := range map[string]struct {
		how         broker.How
		replacement string
		prove       func(context.Context) error
		says        string
	}{
		"the broker does not start":      {broker.ByRestart, "password_file 6000.users\nplugin /nowhere.so", nil, "has ended"},
		"we are not let in":              {broker.ByReload, "password_file 6000.users\nallow_anonymous false", nil, "does not let BunkerM in"},
		"we are not let in any more":     {broker.ByRestart, "password_file 6000.users\nallow_anonymous false", nil, "does not let BunkerM in"},
		"it proves wrong by signal":      {broker.ByReload, "password_file 6000.users", refused, "something else"},
		"it proves wrong by restart":     {broker.ByRestart, "password_file 6000.users", refused, "something else"},
		"the proof fails without a kind": {broker.ByReload, "password_file 6000.users", func(context.Context) error { return errors.New("x") }, "could not be seen to work"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			s := h.open()
			e := h.change(s, c.how, "allow_anonymous true\npassword_file 5000.users", "allow_anonymous true\n"+c.replacement)
			e.Prove = c.prove
			var steps []broker.Step
			e.Step = func(at broker.Step) { steps = append(steps, at) }
			err := s.ReplaceConf(within(t), e)
			f := fault.From(err)
			if f.Kind != fault.Refused || !strings.Contains(f.Message, c.says) || !strings.Contains(f.HintText, "The files from before are back") {
				t.Errorf("%+v", f)
			}
			if n := len(steps); n < 3 || steps[n-2] != broker.StepPuttingBack || steps[n-1] != broker.StepBack {
				t.Errorf("the steps are %v", steps)
			}
			h.serves()
			if text := h.text("mosquitto.conf"); text != string(e.Before[s.MainConf()]) {
				t.Errorf("the file is\n%s", text)
			}
		})
	}
}

func TestNothingIsTouchedWhereTheBrokerCannotBeTold(t *testing.T) {
	for name, c := range map[string]struct {
		shape func(*Options)
		how   broker.How
		says  string
	}{
		"no way to reload":  {func(o *Options) { o.PidFile = "" }, broker.ByReload, "--broker-pid-file"},
		"no way to restart": {func(o *Options) { o.RestartCommand = "" }, broker.ByRestart, "--broker-restart-command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := build(t)
			c.shape(&h.options)
			s := h.open()
			err := s.ReplaceConf(within(t), h.change(s, c.how, "password_file 5000.users", "password_file 6000.users"))
			order := map[broker.How]func(context.Context) error{broker.ByReload: s.Reload, broker.ByRestart: s.Restart}[c.how]
			for _, err := range []error{err, order(within(t))} {
				if f := fault.From(err); f.Kind != fault.Conflict || !strings.Contains(f.HintText, c.says) {
					t.Errorf("%+v", f)
				}
			}
			h.serves()
			if _, there, _ := s.journal.Read(); there {
				t.Error("there is a journal")
			}
		})
	}
}

func TestTheProcessFileOfSomebodyElse(t *testing.T) {
	h := build(t)
	h.options.RestartCommand = ""
	// The test itself: SIGHUP would end it.
	h.options.PidFile = h.path("other.pid")
	h.write("other.pid", fmt.Sprintln(os.Getpid()))
	s := h.open()
	for _, err := range []error{
		s.Reload(within(t)), s.ReplaceConf(within(t), h.change(s, broker.ByReload, "password_file 5000.users", "password_file 6000.users")),
	} {
		if f := fault.From(err); f.Kind != fault.Conflict || !strings.Contains(f.Message, "not a mosquitto") {
			t.Errorf("%+v", f)
		}
	}
	for _, text := range []string{"0", "-1", "x", "999999999"} {
		h.write("other.pid", text)
		if err := s.Reload(within(t)); !fault.Is(err, fault.Conflict) {
			t.Errorf("%q: %v", text, err)
		}
	}
	h.must(os.Remove(h.path("other.pid")))
	h.must(syscall.Mkfifo(h.path("other.pid"), 0o600))
	if err := s.Reload(within(t)); !fault.Is(err, fault.Conflict) {
		t.Errorf("a pipe: %v", err)
	}
	if s.Process() != "" {
		t.Errorf("the process is %q", s.Process())
	}
	h.serves()
	for name, want := range map[string]bool{"mosquitto": true, "mosquitto-2.1": true, "mosquitto_sub": false, "mosquittox": false, "bash": false} {
		if (process{name: name}).isBroker() != want {
			t.Errorf("%s is a broker: %v", name, !want)
		}
	}
}

func TestABrokerThatDoesNotRun(t *testing.T) {
	h := build(t)
	s := h.open()
	h.stop()
	if err := s.Reload(within(t)); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	// What needs a signal starts it.
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByReload, "password_file 5000.users", "password_file 6000.users")))
	if n := h.runs(); n != "6000" {
		t.Errorf("it runs with %s", n)
	}
	h.stop()
	h.must(s.Restart(within(t)))
}

func TestACommandThatDoesNotDoItsWork(t *testing.T) {
	h := build(t)
	h.options.RestartCommand = "/bin/sh -c 'echo one; echo the lock is held >&2; exit 3'"
	s := h.open()
	e := h.change(s, broker.ByRestart, "password_file 5000.users", "password_file 6000.users")
	if f := fault.From(s.Restart(within(t))); f.Kind != fault.Refused || !strings.HasSuffix(f.Message, "the lock is held") {
		t.Errorf("%+v", f)
	}
	// Neither forth nor back: the file is what it was all the same, and the broker has never left it.
	if f := fault.From(s.ReplaceConf(within(t), e)); f.Kind != fault.Internal || !strings.Contains(f.Message, "the lock is held") {
		t.Errorf("%+v", f)
	}
	h.serves()
	h.must(s.ForgetUnfinished("7"))

	h.options.RestartCommand = "/bin/true"
	s = h.open()
	s.endsWithin = 100e6
	if f := fault.From(s.Restart(within(t))); f.Kind != fault.Refused || !strings.Contains(f.Message, "goes on as before") {
		t.Errorf("%+v", f)
	}
	h.serves()

	h.options.RestartCommand = "no-such-program-anywhere"
	if _, err := Open(within(t), h.options); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestReloadByCommand(t *testing.T) {
	h := build(t)
	h.options.ReloadCommand = fmt.Sprintf("/bin/sh -c 'kill -HUP $(cat %s)'", h.options.PidFile)
	h.options.PidFile = ""
	s := h.open()
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByReload, "password_file 5000.users", "password_file 6000.users")))
	if n := h.runs(); n != "6000" {
		t.Errorf("it runs with %s", n)
	}
}

// TestAChangeKeepsTheProcessFile by which the broker's process is found.
func TestAChangeKeepsTheProcessFile(t *testing.T) {
	h := build(t)
	s := h.open()
	run, line := s.Process(), "pid_file "+h.options.PidFile+"\n"
	err := s.ReplaceConf(within(t), h.change(s, broker.ByRestart, line, ""))
	if f := fault.From(err); f.Kind != fault.Invalid || !strings.Contains(f.Message, "broker.pid") || f.HintText == "" {
		t.Errorf("%v", err)
	}
	if s.Process() != run {
		t.Error("the broker was restarted")
	}
	h.must(s.ReplaceConf(within(t), h.change(s, broker.ByNothing, line, "pid_file   ./broker.pid\n")))
}
