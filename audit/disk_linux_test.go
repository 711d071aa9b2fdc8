package audit

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bunkerm/bunkerm/store"
)

// TestActsAreKeptBelowTheFloor has less free space than recording needs: events stop then, the audit does not.
func TestActsAreKeptBelowTheFloor(t *testing.T) {
	h := openOn(t, store.Options{Disk: func(string) (store.DiskSpace, error) {
		return store.DiskSpace{Free: 1 << 20, Total: 8 << 30}, nil
	}}, "")
	if h.db.Recording() {
		t.Fatal("the disk has room: the test looks at the wrong thing")
	}
	h.add(3)
	if got := h.list(Filter{}); len(got) != 3 {
		t.Errorf("%d entries", len(got))
	}
}

// TestActsWaitForRoomOnAFullDisk fills a small disk. Whoever does something gets an answer all the same, and what they did
// is recorded as soon as there is room.
func TestActsWaitForRoomOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root may mount a small disk
	}
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatalf("mounting a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	h := openOn(t, store.Options{Path: filepath.Join(small, "bunkerm.db"), FloorBytes: -1, FloorPercent: -1}, filepath.Join(small, "audit.log"))
	h.add(1)
	filler := filepath.Join(small, "filler")
	fill(t, filler)

	large := Entry{Actor: "jo", Action: "large"}.With(nil, make([]int, 30_000))
	n := 0
	for h.Status().Writing { // the WAL has some room of its own
		h.Add(t.Context(), large)
		n++
	}
	if s := h.Status(); s.Detail == "" || s.Hint == "" || s.Queued == 0 {
		t.Errorf("%+v", s)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", small, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatalf("making the disk larger: %v", err)
	}
	until(t, "everything is written", func() bool { s := h.Status(); return s.Writing && s.Queued == 0 })
	if got := h.list(Filter{}); len(got) != n+1 {
		t.Errorf("%d entries, want %d", len(got), n+1)
	}
	if v := h.verified(); !v.OK {
		t.Errorf("%+v", v)
	}
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 64 << 10; size > 0; {
		if _, err := file.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
