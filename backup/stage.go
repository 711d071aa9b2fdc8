package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/bunkerm/bunkerm/fault"
)

// takeStage makes the folder into which an archive is unpacked that is for dir. It is ours alone until release; a Conflict where
// another restore has it.
func takeStage(dir string, s state) (stage string, release func(), err error) {
	stage = dir + Restoring
	if s == empty { // it may be a volume, which cannot be replaced: it is filled
		stage = filepath.Join(dir, Restoring)
	}
	if release, err = claim(stage); err != nil || s == empty {
		return stage, release, err
	}
	if now, err := look(dir); err != nil || now != s {
		err = errors.Join(err, errAtOnce(dir), os.RemoveAll(stage))
		release()
		return "", nil, err
	}
	return stage, release, nil
}

// claim makes an empty folder that nobody else can claim until release. What a restore that was cut off has left there is removed.
func claim(stage string) (release func(), err error) {
	if err := os.MkdirAll(stage, 0o700); err != nil {
		return nil, cannotRestore(err)
	}
	f, err := os.Open(stage)
	if err != nil {
		return nil, cannotRestore(err)
	}
	// Network file systems may know no locks of folders. There nobody else is noticed.
	held := errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
	switch err = stillThere(f, stage); {
	case held || errors.Is(err, fs.ErrNotExist):
		err = errAtOnce(strings.TrimSuffix(stage, Restoring))
	case err == nil:
		err = removeIn(stage)
	}
	if err != nil {
		return nil, cannotRestore(errors.Join(err, f.Close()))
	}
	return func() { _ = f.Close() }, nil // only read; it may be at another place by now
}

// stillThere is an error that wraps fs.ErrNotExist where a folder was removed, or is another one, since it was opened.
func stillThere(f *os.File, name string) error {
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(name)
	if err == nil && !os.SameFile(opened, now) {
		err = fs.ErrNotExist
	}
	return err
}

// removeIn removes all that is in a folder.
func removeIn(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

func errAtOnce(dir string) error {
	return fault.Newf(fault.Conflict, "another restore into %s is at work, or has just ended", dir).Hint("nothing was changed; look at what that one says")
}

// unusedName is a name that nothing has: two restores may come in one second.
func unusedName(name string) string {
	for n, try := 2, name; ; n++ {
		if _, err := os.Lstat(try); err != nil {
			return try
		}
		try = fmt.Sprintf("%s-%d", name, n)
	}
}
