package keeper

import (
	"fmt"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// drainAfterExit is how long what is left in the pipe is waited for once the broker is gone; a process that it may
// have started can hold the pipe open.
const drainAfterExit = time.Second

// process is one broker process, or the one that a dead keeper left.
type process struct {
	pid    int
	signal func(os.Signal) error
	ended  chan string // receives, once, how it ended
	voice  *voice      // nil for one that is not our child
	said   func()      // called after each piece of what it prints
	roomy  bool        // its pipe is a roomyPipe
}

// launcher starts processes from one thread that lives as long as the keeper: the kernel sends the signal that a
// parent's death triggers when the thread that started the child ends, not the process.
type launcher struct {
	work chan func()
}

// newLauncher starts the thread; it ends with close(work), which must wait until no broker lives.
func newLauncher() launcher {
	l := launcher{work: make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for f := range l.work {
			f()
		}
	}()
	return l
}

// start runs the broker with the configuration at path. The working directory is the keeper's own, which is Dir:
// the broker inherits it even where its user could not walk there.
func (l launcher) start(spec Spec, path string, log *spool) (*process, error) {
	groups, err := spec.credential()
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", os.DevNull, err)
	}
	defer func() { _ = null.Close() }()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making pipe for the broker's log: %w", err)
	}
	defer func() { _ = w.Close() }()
	p := &process{ended: make(chan string, 1), voice: newVoice(log.broker), said: log.write, roomy: widenPipe(r) >= roomyPipe}

	attr := &os.ProcAttr{
		Env: minimalEnvironment(),
		// Standard output repeats the log only when a user's configuration asks for it, and is block-buffered before
		// 2.0.16, so that its pieces would tear lines of standard error apart.
		Files: []*os.File{null, null, w},
		// A process group of its own keeps a terminal's Ctrl-C away from the broker.
		Sys: &syscall.SysProcAttr{Credential: groups, Setpgid: true},
	}
	endWithParent(attr.Sys)
	var proc *os.Process
	done := make(chan struct{})
	l.work <- func() {
		defer close(done)
		proc, err = os.StartProcess(spec.Mosquitto, []string{spec.Mosquitto, "-c", path}, attr)
	}
	<-done
	if err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("starting broker: %w", err)
	}
	p.pid, p.signal = proc.Pid, proc.Signal
	go p.await(proc, r)
	return p, nil
}

// await drains the log and then reports the end of the process.
func (p *process) await(proc *os.Process, r *os.File) {
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		p.drain(r)
	}()
	state, err := proc.Wait()
	text := "unknown"
	if err == nil {
		text = state.String()
	}
	_ = r.SetReadDeadline(time.Now().Add(drainAfterExit))
	<-drained
	_ = r.Close()
	p.ended <- text
}

// credential is what the broker runs with, or nil for the keeper's own.
func (s Spec) credential() (*syscall.Credential, error) {
	if !s.otherUser() {
		return nil, nil
	}
	c := &syscall.Credential{Uid: uint32(s.UID), Gid: uint32(s.GID)}
	// The groups that the user has elsewhere too, such as the one that may read the machine's TLS keys.
	u, err := user.LookupId(strconv.Itoa(s.UID))
	if err != nil {
		c.Groups = []uint32{c.Gid} // a number without a name is in no group
		return c, nil              //nolint:nilerr // see above
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("finding groups of the broker's user: %w", err)
	}
	for _, id := range ids {
		gid, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("finding groups of the broker's user: %w", err)
		}
		c.Groups = append(c.Groups, uint32(gid))
	}
	return c, nil
}

// raiseFileLimit lets the broker have as many connections as the machine allows. Go hands its children the limit
// that the process was started with, unless the process sets one itself.
func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("reading limit of open files: %w", err)
	}
	limit.Cur = most(limit)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("raising limit of open files to %d: %w", limit.Cur, err)
	}
	return nil
}
