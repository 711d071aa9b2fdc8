package backup_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/fault"
)

// TestTwoRestoresAtOnce begins one while another is at work: that one is left alone, and comes to its end.
func TestTwoRestoresAtOnce(t *testing.T) {
	archive, dir := packed(t), filepath.Join(t.TempDir(), "data")
	from, to := io.Pipe()
	first := make(chan error, 1)
	go func() {
		_, err := backup.Restore{From: from, DataDir: dir}.Run(t.Context())
		first <- err
	}()
	half := len(archive) / 2
	if _, err := to.Write(archive[:half]); err != nil { // it has been read then
		t.Fatal(err)
	}
	_, err := restore(t, archive, dir)
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("the second: %v", err)
	}
	if _, err := to.Write(archive[half:]); err != nil {
		t.Fatal(err)
	}
	to.Close()
	if err := <-first; err != nil {
		t.Fatalf("the first: %v", err)
	}
	if diff := cmp.Diff(installation(), found(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestTwoRestoresInOneSecond keeps what was there before under two names.
func TestTwoRestoresInOneSecond(t *testing.T) {
	archive, dir, now := packed(t), filepath.Join(t.TempDir(), "data"), time.Now()
	put(t, filepath.Join(dir, "api-key"), "of before")
	kept := map[string]bool{}
	for range 3 {
		done, err := backup.Restore{From: bytes.NewReader(archive), DataDir: dir, Replace: true, Clock: func() time.Time { return now }}.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		kept[done.Kept] = true
	}
	if len(kept) != 3 {
		t.Errorf("kept in %v", kept)
	}
}

// TestWhatCannotBeReadIsNotDamaged restores a folder.
func TestWhatCannotBeReadIsNotDamaged(t *testing.T) {
	folder, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := (backup.Restore{From: folder, DataDir: dir}).Run(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
	nothingIsThere(t, dir)
}
