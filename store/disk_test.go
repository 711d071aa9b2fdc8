package store_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

func TestRecordingStopsBeforeTheDiskIsFull(t *testing.T) { synctest.Test(t, testRecordingStops) }

func testRecordingStops(t *testing.T) {
	const mib = 1 << 20
	var free atomic.Int64
	free.Store(600 * mib)
	db := storetest.OpenWith(t, store.Options{
		Migrations: []store.Migration{things()},
		Disk:       func(string) (store.DiskSpace, error) { return store.DiskSpace{Free: free.Load(), Total: 8 << 30}, nil },
	})
	b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Write: writeIDs})
	inBackground(t, b.Run)
	inBackground(t, db.Run)
	if s := db.Status(); !db.Recording() || s.State != store.Recording || s.FloorBytes != 512*mib || s.FreeBytes != 600*mib {
		t.Fatalf("status = %+v", s)
	}
	if err := b.Add(within(t), 1); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(within(t)); err != nil {
		t.Fatal(err)
	}

	free.Store(511 * mib)
	until(t, "recording stops", func() bool { return !db.Recording() })
	if s := db.Status(); s.State != store.Paused || s.Detail == "" || s.Hint == "" || s.Since.IsZero() {
		t.Errorf("status = %+v", s)
	}
	if err := b.Add(within(t), 2, 3); err != nil {
		t.Fatal(err)
	}
	until(t, "rows are thrown away", func() bool { s := b.Stats(); return s.Dropped == 2 && s.Queued == 0 })
	// What people set is still kept.
	if err := db.SetSetting(within(t), "a", 1); err != nil {
		t.Error(err)
	}

	free.Store(600 * mib) // more than the floor, but not by much
	until(t, "the disk was asked again", func() bool { return db.Status().FreeBytes == 600*mib })
	if db.Recording() {
		t.Error("recording goes on at the edge")
	}
	free.Store(641 * mib)
	until(t, "recording goes on", db.Recording)
	if s := db.Status(); s.State != store.Recording {
		t.Errorf("status = %+v", s)
	}
	if err := b.Add(within(t), 4); err != nil {
		t.Fatal(err)
	}
	until(t, "rows are written", func() bool { return b.Stats().Written == 2 })
}

func TestFloorOfALargeDisk(t *testing.T) {
	db := storetest.OpenWith(t, store.Options{Disk: func(string) (store.DiskSpace, error) {
		return store.DiskSpace{Free: 49 << 30, Total: 1000 << 30}, nil
	}})
	if s := db.Status(); s.State != store.Paused || s.FloorBytes != 50<<30 {
		t.Errorf("5 percent are the floor: %+v", s)
	}
}

func TestDiskThatCannotBeAsked(t *testing.T) {
	db := storetest.OpenWith(t, store.Options{Disk: func(string) (store.DiskSpace, error) {
		return store.DiskSpace{}, errors.New("no such device")
	}})
	if s := db.Status(); s.State != store.Recording || s.DiskBytes != 0 {
		t.Errorf("not knowing is no reason to stop: %+v", s)
	}
}
