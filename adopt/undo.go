package adopt

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Undone is what was given back.
type Undone struct {
	Database string // what the old broker has got back; empty: nothing
	Kept     string // where the managed broker's files are now
	Started  bool   // the old broker runs again
}

// Managed reports whether the managed broker's files are still in their place, so that it may run.
func Managed(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, brokerDir))
	return err == nil
}

// Undo gives an adopted broker back: its database with what has come since, and the start of the old one. The managed broker has
// to be stopped. Accounts and settings that were changed since stay in the folder that is kept. After a kill it is done again.
func Undo(ctx context.Context, dataDir string) (Undone, error) {
	r, err := readRecord(dataDir)
	if err != nil {
		return Undone{}, err
	}
	if r.Back == "" {
		r.Back = "broker.given-back-" + time.Now().UTC().Format("20060102-150405")
		if err := r.write(dataDir); err != nil {
			return Undone{}, err
		}
	}
	kept := filepath.Join(dataDir, r.Back)
	done := Undone{Kept: kept}
	if r.Database != "" {
		done.Database = source{root: r.Root, dir: filepath.Dir(r.Conf)}.at(r.Database)
	}
	if Managed(dataDir) { // else that much was done before
		folder := filepath.Join(dataDir, brokerDir)
		if done.Database != "" {
			if err := giveBack(filepath.Join(folder, databaseName), done.Database, "."+r.Back); err != nil {
				return Undone{}, err
			}
		}
		if err := os.Rename(folder, kept); err != nil {
			return Undone{}, cannotWrite(err)
		}
	}
	if r.Start != "" {
		if err := run(ctx, r.Start); err != nil {
			return done, err
		}
		done.Started = true
	}
	if err := os.Rename(filepath.Join(dataDir, recordName), filepath.Join(kept, recordName)); err != nil {
		return done, cannotWrite(err)
	}
	return done, nil
}

// giveBack puts the database into the place where the old one is, with the old one's owner. The old one stays beside it, with an
// end behind its name.
func giveBack(from, to, end string) error {
	info, err := os.Stat(to)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(to)) // there was none: it belongs to whoever owns the folder
	}
	if err != nil {
		return fault.New(fault.Unavailable, "the old broker's folder is not where it was").Hint("put it back").Because(err)
	}
	beside := to + ".bunkerm"
	if err := copyFile(from, beside, 0o600); err != nil {
		return cannotWrite(err)
	}
	if err := own(beside, info); err != nil {
		return cannotWrite(err)
	}
	if _, err := os.Stat(to + end); errors.Is(err, fs.ErrNotExist) { // else it was put there before a kill
		if err := os.Rename(to, to+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return cannotWrite(err)
		}
	}
	if err := os.Rename(beside, to); err != nil {
		return cannotWrite(err)
	}
	return nil
}
