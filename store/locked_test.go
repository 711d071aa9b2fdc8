package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

func TestLockedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	db := storetest.OpenWith(t, store.Options{Path: path, Migrations: []store.Migration{things()}})
	inBackground(t, db.Run)
	b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Write: writeIDs})
	inBackground(t, b.Run)
	if err := db.Write(within(t), insert("a")); err != nil {
		t.Fatal(err)
	}
	c := startChild(t, "lock", path)
	if said := c.line(); said != "locked" {
		t.Fatal(said)
	}

	if n := count(t, db); n != 1 {
		t.Errorf("%d things read while the database is locked, want 1", n)
	}
	soon, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err := db.SetSetting(soon, "a", 1)
	if f := fault.From(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, "lock") || f.HintText == "" {
		t.Errorf("writing: %v (%+v)", err, f)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := db.Write(gone, insert("z")); !errors.Is(err, context.Canceled) {
		t.Errorf("writing for somebody who has gone: %v", err)
	}
	if err := b.Add(within(t), 100, 101); err != nil {
		t.Fatal(err)
	}
	until(t, "the batcher says that it fails", func() bool { return b.Stats().Failing != "" })
	s := db.Status()
	if s.State != store.Failing || !strings.Contains(s.Detail, "lock") || s.Hint == "" || s.Since.IsZero() {
		t.Errorf("status = %+v", s)
	}
	if s := b.Stats(); s.Queued != 2 || s.Dropped != 0 || s.FailingSince.IsZero() {
		t.Errorf("stats = %+v", s)
	}

	// A write that waits goes on when the lock is free.
	waiting := make(chan error, 1)
	go func() { waiting <- db.Write(within(t), insert("b")) }()
	fmt.Fprintln(c.in)
	if said := c.line(); said != "free" {
		t.Fatal(said)
	}
	if err := <-waiting; err != nil {
		t.Errorf("the write that waited: %v", err)
	}
	until(t, "the batcher has written its rows", func() bool { return b.Stats().Written == 2 })
	if n := count(t, db); n != 4 {
		t.Errorf("%d things, want 4", n)
	}
	until(t, "all is well", func() bool { s := db.Status(); return s.State == store.Recording && s.Detail == "" })
}

// TestTroubleEndsWithoutWrites wants the state to be right again also where nothing is recorded.
func TestTroubleEndsWithoutWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	db := storetest.OpenWith(t, store.Options{Path: path})
	inBackground(t, db.Run)
	c := startChild(t, "lock", path)
	c.line()
	soon, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if err := db.SetSetting(soon, "a", 1); err == nil {
		t.Fatal("a locked database took a setting")
	}
	if s := db.Status(); s.State != store.Failing {
		t.Errorf("status = %+v", s)
	}
	c.kill()
	until(t, "all is well", func() bool { return db.Status().State == store.Recording })
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	storetest.OpenWith(t, store.Options{Path: path}).Close(within(t))
	c := startChild(t, "lock", path)
	c.line()
	soon, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	// With a new migration there is something to write.
	_, err := store.Open(soon, store.Options{Path: path, Migrations: []store.Migration{things()}})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("opening a locked database: %v", err)
	}
	c.kill()
	storetest.OpenWith(t, store.Options{Path: path, Migrations: []store.Migration{things()}})
}
