package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// TestFullDisk fills a small disk with the floor taken away, so that SQLite meets its end.
func TestFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root may mount a small disk
	}
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatalf("mounting a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	o := store.Options{
		Path: filepath.Join(small, "bunkerm.db"), Migrations: []store.Migration{things()},
		FloorBytes: -1, FloorPercent: -1,
		Disk: func(string) (store.DiskSpace, error) { return store.DiskSpace{Free: 1, Total: 8 << 20}, nil },
	}
	db := storetest.OpenWith(t, o)
	b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Queue: 15_000, Write: writeIDs})
	stopBatcher, stopDB := inBackground(t, b.Run), inBackground(t, db.Run)
	if err := b.Add(within(t), numbers(0, 100)...); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(small, "filler")
	fill(t, filler)

	if err := b.Add(within(t), numbers(100, 15_000)...); err != nil {
		t.Fatal(err)
	}
	until(t, "the batcher says that it fails", func() bool { return b.Stats().Failing != "" })
	if s := db.Status(); s.State != store.Failing || !strings.Contains(s.Detail, "full") || s.Hint == "" {
		t.Errorf("status = %+v", s)
	}
	err := db.SetSetting(within(t), "long", strings.Repeat("x", 1<<20))
	if f := fault.From(err); f.Kind != fault.Unavailable || !strings.Contains(f.Message, "full") {
		t.Errorf("a setting on a full disk: %v", err)
	}
	if n := count(t, db); n < 100 {
		t.Errorf("%d things can be read", n)
	}
	// A program that starts on the full disk can read, too.
	other, err := store.Open(within(t), o)
	if err != nil {
		t.Errorf("opening on a full disk: %v", err)
	} else {
		if n := count(t, other); n < 100 {
			t.Errorf("%d things can be read", n)
		}
		other.Close(within(t))
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", small, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatalf("making the disk larger: %v", err)
	}
	until(t, "everything is written", func() bool { return b.Stats().Written == 15_000 })
	if n := count(t, db); n != 15_000 {
		t.Errorf("%d things, want 15,000", n)
	}
	until(t, "all is well", func() bool { return db.Status().State == store.Recording })
	stopBatcher()
	stopDB()
	db.Close(within(t))
}

// fill writes until the disk takes no more.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
