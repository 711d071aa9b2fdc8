package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
)

// process is one run of the broker.
type process struct {
	pid     int
	started string // what tells it from a later process with the same number
	name    string // of its program
}

var (
	errNoPidFile  = errors.New("which process is the broker's is not known")
	errNotRunning = errors.New("the broker does not run")
)

// process finds the broker by its process file. Its error wraps errNoPidFile or errNotRunning, or is a fault of kind
// Conflict where the number is that of another program.
func (s *Site) process() (process, error) {
	if s.o.PidFile == "" {
		return process{}, errNoPidFile
	}
	pid, err := readPid(s.o.PidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return process{}, errNotRunning // mosquitto removes its file at the end
	}
	if err != nil {
		return process{}, fault.Newf(fault.Conflict, "--broker-pid-file %s cannot be used", s.o.PidFile).
			Hint("name the file that pid_file in the broker's configuration names, and see that " + whoWeAre() + " may read it").Because(err)
	}
	p, ok := find(pid)
	if !ok {
		return process{}, errNotRunning
	}
	if !p.isBroker() {
		return process{}, fault.Newf(fault.Conflict, "the process file %s names process %d, which is %s and not a mosquitto", s.o.PidFile, pid, p.name).
			Hint("it may be left from an earlier run: start the broker, or give --broker-pid-file the file that pid_file in its configuration names")
	}
	return p, nil
}

// isBroker tells by the program's name; mosquitto_sub would end at our signal.
func (p process) isBroker() bool {
	rest, is := strings.CutPrefix(p.name, "mosquitto")
	return is && (rest == "" || rest[0] == '-' || rest[0] == '.')
}

// readPid reads a file that the broker's user may have written.
func readPid(path string) (int, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return 0, errors.Join(errors.New("it is not an ordinary file"), err)
	}
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return 0, err
	}
	word := strings.TrimSpace(string(text))
	if word == "" {
		return 0, fs.ErrNotExist // it is just being written
	}
	pid, err := strconv.Atoi(word)
	if err != nil || pid < 1 {
		return 0, fmt.Errorf("it holds no process number: %q", word)
	}
	return pid, nil
}

// signal sends SIGHUP to this run of the broker and to no other process.
func (p process) signal() error {
	handle, err := os.FindProcess(p.pid)
	if err != nil {
		return errNotRunning
	}
	defer func() { _ = handle.Release() }()
	// The handle is of whoever has the number now; so look again who that is.
	if now, ok := find(p.pid); !ok || now != p {
		return errNotRunning
	}
	err = handle.Signal(syscall.SIGHUP)
	switch {
	case errors.Is(err, os.ErrProcessDone):
		return errNotRunning
	case errors.Is(err, syscall.EPERM):
		return fault.Newf(fault.Conflict, "%s may not send a signal to the broker's process", whoWeAre()).
			Hint("run BunkerM as root or as the broker's user, or give it --broker-reload-command").Because(err)
	}
	return err
}
