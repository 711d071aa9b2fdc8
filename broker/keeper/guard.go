package keeper

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Bounds of what a guarded file may cost.
const (
	maxGuardedBytes = 1 << 30
	maxSetAside     = 5 // broken files that are kept beside each guarded one; the oldest goes first
)

// GuardedFile is a JSON file that the broker writes in place, so that a crash can tear it, and its copies. All names
// are relative to Spec.Dir. Of several whole copies the newest is used.
type GuardedFile struct {
	File   string   `json:"file"`
	Copies []string `json:"copies"`
}

// PutBack replaces a guarded file that is missing, empty or no whole JSON by its newest whole copy, and returns a
// sentence that says so. The broken file stays beside it under a dated name. Without a whole copy nothing is touched
// and the sentence is empty. The directory may be hostile: no link is followed out of root. uid and gid own the
// result, -1 leaves them. The broker must not run.
func PutBack(root *os.Root, g GuardedFile, uid, gid int) (said string, err error) {
	data, _, err := readGuarded(root, g.File)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing || err == nil && json.Valid(data) {
		return "", err
	}
	var best []byte
	var when time.Time
	for _, name := range g.Copies {
		copied, info, err := readGuarded(root, name)
		if err == nil && (best == nil || info.ModTime().After(when)) && json.Valid(copied) {
			best, when = copied, info.ModTime()
		}
	}
	if best == nil {
		return "", nil
	}
	said = g.File + " was missing; "
	// Written before the broken one moves, so that a full disk leaves everything as it was.
	temp := filepath.Join(filepath.Dir(g.File), ".bunkerm-"+rand.Text())
	if err := writeBeside(root, temp, best, uid, gid); err != nil {
		return "", errors.Join(err, removeIfThere(root, temp))
	}
	if !missing {
		aside := g.File + ".broken-" + time.Now().UTC().Format("20060102T150405.000")
		if err := root.Rename(g.File, aside); err != nil {
			return "", errors.Join(fmt.Errorf("setting %s aside: %w", g.File, err), removeIfThere(root, temp))
		}
		said = fmt.Sprintf("%s was damaged and is now %s; ", g.File, aside)
	}
	if err := root.Rename(temp, g.File); err != nil {
		return "", fmt.Errorf("putting the copy of %s in its place: %w", g.File, err)
	}
	return said + "the last good copy, from " + when.Format("2006-01-02 15:04:05") + ", has been put in its place.",
		dropOldest(root, g.File)
}

func removeIfThere(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", name, err)
	}
	return nil
}

func readGuarded(root *os.Root, name string) ([]byte, fs.FileInfo, error) {
	// Without O_NONBLOCK a named pipe would make us wait for ever.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the broker's %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not an ordinary file")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the broker's %s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxGuardedBytes))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the broker's %s: %w", name, err)
	}
	return data, info, nil
}

// writeBeside writes a new file that belongs to the broker's user. The caller renames it.
func writeBeside(root *os.Root, temp string, data []byte, uid, gid int) error {
	f, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing %s: %w", temp, err)
	}
	_, err = f.Write(data)
	if err == nil && uid != -1 {
		err = f.Chown(uid, gid)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", temp, err)
	}
	return nil
}

// dropOldest bounds the number of broken files; their names sort by date.
func dropOldest(root *os.Root, file string) error {
	entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(filepath.Dir(file)))
	if err != nil {
		return fmt.Errorf("looking for old broken files: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(file)+".broken-") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-maxSetAside)] {
		if err := root.Remove(filepath.Join(filepath.Dir(file), name)); err != nil {
			return fmt.Errorf("removing an old broken file: %w", err)
		}
	}
	return nil
}

// guard looks after the guarded files before a start. A failure is told and does not keep the broker from starting.
func (s *supervisor) guard() {
	if len(s.spec.Guarded) == 0 {
		return
	}
	root, err := os.OpenRoot(s.spec.Dir)
	if err != nil {
		s.logger.Error("guarded files cannot be looked at", "error", err)
		return
	}
	defer func() { _ = root.Close() }()
	for _, g := range s.spec.Guarded {
		said, err := PutBack(root, g, s.spec.UID, s.spec.GID)
		if err != nil {
			s.logger.Error("a guarded file may be damaged", "file", g.File, "error", err)
			s.log.own("%s may be damaged: %v", g.File, err)
		}
		if said != "" {
			s.logger.Warn("a damaged file was replaced", "file", g.File, "what", said)
			s.log.own("%s", said)
			s.status.PutBack, s.status.PutBackAt = said, time.Now().UTC()
		}
	}
}
