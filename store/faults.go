package store

import (
	"context"
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/bunkerm/bunkerm/fault"
)

// cause is what a failure of the database means to us.
type cause uint8

const (
	unknown  cause = iota
	locked         // another process has the lock; it passes
	full           // the disk takes no more; it passes when somebody makes room
	unusable       // the file cannot be read or written: permissions, an I/O error
	damaged        // the content is broken
	refused        // the statement's values are not acceptable: it never works
)

var (
	// errLocked joins the error of a context that ended while a transaction waited for another process.
	errLocked = errors.New("the database is locked")
	// errDamaged is what a check of ours has found.
	errDamaged = errors.New("the database is damaged")
)

// causeOf reads SQLite's result code (https://www.sqlite.org/rescode.html). Its lower byte is the class.
func causeOf(err error) cause {
	if errors.Is(err, errLocked) {
		return locked
	}
	if errors.Is(err, errDamaged) {
		return damaged
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return unknown
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return locked
	case sqlite3.SQLITE_FULL:
		return full
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
		return refused
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM,
		sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_NOMEM:
		return unusable
	}
	return unknown
}

// IsConflict reports whether err comes from a row that a UNIQUE, CHECK, NOT NULL or FOREIGN KEY constraint refused.
func IsConflict(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}

// explain makes a fault of what hinders the database. Errors of the statement itself, and those of others, stay as they
// are.
func (db *DB) explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	message, hint := db.describe(causeOf(err))
	if message == "" {
		return err
	}
	return fault.New(fault.Unavailable, message).Hint(hint).Because(err)
}

// describe says what a cause means and what to do, both safe to show; nothing for what is not the database's doing.
func (db *DB) describe(c cause) (message, hint string) {
	switch c {
	case locked:
		return "another program holds the lock of the database",
			"end the program that has " + db.name + " open (fuser shows it); recording goes on by itself"
	case full:
		return "the disk is full",
			"make room on the disk of the data directory; recording goes on by itself"
	case unusable:
		return "the database file cannot be used",
			"look at the permissions of " + db.name + " and at the disk (dmesg shows its errors); recording goes on by itself"
	case damaged:
		return "the database file is damaged",
			"restart BunkerM: it sets " + db.name + " aside and begins a new one; .recover of sqlite3 saves what can be read"
	default:
		return "", ""
	}
}

// tooLate makes a fault of a context that ended while we waited for what; other errors stay as they are. A caller who
// went away (context.Canceled) needs no explanation.
func (db *DB) tooLate(err error, message, hint string) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Unavailable, message).Hint(hint).Because(err)
	}
	return err
}

// inOneLine is an error's text for the log and for states, where SQLite's would take several lines.
func inOneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
