package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/bunkerm/bunkerm/fault"
)

// Open opens the database at o.Path, or begins a new one where there is none, and brings its tables to the newest form.
// A file that is no database, or a damaged one, is set aside and a new one begun: Options.Notice and Status.Notice
// say so. The database of another program, and one of a newer version of ours, is a fault of kind Conflict; a lock that
// does not pass within ctx, a full disk and missing permissions are faults of kind Unavailable.
func Open(ctx context.Context, o Options) (*DB, error) {
	o = o.withDefaults()
	migrations := slices.Concat(ownMigrations(), o.Migrations)
	if err := checkMigrations(migrations); err != nil {
		return nil, err
	}
	path, notice, err := findFile(o)
	if err != nil {
		return nil, err
	}
	db, err := openAt(ctx, path, o, migrations)
	if causeOf(err) == damaged {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			err = f.Unwrap()
		}
		if notice, err = setAside(path, o, inOneLine(err)); err != nil {
			return nil, err
		}
		db, err = openAt(ctx, path, o, migrations)
	}
	if err != nil {
		return nil, err
	}
	if notice != "" {
		db.health.notice = notice
		db.tell(ctx, notice)
	}
	db.opened.Store(true)
	db.watchDisk(ctx)
	return db, nil
}

// findFile makes sure that there is a file, and says where it really is: SQLite puts the WAL beside the file that a
// symbolic link leads to.
func findFile(o Options) (path, notice string, err error) {
	path, err = filepath.Abs(o.Path)
	if err != nil {
		return "", "", unusableFile(o.Path, err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	_, err = os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		// SQLite would throw a WAL without its file away, and with it what it could tell somebody.
		notice, err = setAside(path, o, "the file itself was missing")
	}
	if err != nil {
		return "", "", unusableFile(o.Path, err)
	}
	return path, notice, nil
}

// create makes an empty file that only we may read: events name people and devices. SQLite gives the files beside it the
// same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func unusableFile(path string, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.Newf(fault.Unavailable, "the database %s cannot be used", path).
		Hint("make its folder and the file readable and writable for the user that runs BunkerM").Because(err)
}

// openAt opens the file at path and brings it to where it can be used.
func openAt(ctx context.Context, path string, o Options, migrations []Migration) (*DB, error) {
	db, err := newDB(path, o)
	if err != nil {
		return nil, err
	}
	err = db.inspect(ctx)
	if err == nil {
		err = db.migrate(ctx, migrations)
	}
	if err == nil {
		db.broker, err = db.enterBroker(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close(ctx))
	}
	return db, nil
}

// setAside moves away what there is of a database, and makes a new file. The sentence says so; it is empty where there was nothing.
// The file goes first: should we end here, a WAL without its file is found by findFile, and a file without its WAL would
// look as if it were whole.
func setAside(path string, o Options, why string) (notice string, err error) {
	aside := path + ".damaged-" + o.Clock().UTC().Format("20060102T150405Z")
	found := ""
	for _, suffix := range []string{"", walSuffix, shmSuffix} {
		err := os.Rename(path+suffix, aside+suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", unusableFile(path, fmt.Errorf("setting the damaged database aside: %w", err))
		}
		if err == nil && found == "" && suffix != shmSuffix {
			found = aside + suffix
		}
	}
	if err := os.Remove(path + suspectSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", unusableFile(path, err)
	}
	if err := create(path); err != nil {
		return "", unusableFile(path, err)
	}
	if found == "" {
		return "", nil
	}
	return fmt.Sprintf("The database was damaged (%s); it is kept as %s, and a new one was begun.", why, found), nil
}
