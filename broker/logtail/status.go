package logtail

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"
)

// State says how reading goes, in one word.
type State string

// The states.
const (
	Off        State = "off"        // nobody follows the log
	Waiting    State = "waiting"    // the file is not there yet
	Reading    State = "reading"    // on the way to the end
	Following  State = "following"  // everything is read, new lines come as they are written
	Unreadable State = "unreadable" // the file cannot be read; it is tried again
)

// Status is how the one reader goes that Follow stands for.
type Status struct {
	State       State
	Since       time.Time // of the state
	File        string    // the log's name
	SizeBytes   int64     // of the file of that name; 0 where it is not there
	BehindBytes int64     // what is still to be read, older files included
	Detail      string    // what is wrong, in a sentence; empty when nothing is
	Hint        string    // what to do about it
}

// board is where a follower writes how it goes. The zero value takes notes for nobody.
type board struct {
	mu     sync.Mutex
	clock  func() time.Time // set before use
	on     bool
	state  State
	since  time.Time
	id     fileID
	offset int64
	detail string
	hint   string
}

func (b *board) set(state State, detail, hint string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != state {
		b.state, b.since = state, b.clock().UTC()
	}
	b.detail, b.hint = detail, hint
}

func (b *board) start() {
	b.set(Waiting, "", "")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on, b.id, b.offset = true, fileID{}, 0
}

func (b *board) stop() {
	b.set(Off, "", "")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.on = false
}

// shown reports whether this is the reader that Status tells of.
func (b *board) shown() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.on
}

func (b *board) at(offset int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offset = offset
}

func (b *board) reading(id fileID, offset int64) {
	b.set(Reading, "", "")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.id, b.offset = id, offset
}

func (b *board) following() { b.set(Following, "", "") }

// between is for the end of a file that is not the one of the log's name any more, while that has nothing in it: the
// broker still writes to the file that it has open, and perhaps always will.
func (b *board) between() {
	b.set(Following, "the log file was renamed or removed, and the broker has not begun a new one yet",
		"if it stays so, let the broker open its log again: send it SIGHUP after each rotation")
}

func (b *board) waiting(path string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.unreadable(path, err)
		return
	}
	b.set(Waiting, "the log file "+path+" is not there yet",
		"let the broker write it (log_dest file "+path+" in mosquitto.conf)")
}

func (b *board) unreadable(path string, err error) {
	switch {
	case errors.Is(err, errMoved): // it passes at once
	case errors.Is(err, errNotRegular):
		b.set(Unreadable, path+" is a folder, a pipe or a device", "name the file that the broker writes (log_dest file)")
	case errors.Is(err, fs.ErrPermission):
		b.set(Unreadable, "BunkerM may not read the log file "+path,
			"mosquitto makes each new file readable for its own user only: run BunkerM as that user. Before version 2.1 it heeds "+
				"the default ACL of the folder, so that setfacl -d -m u:USER:r on the folder, and without -d on the file, does it too")
	default:
		b.set(Unreadable, "the log file "+path+" cannot be read", "look at the disk that holds it: "+reason(err))
	}
}

// reason is the system's own word, without the call and the name that Go puts before it.
func reason(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "it does not answer"
	}
	return err.Error()
}

// Status tells of the reader that Follow stands for. It looks at the files.
func (f *Files) Status() Status {
	b := &f.board
	b.mu.Lock()
	s := Status{State: b.state, Since: b.since, File: f.path, Detail: b.detail, Hint: b.hint}
	id, offset := b.id, b.offset
	b.mu.Unlock()
	if s.State == "" {
		s.State = Off
	}
	chain, _, err := f.chain()
	if err != nil {
		return s
	}
	at := indexOf(chain, id)
	for i, e := range chain {
		if e.live {
			s.SizeBytes = e.state.size
		}
		switch {
		case i == at && !e.zip():
			s.BehindBytes += max(0, e.state.size-offset)
		case i > at:
			s.BehindBytes += e.state.size
		}
	}
	if s.State == Off {
		s.BehindBytes = 0
	}
	return s
}
