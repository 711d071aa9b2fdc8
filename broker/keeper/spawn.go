package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bunkerm/bunkerm/fault"
)

// Spawn starts exe as the keeper that specPath describes and waits until it answers. The keeper is detached: a
// session of its own, a minimal environment, no descriptors of ours, standard error to keeper.log in the spec's
// LogDir. It does not start the broker yet; Start does. The keeper outlives ctx and this process.
//
// A goroutine waits for the keeper's end, so that it does not remain as a zombie while this process lives.
func Spawn(ctx context.Context, exe, specPath string) (*Client, error) {
	spec, err := readSpec(specPath)
	if err != nil {
		return nil, err
	}
	// The keeper does not stand where we do.
	if specPath, err = filepath.Abs(specPath); err == nil {
		exe, err = filepath.Abs(exe)
	}
	if err != nil {
		return nil, fmt.Errorf("starting keeper: %w", err)
	}
	logPath := filepath.Join(spec.LogDir, keeperLogName)
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fault.New(fault.Internal, "the log directory cannot be written").
			Hint("make BunkerM's data directory writable for the user it runs as").Because(err)
	}
	defer func() { _ = log.Close() }()
	before, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("reading keeper log: %w", err)
	}

	if err := sealDescriptors(); err != nil {
		return nil, err
	}
	cmd := exec.Command(exe, "keeper", specPath)
	cmd.Dir = "/" // the keeper must not hold on to the directory that we happen to stand in
	cmd.Env = append(minimalEnvironment(), "GOMAXPROCS=2", "GOGC=50", "GOMEMLIMIT=48MiB")
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting keeper: %w", err)
	}
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()

	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c := &Client{socket: spec.Socket}
		st, err := c.Status(ctx)
		if err == nil && st.KeeperPID == cmd.Process.Pid {
			return c, nil
		}
		if err == nil {
			_ = cmd.Process.Kill() // it waits for the lock in vain
			return nil, fault.New(fault.Conflict, "another keeper looks after this broker already").
				Hint("adopt that one, or order its shutdown first")
		}
		if !errors.Is(err, ErrNoKeeper) {
			_ = cmd.Process.Kill() // it has started nothing yet
			return nil, err
		}
		select {
		case err := <-gone:
			return nil, fault.New(fault.Internal, "the broker's keeper does not start").
				Hint("read " + logPath).Because(fmt.Errorf("%w: %s", err, tail(logPath, before)))
		case <-ctx.Done():
			_ = cmd.Process.Kill()
			return nil, fault.New(fault.Internal, "the broker's keeper did not answer in time").
				Hint("read " + logPath).Because(ctx.Err())
		case <-tick.C:
		}
	}
}

// minimalEnvironment is what keeper and broker get of our environment: nothing that could be a secret.
func minimalEnvironment() []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for _, name := range []string{"TZ", "LANG", "LC_ALL"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// sealDescriptors keeps descriptors that we inherited ourselves (a build tool's pipes, a shell's redirections) from
// a process that may live for months.
func sealDescriptors() error {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return fmt.Errorf("listing open descriptors: %w", err)
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
	return nil
}

// tail is what was written to the file after offset, cut to a size that fits into a message.
func tail(path string, offset int64) string {
	data, err := os.ReadFile(path)
	if err != nil || int64(len(data)) <= offset {
		return "it said nothing"
	}
	data = bytes.TrimSpace(data[offset:])
	if len(data) > 2000 {
		data = data[len(data)-2000:]
	}
	return string(data)
}
