// Package storetest opens databases for tests, and runs one test body on every database that we support: today SQLite.
//
// It may import store. Only tests import it.
package storetest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// Open opens a new database of the given migrations, which is closed when the test ends. It is never full.
func Open(t testing.TB, migrations ...store.Migration) *store.DB {
	t.Helper()
	return OpenWith(t, store.Options{Migrations: migrations})
}

// OpenWith is Open with options. Where they have no path the database lies in a folder of the test; where they do not say
// how full the disk is, it has room.
func OpenWith(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "bunkerm.db")
	}
	if o.Disk == nil {
		o.Disk = Roomy
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db, err := store.Open(ctx, o)
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := db.Close(ctx); err != nil {
			t.Errorf("closing the database: %v", err)
		}
	})
	return db
}

// Each runs body on every database that we support, as a subtest of its name. open opens one with the given options; the
// same Path is the same database.
func Each(t *testing.T, body func(t *testing.T, open func(store.Options) *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		folder := t.TempDir()
		body(t, func(o store.Options) *store.DB {
			if o.Path == "" {
				o.Path = "bunkerm.db"
			}
			if !filepath.IsAbs(o.Path) {
				o.Path = filepath.Join(folder, o.Path)
			}
			return OpenWith(t, o)
		})
	})
}

// patience is for what takes milliseconds on a machine that does nothing else.
const patience = 30 * time.Second

// Roomy is a disk that is never full, for store.Options.Disk.
func Roomy(string) (store.DiskSpace, error) {
	return store.DiskSpace{Free: 100 << 30, Total: 200 << 30}, nil
}
