package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// TestSnapshotIsADatabase takes snapshots while another goroutine writes: each is whole, and holds what was acknowledged before.
func TestSnapshotIsADatabase(t *testing.T) {
	dir := t.TempDir()
	db := storetest.OpenWith(t, store.Options{Path: filepath.Join(dir, "bunkerm.db"), Migrations: []store.Migration{things()}})
	ctx := within(t)
	insert := func() error {
		return db.Write(ctx, func(ctx context.Context, q store.Queries) error {
			_, err := q.Exec(ctx, "INSERT INTO things (name) SELECT 'thing ' || count(*) FROM things")
			return err
		})
	}
	count := func(of *store.DB) (n int) {
		if err := of.Read(ctx, func(ctx context.Context, q store.Queries) error {
			return q.QueryRow(ctx, "SELECT count(*) FROM things").Scan(&n)
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := insert(); err != nil {
				done <- err
				return
			}
		}
	}()
	for _, name := range []string{"one.db", "two.db", "three.db"} {
		before := count(db)
		to := filepath.Join(dir, name)
		if err := db.Snapshot(ctx, to); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		copied := storetest.OpenWith(t, store.Options{Path: to, Migrations: []store.Migration{things()}})
		if after := count(copied); after < before {
			t.Errorf("%s holds %d rows, %d were there before", name, after, before)
		}
		if notice := copied.Status().Notice; notice != "" {
			t.Error(notice)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestSnapshotLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(dir, "copy.db")
	if err := store.Snapshot(within(t), filepath.Join(dir, "none.db"), to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a snapshot of nothing: %v", err)
	}
	no := filepath.Join(dir, "no.db")
	if err := os.WriteFile(no, []byte("this is no database, and it is longer than a header would be, which is 100 bytes as everybody knows"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := store.Snapshot(within(t), no, to); err == nil {
		t.Error("a snapshot of something else")
	}
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there: %v", err)
	}
}

// TestACopyIsMadeBeforeAMigration opens a database as an older, the same and a newer program do.
func TestACopyIsMadeBeforeAMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	copies := 0
	newer := store.Migration{Name: "things/0002", SQL: "DROP TABLE things"}
	for _, open := range []struct {
		migrations []store.Migration
		copies     int
	}{{[]store.Migration{things()}, 0}, {[]store.Migration{things()}, 0}, {[]store.Migration{things(), newer}, 1}} {
		db := storetest.OpenWith(t, store.Options{
			Path: path, Migrations: open.migrations,
			BeforeMigrate: func(ctx context.Context, snapshot func(context.Context, string) error) error {
				copies++
				return snapshot(ctx, path+".before")
			},
		})
		if copies != open.copies {
			t.Errorf("%d copies, want %d", copies, open.copies)
		}
		if err := db.Close(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	storetest.OpenWith(t, store.Options{Path: path + ".before", Migrations: []store.Migration{things()}})
	failed := errors.New("no room")
	_, err := store.Open(within(t), store.Options{
		Path: path + ".before", Migrations: []store.Migration{things(), newer},
		BeforeMigrate: func(context.Context, func(context.Context, string) error) error { return failed },
	})
	if !errors.Is(err, failed) {
		t.Error(err)
	}
}
