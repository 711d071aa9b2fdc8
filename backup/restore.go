package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Restoring is the folder in a data directory that is there while a restore into it has not come to its end: nothing may
// be started on it.
const Restoring = ".restoring"

// Restore is what is to be restored, and where.
type Restore struct {
	From       io.Reader
	Passphrase func() (string, error) // asked when the archive is sealed
	DataDir    string                 // made when it is not there
	Replace    bool                   // what is there is kept beside it; else it has to be empty
	Clock      func() time.Time       // nil: time.Now
}

// Restored is what came of it.
type Restored struct {
	Manifest
	Kept string // where what was there before is now; empty: there was nothing
}

// Run restores an archive. The data directory is what it was before until all of the archive has been compared with what it says of
// itself. The caller makes sure that nothing runs there.
func (r Restore) Run(ctx context.Context) (done Restored, err error) {
	if r.Clock == nil {
		r.Clock = time.Now
	}
	dir, err := filepath.Abs(r.DataDir)
	if err != nil {
		return done, fmt.Errorf("finding the data directory: %w", err)
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	state, err := look(dir)
	if err != nil {
		return done, err
	}
	if state == full && !r.Replace {
		return done, fault.Newf(fault.Conflict, "there is something in %s already", dir).
			Hint("name another --data-dir, or have this one kept under another name with --replace")
	}
	stage, release, err := takeStage(dir, state)
	if err != nil {
		return done, err
	}
	defer release()
	defer func() {
		switch {
		case err == nil:
		case state == empty:
			err = errors.Join(err, clearOut(dir))
		default:
			err = errors.Join(err, os.RemoveAll(stage))
		}
	}()
	if done.Manifest, err = r.unpack(ctx, stage); err != nil {
		return done, err
	}
	if err := syncAll(stage); err != nil {
		return done, cannotRestore(err)
	}
	if done.Kept, err = r.place(dir, stage, state); err != nil {
		return done, cannotRestore(err)
	}
	return done, syncDir(filepath.Dir(dir))
}

// place puts what is in stage into the place of dir, and returns where what was there before is now.
func (r Restore) place(dir, stage string, s state) (kept string, err error) {
	if s != absent {
		if err := giveTo(dir, stage); err != nil {
			return "", err
		}
	}
	switch s {
	case empty:
		return "", fill(dir, stage)
	case full:
		kept = unusedName(dir + ".before-" + r.Clock().UTC().Format(nameTime))
		return kept, exchange(dir, stage, kept)
	default:
		return "", os.Rename(stage, dir)
	}
}

// unpack reads the archive into a folder.
func (r Restore) unpack(ctx context.Context, stage string) (Manifest, error) {
	buffered := bufio.NewReader(&source{from: r.From})
	from := io.Reader(buffered)
	if Sealed(buffered) {
		passphrase, err := r.Passphrase()
		if err != nil {
			return Manifest{}, err
		}
		if from, err = Unseal(from, passphrase); err != nil {
			return Manifest{}, err
		}
	}
	root, err := os.OpenRoot(stage)
	if err != nil {
		return Manifest{}, cannotRestore(err)
	}
	m, err := Unpack(ctx, from, root)
	if closed := root.Close(); err == nil && closed != nil {
		err = cannotRestore(closed)
	}
	return m, err
}

// state is what is at the place of a data directory.
type state int

const (
	absent state = iota
	empty        // or with what a restore has left that was cut off
	full
)

func look(dir string) (state, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return absent, nil
	}
	if err != nil {
		return absent, fault.Newf(fault.Unavailable, "%s cannot be read", dir).Hint("run this as root, or as the user who runs BunkerM").Because(err)
	}
	found := empty
	for _, e := range entries {
		switch e.Name() {
		case Restoring: // what is beside it came from there
			return empty, clearOut(dir)
		case "lock", "lost+found":
		default:
			found = full
		}
	}
	return found, nil
}

// clearOut removes what a restore into an empty folder has left that was cut off. Its own folder goes last.
func clearOut(dir string) error {
	for _, name := range append(folders(), append(singleFiles(), databaseName, Restoring)...) {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return cannotRestore(err)
		}
	}
	return nil
}

// fill moves everything out of stage, which lies in dir. As long as stage is there, nothing starts on dir.
func fill(dir, stage string) error {
	entries, err := os.ReadDir(stage)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(stage, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	if err := syncDir(dir); err != nil {
		return err
	}
	return os.Remove(stage)
}

// exchange puts stage into the place of dir.
func exchange(dir, stage, kept string) error {
	err := os.Rename(dir, kept)
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) {
		return fault.Newf(fault.Conflict, "%s is a volume, which cannot be renamed", dir).
			Hint("move its content away, and restore into the empty folder").Because(err)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(stage, dir); err != nil {
		return errors.Join(err, os.Rename(kept, dir))
	}
	return nil
}

// giveTo gives everything in stage to the user whom the data directory belongs to, where we are root and that is another one.
func giveTo(dir, stage string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || owner.Uid == 0 {
		return nil
	}
	return filepath.WalkDir(stage, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, int(owner.Uid), int(owner.Gid)) //nolint:gosec // stage is ours alone until this is done
	})
}

// syncAll brings everything in a folder to the disk: what it stands for is about to be moved away.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := os.Open(name) //nolint:gosec // it is ours alone
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return cannotRestore(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return cannotRestore(err)
	}
	return nil
}

func cannotRestore(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	f := fault.New(fault.Unavailable, "the backup cannot be restored there").Because(err)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return f.Hint("the disk is full: make room")
	}
	return f.Hint("see that the folder can be written, and as whom this runs")
}
