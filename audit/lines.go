package audit

import (
	"errors"
	"log/slog"
	"os"
	"sync/atomic"

	"github.com/bunkerm/bunkerm/fault"
)

// lines is the file of JSON lines beside the table, for whoever ships logs elsewhere. It is opened again by its name when
// somebody has moved it away, as logrotate does.
type lines struct {
	path    string
	failing atomic.Bool // the last entries did not get into the file

	// Only Run uses these two after Open.
	file *os.File
	torn bool // the last line may be there in part
}

func (f *lines) open() error {
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fault.Newf(fault.Invalid, "--audit-log %q cannot be written", f.path).
			Hint("name a file in a folder that the user who runs BunkerM may write to").Because(err)
	}
	if f.file != nil {
		_ = f.file.Close()
	}
	f.file, f.torn = file, endsTorn(file)
	return nil
}

// endsTorn reports whether a regular file ends within a line, as it does after a power cut.
func endsTorn(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	last := make([]byte, 1)
	reading, err := os.Open(file.Name())
	if err != nil {
		return false
	}
	defer reading.Close()
	_, err = reading.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// write appends entries. What fails is told once, and does not stop anything: the table has them.
func (f *lines) write(entries []Entry, log *slog.Logger) {
	err := f.append(entries)
	failed := f.failing.Swap(err != nil)
	switch {
	case err != nil && !failed:
		log.Error("the audit log file cannot be written, its entries are in the database alone", "path", f.path, "error", err)
	case err == nil && failed:
		log.Info("the audit log file is written again", "path", f.path)
	}
}

func (f *lines) append(entries []Entry) error {
	var text []byte
	if f.torn {
		text = append(text, '\n')
	}
	for _, e := range entries {
		text = append(append(text, encode(e)...), '\n')
	}
	now, err := os.Stat(f.path)
	if f.file != nil && err == nil {
		var opened os.FileInfo
		if opened, err = f.file.Stat(); err == nil && !os.SameFile(now, opened) {
			err = os.ErrNotExist
		}
	}
	if f.file == nil || errors.Is(err, os.ErrNotExist) {
		err = f.open()
	}
	if err != nil {
		return err
	}
	n, err := f.file.Write(text)
	f.torn = err != nil && (n > 0 || f.torn)
	return err
}

func (f *lines) close() {
	if f.file != nil {
		_ = f.file.Close()
	}
}
