package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/bunkerm/bunkerm/fault"
)

// lines is the file of JSON lines beside the table, for whoever ships logs elsewhere. It is opened again by its name when
// somebody has moved it away, as logrotate does.
type lines struct {
	path string

	mu     sync.Mutex
	file   *os.File
	failed bool
}

func (f *lines) open() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reopen()
}

func (f *lines) reopen() error {
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fault.Newf(fault.Invalid, "--audit-log %q cannot be written", f.path).
			Hint("name a file in a folder that the user who runs BunkerM may write to").Because(err)
	}
	if f.file != nil {
		_ = f.file.Close()
	}
	f.file = file
	return nil
}

// write appends entries. What fails is told once, and does not stop anything: the table has them.
func (f *lines) write(entries []Entry, log *slog.Logger) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.append(entries)
	if err != nil && !f.failed {
		log.Error("the audit log file cannot be written", "path", f.path, "error", err)
	}
	f.failed = err != nil
}

func (f *lines) append(entries []Entry) error {
	var text []byte
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encoding an entry: %w", err)
		}
		text = append(append(text, line...), '\n')
	}
	now, err := os.Stat(f.path)
	if f.file != nil && err == nil {
		var opened os.FileInfo
		if opened, err = f.file.Stat(); err == nil && !os.SameFile(now, opened) {
			err = os.ErrNotExist
		}
	}
	if f.file == nil || errors.Is(err, os.ErrNotExist) {
		err = f.reopen()
	}
	if err != nil {
		return err
	}
	_, err = f.file.Write(text)
	return err
}

// detail is a sentence when the file cannot be written.
func (f *lines) detail() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed {
		return "the file of --audit-log cannot be written"
	}
	return ""
}

func (f *lines) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		_ = f.file.Close()
	}
}
