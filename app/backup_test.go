package app

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/backup"
	"github.com/bunkerm/bunkerm/fault"
)

// TestCopiesBeforeMigrations makes more copies of the database than are kept, beside a nightly backup.
func TestCopiesBeforeMigrations(t *testing.T) {
	dir := t.TempDir()
	a := New(Options{DataDir: dir})
	folder := filepath.Join(dir, backup.Dir)
	var last string
	for range keptMigrations + 2 {
		err := a.beforeMigrate(t.Context(), func(_ context.Context, to string) error {
			last = to
			return os.WriteFile(to, nil, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "nightly-20260101T030000Z.tar.gz"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > keptMigrations+1 {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := os.Stat(last); err != nil {
		t.Error(err)
	}
	err = a.beforeMigrate(t.Context(), func(context.Context, string) error { return errors.New("no room") })
	if !fault.Is(err, fault.Unavailable) || fault.From(err).HintText == "" {
		t.Errorf("a copy that fails: %v", err)
	}
}

func TestWhenAndHowManyBackups(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	for _, args := range [][]string{{"--backup-at", "25:00"}, {"--backup-at", "3"}, {"--backup-keep", "-1"}, {"--backup-keep", "many"}} {
		if _, _, err := ParseCommand(flag.NewFlagSet("serve", flag.ContinueOnError), args, none); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if _, _, err := ParseCommand(flag.NewFlagSet("serve", flag.ContinueOnError), []string{"--backup-at", "23:59", "--backup-keep", "0"}, none); err != nil {
		t.Error(err)
	}
}

// TestABackupThatIsTooOldIsTold looks two days and an hour after the last one, which nothing has said was due.
func TestABackupThatIsTooOldIsTold(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	a := New(Options{DataDir: dir})
	var err error
	a.backup, err = backup.New(backup.Options{
		Source: backup.Source{DataDir: dir, Snapshot: func(context.Context, string) error { return nil }}, Keep: 7, Clock: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := a.backupFailed(now.Add(47 * time.Hour)); c.Wrong {
		t.Errorf("too early: %+v", c)
	}
	if c := a.backupFailed(now.Add(49 * time.Hour)); !c.Wrong || c.Title != "The last backup is older than two days" {
		t.Errorf("%+v", c)
	}
}
