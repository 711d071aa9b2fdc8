package trial

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/fault"
)

// Options say what a configuration is tried out with.
type Options struct {
	Mosquitto string       // the program; absolute
	Version   conf.Version // of the program
	Plugin    string       // the dynamic security plugin as the configuration names it; empty: none is loaded
	UID, GID  int          // the user it runs as; -1: ourselves
	Dir       string       // where the broker that serves stands, and relative names in the configuration begin; absolute
	Scratch   string       // a folder in which we may make one; the program's user must be able to get there from Dir
	Timeout   time.Duration
}

// Result is what came of it.
type Result struct {
	Problems []conf.Problem
	Tried    bool     // false where the program gave no answer in time
	Skipped  []string // what was left out of the copy
	Took     time.Duration
}

const (
	defaultTimeout = 20 * time.Second
	mostTries      = 3        // when somebody takes a port that was free
	mostSaid       = 64 << 10 // bytes of what the program says that are looked at
)

// Run tries a configuration out. An error means that it could not be tried, not that it is wrong.
func Run(ctx context.Context, o Options, c *conf.Config) (Result, error) {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	for try := 1; ; try++ {
		r, again, err := runOnce(ctx, o, c)
		if err != nil || !again || try == mostTries {
			r.Took = time.Since(began)
			return r, err
		}
	}
}

