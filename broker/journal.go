package broker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// EditJournal is a file that says which edit of the configuration is under way, so that a process that comes after one
// that was killed knows what to do. It holds the configuration, secrets included, and is ours alone.
type EditJournal struct{ Path string }

// EditPhase is how far an edit has come.
type EditPhase string

// The phases of an edit.
const (
	EditBegun  EditPhase = "begun"  // files may have been written, and the broker may have read them
	EditProven EditPhase = "proven" // the broker was seen to work with them
	EditBack   EditPhase = "back"   // the files from before have been put back
)

// EditEntry is the content of the journal.
type EditEntry struct {
	ID     string            `json:"id"`
	Since  time.Time         `json:"since"`
	How    How               `json:"how"`
	Phase  EditPhase         `json:"phase"`
	Before map[string][]byte `json:"before"` // of the files that change; null where there was none
	After  map[string][]byte `json:"after"`
}

// Write keeps the entry; it is on the disk when Write returns.
func (j EditJournal) Write(e EditEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding the edit's journal: %w", err)
	}
	dir, err := openBrokerFiles(filepath.Dir(j.Path), -1, -1)
	if err != nil {
		return err
	}
	return errors.Join(dir.write(filepath.Base(j.Path), data, nil), dir.close())
}

// Read returns the entry, false where there is none.
func (j EditJournal) Read() (EditEntry, bool, error) {
	var e EditEntry
	data, err := os.ReadFile(j.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, false, nil
	}
	if err != nil {
		return e, false, fmt.Errorf("reading the edit's journal: %w", err)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, false, fmt.Errorf("decoding the edit's journal %s: %w", j.Path, err)
	}
	return e, true, nil
}

// Forget removes the entry of this edit; one of another edit stays.
func (j EditJournal) Forget(id string) error {
	e, there, err := j.Read()
	if err != nil || !there || e.ID != id {
		return err
	}
	if err := os.Remove(j.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the edit's journal: %w", err)
	}
	return nil
}

// ToPutBack are the files that the edit has written and nobody has changed since.
func (e EditEntry) ToPutBack(read func(name string) ([]byte, error)) (map[string][]byte, error) {
	back := map[string][]byte{}
	for name, after := range e.After {
		now, err := read(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if there := err == nil; there != (after != nil) || !bytes.Equal(now, after) {
			continue
		}
		back[name] = e.Before[name]
	}
	return back, nil
}

// Unfinished tells whoever recorded the edit how it ended.
func (e EditEntry) Unfinished() *UnfinishedEdit {
	u := &UnfinishedEdit{ID: e.ID, Since: e.Since, Proven: e.Phase == EditProven}
	u.Said = "BunkerM was ended while it changed the broker's configuration; the files from before are back."
	if u.Proven {
		u.Said = "BunkerM was ended right after it had changed the broker's configuration; the change stands."
	}
	return u
}
