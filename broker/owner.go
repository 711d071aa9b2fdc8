package broker

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path"
	"strconv"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
)

// maxBrokerFile bounds what we read from the broker's directory: a dynamic-security.json with a million clients.
const maxBrokerFile = 1 << 30

// tempPrefix begins the names of files that are being written.
const tempPrefix = ".bunkerm-"

// brokerUser is whom the broker runs as when we are root: the user that the distribution's package made for it,
// or nobody. Otherwise, -1, it is ourselves.
func brokerUser() (uid, gid int, err error) {
	if os.Geteuid() != 0 {
		return -1, -1, nil
	}
	for _, name := range []string{"mosquitto", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil && uid > 0 {
			return uid, gid, nil
		}
	}
	return 0, 0, fault.New(fault.Unavailable, "there is no user for the broker to run as").
		Hint("make one with `useradd --system mosquitto`, or start BunkerM as an ordinary user")
}

// brokerFiles is the broker's directory, data/broker. Where the broker has a user of its own, that user may put
// anything there, so we treat it as hostile: no link leads out of it, nothing but ordinary files is opened,
// and nothing that has a second name elsewhere changes its owner.
type brokerFiles struct {
	root     *os.Root
	uid, gid int // -1: ourselves
}

func openBrokerFiles(dir string, uid, gid int) (*brokerFiles, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the broker's directory: %w", err)
	}
	return &brokerFiles{root, uid, gid}, nil
}

func (b *brokerFiles) close() error { return b.root.Close() }

// open opens an ordinary file for reading. The error wraps fs.ErrNotExist when there is none.
func (b *brokerFiles) open(name string) (*os.File, fs.FileInfo, error) {
	// Without O_NONBLOCK a named pipe would make us wait for ever.
	f, err := b.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the broker's %s: %w", name, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not an ordinary file")
	}
	if err != nil {
		_ = f.Close() // only read
		return nil, nil, fmt.Errorf("reading the broker's %s: %w", name, err)
	}
	return f, info, nil
}

// read returns an ordinary file. The error wraps fs.ErrNotExist when there is none.
func (b *brokerFiles) read(name string) ([]byte, fs.FileInfo, error) {
	f, info, err := b.open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxBrokerFile))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the broker's %s: %w", name, err)
	}
	return data, info, nil
}

// write replaces a file as a whole: written beside it, synced and renamed. Owner and mode are those of like, or
// the broker's user and 0600. When it fails the file is what it was before.
func (b *brokerFiles) write(name string, data []byte, like fs.FileInfo) (err error) {
	temp := path.Join(path.Dir(name), tempPrefix+rand.Text())
	f, err := b.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the broker's %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing the broker's %s: %w", name, err)
			_ = b.root.Remove(temp)
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = b.dress(f, like)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = b.root.Rename(temp, name)
	}
	return err
}

// sweep removes what a write that was cut off by a kill has left. Nobody may be writing.
func (b *brokerFiles) sweep() error {
	for _, dir := range []string{".", OwnConfDir} {
		entries, err := fs.ReadDir(b.root.FS(), dir)
		if err != nil {
			continue // there is none yet, or a link in its place, which is dealt with when the folder is made
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), tempPrefix) {
				continue
			}
			if err := b.root.Remove(path.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("removing what a former write left: %w", err)
			}
		}
	}
	return nil
}

// dress gives a new file its owner and mode.
func (b *brokerFiles) dress(f *os.File, like fs.FileInfo) error {
	uid, gid := b.uid, b.gid
	if like != nil {
		if err := f.Chmod(like.Mode().Perm()); err != nil {
			return err
		}
		if st, ok := like.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
			uid, gid = int(st.Uid), int(st.Gid)
		}
	}
	if uid == -1 {
		return nil
	}
	return f.Chown(uid, gid)
}

// holds tells whether a file is what write, without another to be like, would make of it.
func (b *brokerFiles) holds(name string, data []byte) bool {
	if info, err := b.root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return false
	}
	have, info, err := b.read(name)
	if err != nil || info.Mode().Perm() != 0o600 || !bytes.Equal(have, data) {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Nlink == 1 && (b.uid == -1 || int(st.Uid) == b.uid)
}

// reown gives everything in the directory to the broker's user, as after an edit by root. It does nothing where
// the broker runs as ourselves.
func (b *brokerFiles) reown() error {
	if b.uid == -1 {
		return nil
	}
	err := fs.WalkDir(b.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && (d.IsDir() || d.Type().IsRegular()) {
			err = b.reownOne(name)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the broker removed it meanwhile
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("giving the broker's files to its user: %w", err)
	}
	return nil
}

// reownOne works on an open file, because its name can come to mean another one at any moment.
func (b *brokerFiles) reownOne(name string) error {
	f, err := b.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) == b.uid {
		return nil
	}
	// A file with a second name could be another user's, linked here to be given away.
	if info.IsDir() || info.Mode().IsRegular() && st.Nlink == 1 {
		return f.Chown(b.uid, b.gid)
	}
	return nil
}

// ensureDir makes a folder in the directory. What stands there instead is put out of the way.
func (b *brokerFiles) ensureDir(name string) error {
	info, err := b.root.Lstat(name)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		err = b.root.Remove(name)
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = b.root.Mkdir(name, 0o700)
	}
	if err == nil {
		err = b.reownIfOurs(name)
	}
	if err != nil {
		return fmt.Errorf("making the broker's folder %s: %w", name, err)
	}
	return nil
}

func (b *brokerFiles) reownIfOurs(name string) error {
	if b.uid == -1 {
		return nil
	}
	return b.reownOne(name)
}
