package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bunkerm/bunkerm/fault"
)

// Beside the database lie its WAL and the shared memory that goes with it.
const (
	walSuffix = "-wal"
	shmSuffix = "-shm"
)

// openFile opens the file, and begins a new one where there is none or where what is there is broken.
func openFile(ctx context.Context, o Options) (*DB, error) {
	path, err := prepareFile(o.Path)
	if err != nil {
		return nil, unusableFile(o.Path, err)
	}
	notice := ""
	for attempt := 0; ; attempt++ {
		db, err := newDB(path, o)
		if err != nil {
			return nil, err
		}
		db.notice = notice
		err = db.inspect(ctx)
		if err == nil {
			return db, nil
		}
		if closing := db.Close(ctx); closing != nil {
			err = errors.Join(err, closing)
		}
		if causeOf(err) != damaged || attempt > 0 {
			return nil, db.explain(err)
		}
		if notice, err = setAside(path, o, err); err != nil {
			return nil, err
		}
	}
}

// prepareFile makes sure that there is a file, that only we may read it, and says where it really is: SQLite puts the
// WAL beside the file that a symbolic link leads to.
func prepareFile(path string) (string, error) {
	if err := create(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", err
	}
	for _, suffix := range []string{"", walSuffix, shmSuffix} {
		if err := makePrivate(path + suffix); err != nil {
			return "", err
		}
	}
	return path, nil
}

// create makes an empty file of mode 0600. SQLite gives the files beside it the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// makePrivate takes the rights of others away; events name people and devices.
func makePrivate(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	case info.Mode().Perm() == 0o600:
		return nil
	}
	return os.Chmod(path, 0o600)
}

func unusableFile(path string, err error) error {
	return fault.Newf(fault.Unavailable, "the database %s cannot be used", path).
		Hint("make its folder and the file readable and writable for the user that runs BunkerM").Because(err)
}
