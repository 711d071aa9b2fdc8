package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// nameTime is the time in the names of archives, which sort by it.
const nameTime = "20060102T150405Z"

// What the names of archives end with.
const (
	extension       = ".tar.gz"
	SealedExtension = ".age" // behind the other
)

// partSuffix is behind the name of an archive that is being written.
const partSuffix = ".part"

// ToFile has write fill a new file that only we may read, and puts it in its place when all of it is on the disk. A file
// of that name is replaced then; before, and when write fails, it stays as it was.
func ToFile(name string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return toDevice(name, write)
	}
	part := name + partSuffix
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return cannotWrite(err)
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return cannotWrite(err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return cannotWrite(err)
	}
	return syncDir(filepath.Dir(name))
}

// toDevice writes to what is no ordinary file, as a pipe or a tape.
func toDevice(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return cannotWrite(err)
	}
	err = write(f)
	if closed := f.Close(); err == nil && closed != nil {
		err = cannotWrite(closed)
	}
	return err
}

// writeAgain is how often an archive is begun again because a file was changed meanwhile.
const writeAgain = 3

// Keep writes an archive into the folder Dir of the data directory, and returns its name.
func (s Source) Keep(ctx context.Context, kind string) (name string, m Manifest, err error) {
	for range writeAgain {
		if name, m, err = s.keep(ctx, kind); err == nil || !changedMeanwhile(err) {
			break
		}
	}
	return name, m, err
}

func (s Source) keep(ctx context.Context, kind string) (name string, m Manifest, err error) {
	p, err := s.Prepare(ctx)
	if err != nil {
		return "", m, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	name = filepath.Join(s.DataDir, Dir, p.Name(kind))
	err = ToFile(name, func(to io.Writer) error {
		m, err = p.Write(ctx, to)
		return err
	})
	return name, m, err
}
