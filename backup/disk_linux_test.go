package backup_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/fault"
)

// TestSmallDisk makes and restores where there is no room: what was there stays as it was, and nothing else is left.
func TestSmallDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		return // only root may mount a small disk
	}
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=128k"); err != nil {
		t.Fatalf("mounting a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(small, "data")
	put(t, filepath.Join(dir, "bunkerm.db"), "old")
	_, err := backup.Restore{From: bytes.NewReader(packed(t)), DataDir: dir, Replace: true}.Run(t.Context())
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.From(err).HintText, "full") {
		t.Errorf("restoring: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"data/bunkerm.db": "old"}, found(t, small)); diff != "" {
		t.Error(diff)
	}

	s := lay(t)
	s.DataDir = dir // the database does not fit
	if _, _, err := s.Keep(t.Context(), "bunkerm"); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.From(err).HintText, "full") {
		t.Errorf("making one: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"data/bunkerm.db": "old"}, found(t, small)); diff != "" {
		t.Error(diff)
	}
}
