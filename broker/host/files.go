package host

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
)

// maxConfFile bounds what is read as a file of the configuration, in bytes.
const maxConfFile = 16 << 20

// tempPrefix begins the names of files that are being written. They do not end in .conf, so the broker passes over them.
const tempPrefix = ".bunkerm-"

// place is where a file really lies, links followed.
type place struct{ dir, base string }

// absolute is a name of the configuration as seen from anywhere.
func (s *Site) absolute(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(s.dir, name)
}

// place follows the links of a name. The file need not be there, but its folder must.
func (s *Site) place(name string) (place, error) {
	path := s.absolute(name)
	found, err := filepath.EvalSymlinks(path)
	if err == nil {
		return place{filepath.Dir(found), filepath.Base(found)}, nil
	}
	if _, lerr := os.Lstat(path); lerr == nil {
		return place{}, fault.Newf(fault.Conflict, "%s is a link that leads nowhere", name).Hint("look at it on the host").Because(err)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return place{}, fault.Newf(fault.Conflict, "the folder of %s is not there", name).Hint("make the folder on the host first").Because(err)
	}
	return place{dir, filepath.Base(path)}, nil
}

// ReadFile returns a file of the configuration, and remembers where it was.
func (s *Site) ReadFile(name string) ([]byte, error) {
	at, placeErr := s.place(name)
	// Without O_NONBLOCK a named pipe would make us wait for ever.
	f, err := os.OpenFile(s.absolute(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("reading configuration: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	text, _, err := readOrdinary(f)
	if err != nil {
		return nil, fmt.Errorf("reading configuration %s: %w", name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if placeErr == nil {
		s.read[s.absolute(name)] = at
	}
	if s.absolute(name) == s.conf {
		s.noteIncluded(text)
	}
	return text, nil
}

// readOrdinary reads an open file.
func readOrdinary(f *os.File) ([]byte, fs.FileInfo, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errors.New("it is not an ordinary file")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxConfFile+1))
	if err == nil && len(text) > maxConfFile {
		err = errors.New("it is too large for a configuration")
	}
	return text, info, err
}

// noteIncluded notes the folders that the main file includes. Those that it did include before stay known, so that an
// earlier version of the files can be restored.
func (s *Site) noteIncluded(text []byte) {
	for line := range bytes.Lines(text) {
		key, dir, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if key != "include_dir" || strings.TrimSpace(dir) == "" {
			continue
		}
		if found, err := filepath.EvalSymlinks(s.absolute(strings.TrimSpace(dir))); err == nil {
			s.included[found] = true
		}
	}
}

// List returns the names of the files *.conf in an included folder.
func (s *Site) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(s.absolute(dir))
	if err != nil {
		return nil, fmt.Errorf("reading the included folder %s: %w", dir, err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".conf") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// file is one that an edit is about. Its folder stays open, so that the name cannot come to mean another one meanwhile.
type file struct {
	name string
	root *os.Root
	base string
	like fs.FileInfo // of the file as it was, or of the main file; whose owner and mode are kept
}

// openFile opens the folder of a file, and reads the file if it is there. It refuses one that is elsewhere than when it
// was read.
func (s *Site) openFile(name string) (f file, text []byte, there bool, err error) {
	at, err := s.place(name)
	if err != nil {
		return file{}, nil, false, err
	}
	s.mu.Lock()
	before, known := s.read[s.absolute(name)]
	s.mu.Unlock()
	if known && before != at {
		return file{}, nil, false, errChangedMeanwhile(name)
	}
	root, err := os.OpenRoot(at.dir)
	if err != nil {
		return file{}, nil, false, fmt.Errorf("opening the folder of %s: %w", name, err)
	}
	f = file{name: name, root: root, base: at.base}
	text, there, err = f.readNow()
	if err != nil {
		_ = root.Close() // nothing was written
		return file{}, nil, false, err
	}
	return f, text, there, nil
}

// readNow reads the file in its open folder, where it must not be a link: links have been followed before.
func (f *file) readNow() (text []byte, there bool, err error) {
	info, err := f.root.Lstat(f.base)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", f.name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, false, errChangedMeanwhile(f.name)
	}
	open, err := f.root.OpenFile(f.base, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", f.name, err)
	}
	defer func() { _ = open.Close() }() // only read
	text, now, err := readOrdinary(open)
	if err != nil {
		return nil, false, fmt.Errorf("reading %s: %w", f.name, err)
	}
	if !os.SameFile(info, now) {
		return nil, false, errChangedMeanwhile(f.name)
	}
	f.like = now
	return text, true, nil
}

func errChangedMeanwhile(name string) error {
	return fault.Newf(fault.Precondition, "%s was changed since you read it", name).
		Hint("read the configuration again, look at what has changed, then decide anew")
}

// put replaces the file as a whole, or removes it for nil.
func (f *file) put(text []byte) error {
	if text == nil {
		if err := f.root.Remove(f.base); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing %s: %w", f.name, err)
		}
		return nil
	}
	temp := tempPrefix + rand.Text()
	open, err := f.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.name, err)
	}
	_, err = open.Write(text)
	if err == nil {
		err = dress(open, f.like)
	}
	if err == nil {
		err = open.Sync()
	}
	if closeErr := open.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = f.root.Rename(temp, f.base)
	}
	if err == nil {
		err = f.syncFolder()
	}
	if err != nil {
		_ = f.root.Remove(temp) // it is gone where it was renamed
		return fmt.Errorf("writing %s: %w", f.name, err)
	}
	return nil
}

// syncFolder makes a new name outlive the end of the power.
func (f *file) syncFolder() error {
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// errOwner is a file that would not belong to its owner any more.
var errOwner = errors.New("the file would not keep its owner")

// dress gives a new file the owner and mode of another one. A file that the broker's user may read must not become one
// that only we may.
func dress(f *os.File, like fs.FileInfo) error {
	if like == nil {
		return nil
	}
	now, err := f.Stat()
	if err != nil {
		return err
	}
	was, ok := like.Sys().(*syscall.Stat_t)
	is, isOK := now.Sys().(*syscall.Stat_t)
	if ok && isOK && (was.Uid != is.Uid || was.Gid != is.Gid) {
		if err := f.Chown(int(was.Uid), int(was.Gid)); err != nil {
			return fmt.Errorf("%w: %w", errOwner, err)
		}
	}
	return f.Chmod(like.Mode().Perm())
}

// sweep removes what a write that a kill cut off has left beside the file.
func (f *file) sweep() error {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("looking for what a former write left: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) && len(e.Name()) == len(tempPrefix)+len(rand.Text()) && e.Type().IsRegular() {
			err = errors.Join(err, f.root.Remove(e.Name()))
		}
	}
	return err
}

// notWritten is the fault of files that could not be written.
func notWritten(cause error) error {
	f := fault.New(fault.Unavailable, "the configuration could not be written, so nothing has changed").Because(cause)
	switch {
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		return f.Hint("the disk is full: make room, then try again")
	case errors.Is(cause, errOwner):
		return f.Hint("the file belongs to another user, and would not any more: run BunkerM as root or as that user, not as " + whoWeAre())
	case errors.Is(cause, fs.ErrPermission), errors.Is(cause, syscall.EROFS):
		return f.Hint("let " + whoWeAre() + " write in the folder of the configuration")
	}
	return f.Hint("look at BunkerM's log for the reason")
}

func whoWeAre() string {
	if u, err := user.Current(); err == nil {
		return "user " + u.Username
	}
	return "user " + strconv.Itoa(os.Geteuid())
}
