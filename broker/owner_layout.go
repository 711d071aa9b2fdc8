package broker

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
)

// layout is where things lie in the data directory:
//
//	broker/              the broker's: configuration, dynamic-security.json, mosquitto.db, control.sock
//	log/                 broker.log and its older parts, keeper.log
//	proven/              the last configuration that was seen to work
//	run/                 the keeper's socket and order
//	broker-account.json  BunkerM's own account on the broker
//	lock                 held by the one BunkerM that uses the directory
//
// Everything but broker/ is ours alone. Where the broker has a user of its own, that user can pass through the
// data directory, to reach proven/, but neither list nor read what is ours.
type layout struct {
	data, broker, log, proven, run string
	account, lock, spec, socket    string
	controlSocket, editLock        string
	journal                        string
}

func newLayout(dataDir string) (layout, error) {
	data, err := filepath.Abs(dataDir)
	if err != nil {
		return layout{}, fmt.Errorf("finding the data directory: %w", err)
	}
	in := func(names ...string) string { return filepath.Join(append([]string{data}, names...)...) }
	return layout{
		data: data, broker: in("broker"), log: in("log"), proven: in("proven"), run: in("run"),
		account: in("broker-account.json"), lock: in("lock"),
		spec: in("run", "keeper.json"), socket: in("run", "keeper.sock"),
		controlSocket: in("broker", controlName), editLock: in("run", "edit.lock"),
		journal: in("run", "conf-edit.json"),
	}, nil
}

// prepare makes the folders in the data directory and opens the broker's.
func (l layout) prepare(uid, gid int) (*brokerFiles, error) {
	for _, dir := range []string{l.log, l.run, l.broker} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, l.notWritable(err)
		}
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
			return nil, fault.Newf(fault.Unavailable, "%s is not a folder", dir).
				Hint("move away what stands there").Because(err)
		}
	}
	if uid != -1 {
		if err := os.Lchown(l.broker, uid, gid); err != nil {
			return nil, fmt.Errorf("giving the broker's directory to its user: %w", err)
		}
	}
	files, err := openBrokerFiles(l.broker, uid, gid)
	if errors.Is(err, os.ErrPermission) {
		return nil, l.notWritable(err)
	}
	if err != nil {
		return nil, err
	}
	if err := files.reown(); err != nil {
		return nil, errors.Join(err, files.close())
	}
	return files, nil
}

// prepareData makes the data directory, or closes one that was there before to others.
func (l layout) prepareData(gid int) error {
	if err := os.MkdirAll(l.data, 0o700); err != nil {
		return l.notWritable(err)
	}
	info, err := os.Stat(l.data)
	if err != nil {
		return l.notWritable(err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	home, _ := os.UserHomeDir()
	if l.data == "/" || info.Mode()&os.ModeSticky != 0 || home != "" && l.data == filepath.Clean(home) {
		return fault.Newf(fault.Invalid, "--data-dir %s is not a folder of BunkerM's own", l.data).
			Hint("name a folder in it, such as " + filepath.Join(l.data, "bunkerm"))
	}
	if !ok || int(st.Uid) != os.Geteuid() {
		// An empty one, as a container's volume may be, is taken over. In another user's, that user could change
		// what we rely on.
		entries, err := os.ReadDir(l.data)
		if err != nil || len(entries) > 0 || os.Chown(l.data, os.Geteuid(), -1) != nil {
			return l.notOurs(info)
		}
	}
	mode := os.FileMode(0o700)
	if gid != -1 {
		mode = 0o710
		if int(st.Gid) != gid {
			if err := os.Chown(l.data, -1, gid); err != nil {
				return l.notWritable(err)
			}
		}
	}
	if info.Mode().Perm() != mode {
		if err := os.Chmod(l.data, mode); err != nil {
			return l.notWritable(err)
		}
	}
	return nil
}

func (l layout) notOurs(info os.FileInfo) error {
	owner := "another user"
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = "user " + strconv.Itoa(int(st.Uid))
		if u, err := user.LookupId(strconv.Itoa(int(st.Uid))); err == nil {
			owner = "user " + u.Username
		}
	}
	return fault.Newf(fault.Unavailable, "the data directory %s belongs to %s, but BunkerM runs as %s", l.data, owner, whoWeAre()).
		Hint("run BunkerM as the user it belongs to, give it to " + whoWeAre() + ", or name another one with --data-dir")
}

func whoWeAre() string {
	if u, err := user.Current(); err == nil {
		return "user " + u.Username
	}
	return "user " + strconv.Itoa(os.Geteuid())
}

func (l layout) notWritable(cause error) error {
	f := fault.Newf(fault.Unavailable, "%s cannot write to the data directory %s", whoWeAre(), l.data).Because(cause)
	if isDiskFull(cause) {
		return f.Hint("the disk is full: make room for the data directory")
	}
	return f.Hint("give the directory to that user, run as the user it belongs to, or name another one with --data-dir")
}

// lockDataDir makes sure that one BunkerM uses the directory. The lock ends with the process, however it ends.
func (l layout) lockDataDir() (*os.File, error) {
	f, err := os.OpenFile(l.lock, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, l.notWritable(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := "another process"
		if data, rerr := os.ReadFile(l.lock); rerr == nil && len(data) > 0 {
			holder = "process " + strings.TrimSpace(string(data))
		}
		return nil, errors.Join(fault.Newf(fault.Conflict, "another BunkerM (%s) uses the data directory %s", holder, l.data).
			Hint("stop that one, or name another --data-dir"), f.Close())
	}
	// The number is for people; that it cannot be written, as on a full disk, does not matter.
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return f, nil
}

func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
