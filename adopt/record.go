package adopt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// recordName is the record's name in the data directory.
const recordName = "adopt.json"

// record is what is kept for the way back.
type record struct {
	Conf     string    `json:"conf"`
	Root     string    `json:"root,omitempty"`
	Database string    `json:"database,omitempty"`
	Start    string    `json:"start,omitempty"`
	Stop     string    `json:"stop,omitempty"`
	Stopped  time.Time `json:"stopped,omitzero"` // since when the old broker was gone; zero: it did not run
	Held     *Contents `json:"held,omitempty"`   // of the database that came over; nil: there was none
	Adopted  time.Time `json:"adopted,omitzero"` // zero: it was cut off
	Proven   bool      `json:"proven,omitempty"` // the new broker was asked what it holds
	Back     string    `json:"back,omitempty"`   // it is being given back, and the managed broker's files come to this folder
}

// Unproven is an adoption behind which no broker has run yet.
type Unproven struct {
	Stopped time.Time // since when the old broker was gone; zero: it did not run
	Held    *Contents // of the database that came over; nil: there was none
}

// Outstanding tells of an adoption into a data directory that nobody has proven; false where there is none.
func Outstanding(dataDir string) (Unproven, bool) {
	r, err := readRecord(dataDir)
	if err != nil || r.Proven || r.Back != "" || r.Stopped.IsZero() && r.Held == nil {
		return Unproven{}, false
	}
	return Unproven{r.Stopped, r.Held}, true
}

// Proved remembers that the new broker was asked what it holds, so that it is asked once.
func Proved(dataDir string) error {
	r, err := readRecord(dataDir)
	if err != nil {
		return err
	}
	r.Proven = true
	return r.write(dataDir)
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

func (r record) write(dir string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the record of the adoption: %w", err)
	}
	name := filepath.Join(dir, recordName)
	if err := os.WriteFile(name+".new", append(text, '\n'), 0o600); err != nil {
		return cannotWrite(err)
	}
	if err := giveToOwner(dir, name+".new"); err != nil {
		return cannotWrite(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return cannotWrite(err)
	}
	return nil
}