// runOnce makes the copy and tries it. again reports that a port of ours was taken meanwhile.
func runOnce(ctx context.Context, o Options, c *conf.Config) (r Result, again bool, err error) {
	ports, err := freePorts(portsNeeded(c))
	if err != nil {
		return r, false, fmt.Errorf("looking for free ports: %w", err)
	}
	dir, err := os.MkdirTemp(o.Scratch, "trial-")
	if err != nil {
		return r, false, notLaid(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	scratch, err := o.wayTo(dir)
	if err != nil {
		return r, false, err
	}
	next := 0
	made := sanitise(c, o, scratch, func() int {
		next++
		return ports[(next-1)%len(ports)]
	})
	if o.UID <= 0 && os.Geteuid() == 0 {
		// Or else the program would change to a user of its own, which cannot read the copy.
		made.files[mainName] = append(made.files[mainName], "\nuser root\n"...)
	}
	r.Skipped = append([]string{}, made.skipped...)
	if err := o.lay(dir, made); err != nil {
		return r, false, err
	}

	args := []string{"-c", filepath.Join(scratch, mainName)}
	if !made.tcp {
		// A configuration without a listener has the program listen on 1883.
		args = append(args, "-p", strconv.Itoa(ports[len(ports)-1]))
	}
	if !o.Version.Before(conf.Version{Major: 2, Minor: 1}) {
		out, ok, err := o.run(ctx, append(slices.Clone(args), "--test-config"), "")
		if err != nil {
			return r, false, err
		}
		if ctx.Err() != nil {
			return r, false, nil
		}
		if !ok {
			if found := made.problems(out, c.Settings()); hasError(found) {
				r.Problems, r.Tried = found, true
				return r, false, nil
			}
		}
	}
	said, runs, err := o.run(ctx, args, " running")
	if err != nil {
		return r, false, err
	}
	if ctx.Err() != nil {
		return r, false, nil // that it took too long says nothing about the configuration
	}
	r.Tried = true
	r.Problems = made.problems(said, c.Settings())
	if runs {
		r.Problems = slices.DeleteFunc(r.Problems, func(p conf.Problem) bool { return p.Severity == conf.Error })
		return r, false, nil
	}
	if takenMeanwhile(said) {
		return r, true, nil
	}
	if !hasError(r.Problems) {
		words := "it said nothing"
		if len(said) > 0 {
			words = "its last words: " + made.written(stamp.ReplaceAllString(said[len(said)-1], ""))
		}
		r.Problems = append(r.Problems, conf.Problem{Severity: conf.Error, Message: "the broker does not start with this; " + words})
	}
	return r, false, nil
}

func hasError(problems []conf.Problem) bool {
	return slices.ContainsFunc(problems, func(p conf.Problem) bool { return p.Severity == conf.Error })
}

// portsNeeded is how many ports the copy may ask for, and one for a program that gets none from it.
func portsNeeded(c *conf.Config) int {
	n := 1
	for _, s := range c.Settings() {
		if s.Key == "listener" || s.Key == "port" {
			n++
		}
	}
	return n
}

// takenMeanwhile reports that the program could not have a port of ours. libwebsockets does not say why it could not listen, so a
// listener for websockets is given the benefit of the doubt.
func takenMeanwhile(said []string) bool {
	return slices.ContainsFunc(said, func(line string) bool {
		return strings.Contains(line, "Address already in use") || strings.Contains(line, "Unable to create websockets listener")
	})
}

// Where ports for a trial are looked for: where no system takes one for a connection by itself, as Linux does from 32768 on, so
// that on a busy host a port that is free now still is when the program asks for it.
const lowestPort, mostPorts = 12_000, 20_000

// freePorts finds ports that are free on loopback at this moment.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	var held []net.Listener
	defer func() {
		for _, ln := range held {
			_ = ln.Close() // nobody has connected
		}
	}()
	for tries := 0; len(ports) < n; tries++ {
		port := lowestPort + rand.IntN(mostPorts)
		if tries > mostPorts {
			port = 0 // as the system likes
		}
		ln, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil && port > 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		held = append(held, ln)
		ports = append(ports, ln.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// wayTo is the way from the folder in which the program stands to the copy. It works where a folder above both is closed
// to the program's user, because nobody has to pass it.
func (o Options) wayTo(dir string) (string, error) {
	from, err := filepath.EvalSymlinks(o.Dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err == nil {
		dir, err = filepath.Rel(from, dir)
	}
	if err != nil {
		return "", notLaid(err)
	}
	return dir, nil
}

// lay writes the copy into a folder of its own, for the program's user alone: it may hold secrets.
func (o Options) lay(dir string, made copied) error {
	folders := map[string]bool{dir: true}
	for name, text := range made.files {
		path := filepath.Join(dir, name)
		if folder := filepath.Dir(path); !folders[folder] {
			folders[folder] = true
			if err := os.Mkdir(folder, 0o700); err != nil {
				return notLaid(err)
			}
		}
		err := os.WriteFile(path, text, 0o600)
		if err == nil {
			err = o.give(path)
		}
		if err != nil {
			return notLaid(err)
		}
	}
	for folder := range folders {
		if err := o.give(folder); err != nil {
			return notLaid(err)
		}
	}
	return nil
}

// give hands a file or folder to the program's user.
func (o Options) give(path string) error {
	if o.UID == -1 {
		return nil
	}
	return os.Lchown(path, o.UID, o.GID)
}

func notLaid(err error) error {
	return fault.New(fault.Unavailable, "the configuration cannot be tried out, because no copy of it can be written").
		Hint("make room on the disk of the data directory, then try again").Because(err)
}

// run starts the program and returns what it said, and whether it said until, or, for an empty until, ended well. It is
// gone when run returns. An error means that it could not be started.
func (o Options) run(ctx context.Context, args []string, until string) (said []string, ok bool, err error) {
	cmd := exec.CommandContext(ctx, o.Mosquitto, args...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.SysProcAttr = attributes(o.UID, o.GID)
	cmd.WaitDelay = time.Second
	out, w, err := os.Pipe()
	if err != nil {
		return nil, false, notRun(err)
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = w, w

	ended := make(chan bool, 1)
	started := make(chan error, 1)
	go func() {
		// The kernel ends the child when the thread that started it ends, so it has to live as long. It is never unlocked,
		// because it stands in another folder than all others: it ends with the goroutine.
		runtime.LockOSThread()
		err := stand(cmd, o.Dir)
		if err == nil {
			err = cmd.Start()
		}
		_ = w.Close() // the child has its own
		started <- err
		if err == nil {
			ended <- cmd.Wait() == nil
		}
	}()
	if err := <-started; err != nil {
		return nil, false, notRun(err)
	}
	lines := bufio.NewScanner(io.LimitReader(out, mostSaid))
	for lines.Scan() {
		line := string(bytes.ToValidUTF8(lines.Bytes(), []byte("\uFFFD")))
		said = append(said, line)
		if until != "" && strings.Contains(line, "mosquitto version ") && strings.HasSuffix(line, until) {
			ok = true
			break
		}
	}
	if until == "" {
		return said, <-ended, nil // by itself, or when ctx ends
	}
	_ = cmd.Process.Kill() // it has nothing to save
	<-ended
	return said, ok, nil
}

func notRun(err error) error {
	return fault.New(fault.Unavailable, "the configuration cannot be tried out, because the broker's program cannot be run").
		Hint("look whether mosquitto is installed and whether this user may run it").Because(err)
}
