package brokertest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one run of mosquitto.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

var runningLine = regexp.MustCompile(`mosquitto version \S+ running`)

// launch starts mosquitto and reports whether it came to accept connections.
func (b *Broker) launch() bool {
	b.t.Helper()
	// A broker that was killed leaves its socket behind.
	if err := os.Remove(b.Socket); err != nil && !os.IsNotExist(err) {
		b.t.Fatalf("removing the old socket: %v", err)
	}
	cmd := exec.Command(b.Executable, "-c", confFile)
	cmd.Dir = b.Dir
	cmd.Stdout, cmd.Stderr = b.log, b.log
	from := len(b.Log())
	if err := cmd.Start(); err != nil {
		b.t.Fatalf("starting %s: %v", b.Executable, err)
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		// How it ended is seen in its log; a killed broker is what some tests are about.
		_ = cmd.Wait()
		close(p.exited)
		b.log.wake()
	}()
	b.mu.Lock()
	b.process = p
	b.mu.Unlock()
	running := func(log string) bool { return runningLine.MatchString(log[from:]) }
	b.log.await(patience, func(log string) bool { return running(log) || p.hasExited() })
	if running(b.Log()) && !p.hasExited() {
		return true
	}
	b.end()
	return false
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// PID is the broker's process id.
func (b *Broker) PID() int { return b.current().cmd.Process.Pid }

// Kill ends the broker with SIGKILL and returns when it is gone.
func (b *Broker) Kill() { b.t.Helper(); b.signalAndWait(syscall.SIGKILL) }

// KillBetweenWrites is Kill at a moment at which the dynamic security file is whole. Mosquitto before 2.0.16 overwrites
// it in place, and one that is killed in the middle of that lets nobody in any more.
func (b *Broker) KillBetweenWrites() {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		b.Pause()
		whole := 0
		for range 2 { // the signal may arrive during the first look
			if text, err := os.ReadFile(filepath.Join(b.Dir, dynsecFile)); err == nil && json.Valid(text) {
				whole++
			}
		}
		if whole == 2 {
			b.Kill()
			return
		}
		b.Continue()
	}
	b.t.Fatal("the dynamic security file is never whole")
}

// Stop ends the broker with SIGTERM and returns when it is gone.
func (b *Broker) Stop() { b.t.Helper(); b.signalAndWait(syscall.SIGTERM) }

// Start runs the broker again after Kill or Stop, with the files as they lie in Dir and on the same ports.
func (b *Broker) Start() {
	b.t.Helper()
	if !b.current().hasExited() {
		b.t.Fatal("the broker runs already")
	}
	// The port was free a moment ago, but an outgoing connection of somebody else may hold it for an instant.
	for range 5 {
		if b.launch() {
			return
		}
	}
	b.t.Fatalf("mosquitto does not start again; its log:\n%s", b.Log())
}

// Pause freezes the broker with SIGSTOP: it keeps its connections and answers nothing.
func (b *Broker) Pause() { b.t.Helper(); b.signal(syscall.SIGSTOP) }

// Continue ends a Pause.
func (b *Broker) Continue() { b.t.Helper(); b.signal(syscall.SIGCONT) }

// Reload makes the broker read its configuration again, by SIGHUP.
func (b *Broker) Reload() { b.t.Helper(); b.signal(syscall.SIGHUP) }

// Exited is closed when the present run of the broker has ended.
func (b *Broker) Exited() <-chan struct{} { return b.current().exited }

func (b *Broker) current() *process {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.process
}

func (b *Broker) signal(sig syscall.Signal) {
	b.t.Helper()
	if err := b.current().cmd.Process.Signal(sig); err != nil {
		b.t.Fatalf("sending %v to mosquitto: %v", sig, err)
	}
}

func (b *Broker) signalAndWait(sig syscall.Signal) {
	b.t.Helper()
	p := b.current()
	timeout := time.After(patience)
	// Mosquitto 2.0.11 forgets a SIGTERM that comes between its line "running" and the start of its main loop, so
	// the signal is repeated.
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	b.signal(sig)
	for {
		select {
		case <-p.exited:
			return
		case <-again.C:
			// The only error is that the process has ended already.
			_ = p.cmd.Process.Signal(sig)
		case <-timeout:
			b.t.Fatalf("mosquitto does not end on %v", sig)
		}
	}
}

// end kills whatever runs. A paused process ends by SIGKILL too.
func (b *Broker) end() {
	p := b.current()
	if p == nil {
		return
	}
	// The only error is that the process has ended already.
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// logBuffer collects what the broker writes and wakes whoever waits for a line.
type logBuffer struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed and replaced at every change
}

func newLogBuffer() *logBuffer { return &logBuffer{changed: make(chan struct{})} }

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	l.text.Write(p)
	l.mu.Unlock()
	l.wake()
	return len(p), nil
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBuffer) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
}

// await returns true as soon as the log satisfies the condition, and false when it does not in time.
func (l *logBuffer) await(limit time.Duration, condition func(log string) bool) bool {
	timeout := time.After(limit)
	for {
		l.mu.Lock()
		text, changed := l.text.String(), l.changed
		l.mu.Unlock()
		if condition(text) {
			return true
		}
		select {
		case <-changed:
		case <-timeout:
			return false
		}
	}
}
