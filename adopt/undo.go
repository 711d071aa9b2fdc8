package adopt

import (
	"context"
	"encoding/json"
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

// Undo gives an adopted broker back: its database with what has come since, and the start of the old one. The managed broker has
// to be stopped. Accounts and settings that were changed since stay in the folder that is kept.
func Undo(ctx context.Context, dataDir string) (Undone, error) {
	r, err := readRecord(dataDir)
	if err != nil {
		return Undone{}, err
	}
	folder := filepath.Join(dataDir, brokerDir)
	kept := filepath.Join(dataDir, "broker.given-back-"+time.Now().UTC().Format("20060102-150405"))
	done := Undone{Kept: kept}
	if r.Database != "" {
		place := source{root: r.Root, dir: filepath.Dir(r.Conf)}.at(r.Database)
		if err := giveBack(filepath.Join(folder, databaseName), place); err != nil {
			return Undone{}, err
		}
		done.Database = place
	}
	if err := os.Rename(folder, kept); err != nil {
		return Undone{}, cannotWrite(err)
	}
	if err := os.Rename(filepath.Join(dataDir, recordName), filepath.Join(kept, recordName)); err != nil {
		return Undone{}, cannotWrite(err)
	}
	if r.Start != "" {
		if err := run(ctx, r.Start); err != nil {
			return done, err
		}
		done.Started = true
	}
	return done, nil
}

func readRecord(dataDir string) (record, error) {
	var r record
	text, err := os.ReadFile(filepath.Join(dataDir, recordName))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && r.Adopted.IsZero():
		return r, fault.Newf(fault.NotFound, "no broker was adopted into %s", dataDir).Hint("name the data directory with --data-dir")
	case err != nil:
		return r, fault.New(fault.Unavailable, "the record of the adoption cannot be read").Because(err)
	}
	return r, nil
}

// giveBack puts the database into the place where the old one is, which stays beside it, with the old one's owner and rights.
func giveBack(from, to string) error {
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
	if err := os.Rename(to, to+".before-bunkerm"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannotWrite(err)
	}
	if err := os.Rename(beside, to); err != nil {
		return cannotWrite(err)
	}
	return nil
}
