package store

import (
	"os"
	"slices"
	"time"
)

// State is how recording is doing.
type State string

// The states.
const (
	Recording State = "recording" // everything works
	Paused    State = "paused"    // the disk is too full: what happens is thrown away and counted
	Failing   State = "failing"   // writing does not work: what happens is kept in memory as far as it has room
)

// Status is how the database is doing. All texts are safe to show.
type Status struct {
	State  State
	Detail string    // what is wrong, in one sentence; empty while recording
	Hint   string    // what to do about it
	Since  time.Time // when it began; zero while recording
	Notice string    // what people must know of how the database was opened: that a damaged one was set aside

	FileBytes  int64 // the file and its WAL
	UsedBytes  int64 // of the file, without free pages; 0 before Run has measured it
	LimitBytes int64 // what UsedBytes may be; 0 before Run has measured it
	FreeBytes  int64 // free on the disk
	DiskBytes  int64 // the size of the disk; 0 where it cannot be asked
	FloorBytes int64 // recording stops when less is free

	Kinds    []KindStatus
	Batchers []BatchStats
}

// KindStatus is how much there is of a Kind, as it was measured last, up to a minute ago.
type KindStatus struct {
	Name       string
	Rows       int64
	Bytes      int64
	LimitBytes int64         // its share of the limit; it may be larger while there is room
	Oldest     time.Time     // zero where there is nothing
	Age        time.Duration // how long rows are kept; 0: until room is needed
	Trimmed    int64         // rows thrown away since the start
}

// batcher is what Status needs of a Batcher.
type batcher interface{ Stats() BatchStats }

// register makes a Batcher known.
func (db *DB) register(b batcher) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.batchers = append(db.batchers, b)
}

// Recording reports whether rows are recorded. It is false while the disk is too full: Batchers throw away and count.
func (db *DB) Recording() bool { return !db.paused.Load() }

// Status says how the database is doing. It asks nothing of the database itself, and so works whatever is wrong with it.
func (db *DB) Status() Status {
	s := Status{State: Recording}
	for _, suffix := range []string{"", walSuffix} {
		if info, err := os.Stat(db.path + suffix); err == nil {
			s.FileBytes += info.Size()
		}
	}
	if space := db.space.Load(); space != nil {
		s.FreeBytes, s.DiskBytes, s.FloorBytes = space.Free, space.Total, db.floor(*space)
	}
	db.mu.Lock()
	s.UsedBytes, s.LimitBytes = db.usedBytes, db.limitBytes
	for _, k := range db.kinds {
		status := k.status
		status.Name = k.Name
		s.Kinds = append(s.Kinds, status)
	}
	batchers := slices.Clone(db.batchers)
	db.mu.Unlock()
	for _, b := range batchers {
		s.Batchers = append(s.Batchers, b.Stats())
	}
	db.judge(&s)
	return s
}

// judge finds what is wrong; where several things are, the one that explains the others or is the worst.
func (db *DB) judge(s *Status) {
	h := &db.health
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Notice = h.notice
	for _, found := range []struct {
		state State
		problem
	}{{Failing, h.damage}, {Failing, h.moved}, {Paused, h.paused}, {Failing, h.trouble}} {
		if found.exists() {
			s.State, s.Detail, s.Hint, s.Since = found.state, found.message, found.hint, found.since
			return
		}
	}
	for _, b := range s.Batchers {
		if b.Failing != "" {
			s.State, s.Since = Failing, b.FailingSince
			s.Detail, s.Hint = b.Name+" cannot be written: "+b.Failing, "look into BunkerM's log"
			return
		}
	}
}
