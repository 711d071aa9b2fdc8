package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// filled makes a database with so many MiB in it, closed.
func filled(t *testing.T, megabytes int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "bunkerm.db")
	db := storetest.OpenWith(t, store.Options{Path: path, Migrations: blobs()})
	for range megabytes {
		err := db.Write(within(t), func(ctx context.Context, q store.Queries) error {
			for range 16 {
				if _, err := q.Exec(ctx, "INSERT INTO blobs (data) VALUES (zeroblob(65536))"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	return path
}

func blobs() []store.Migration {
	return []store.Migration{{Name: "blobs/0001", SQL: "CREATE TABLE blobs (id INTEGER PRIMARY KEY, data BLOB NOT NULL)"}}
}

// overwrite puts noise into the file: size bytes from an offset on.
func overwrite(t *testing.T, path string, offset, size int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	noise := make([]byte, size)
	rand.Read(noise)
	if _, err := f.WriteAt(noise, offset); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedFileIsSetAside(t *testing.T) {
	tests := map[string]struct {
		megabytes int
		damage    func(t *testing.T, path string)
	}{
		"no database": {0, func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("Dear diary, today the broker was quiet.\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}},
		"header":        {1, func(t *testing.T, path string) { overwrite(t, path, 0, 100) }},
		"schema":        {1, func(t *testing.T, path string) { overwrite(t, path, 100, 3996) }},
		"page of table": {1, func(t *testing.T, path string) { overwrite(t, path, 4*4096, 12*4096) }},
		"cut off":       {1, func(t *testing.T, path string) { os.Truncate(path, 300_000) }},
		"large, cut off": {40, func(t *testing.T, path string) {
			os.Truncate(path, 30<<20)
		}},
		"large, beginning": {40, func(t *testing.T, path string) { overwrite(t, path, 4096, 64*4096) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filled(t, test.megabytes)
			test.damage(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var notices []string
			o := store.Options{
				Path: path, Migrations: blobs(), Notice: func(s string) { notices = append(notices, s) },
			}
			db := storetest.OpenWith(t, o)
			aside, err := filepath.Glob(path + ".damaged-*")
			if err != nil || len(aside) != 1 {
				t.Fatalf("set aside is %v, %v", aside, err)
			}
			if after, err := os.ReadFile(aside[0]); err != nil || !bytes.Equal(after, before) {
				t.Errorf("what was set aside is not what was there: %v", err)
			}
			if len(notices) != 1 || !strings.Contains(notices[0], aside[0]) || strings.Contains(notices[0], "\n") {
				t.Errorf("notices = %q", notices)
			}
			if s := db.Status(); s.Notice != notices[0] || s.State != store.Recording {
				t.Errorf("status = %+v", s)
			}
			if err := db.SetSetting(within(t), "a", 1); err != nil {
				t.Error(err)
			}
			db.Close(within(t))
			if db = storetest.OpenWith(t, o); db.Status().Notice != "" {
				t.Errorf("the new one is not whole: %s", db.Status().Notice)
			}
		})
	}
}

func TestWALWithoutItsFileIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	if err := os.WriteFile(path+"-wal", []byte("what was written last"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := storetest.OpenWith(t, store.Options{Path: path})
	aside, err := filepath.Glob(path + ".damaged-*-wal")
	if err != nil || len(aside) != 1 || !strings.Contains(db.Status().Notice, aside[0]) {
		t.Errorf("set aside is %v, %v; notice: %s", aside, err, db.Status().Notice)
	}
}

// TestDamageMetWhileRunning damages a large file where no check at the start looks.
func TestDamageMetWhileRunning(t *testing.T) {
	path := filled(t, 40)
	overwrite(t, path, 10<<20, 64<<10)
	var notices []string
	o := store.Options{Path: path, Migrations: blobs(), Notice: func(s string) { notices = append(notices, s) }}
	db := storetest.OpenWith(t, o)
	if s := db.Status(); s.State != store.Recording || s.Notice != "" {
		t.Fatalf("status = %+v: the damage was to be found later", s)
	}
	scan := func(ctx context.Context, q store.Queries) error {
		var n int64
		return q.QueryRow(ctx, "SELECT sum(length(CAST(data AS TEXT))) FROM blobs").Scan(&n)
	}
	if err := db.Read(within(t), scan); err == nil {
		t.Fatal("a damaged table was read")
	}
	s := db.Status()
	if s.State != store.Failing || !strings.Contains(s.Detail, "damaged") || !strings.Contains(s.Hint, "restart") {
		t.Errorf("status = %+v", s)
	}
	if len(notices) != 1 {
		t.Errorf("notices = %q", notices)
	}
	// What is whole can still be written, and the state does not forget.
	if err := db.SetSetting(within(t), "a", 1); err != nil {
		t.Error(err)
	}
	if s := db.Status(); s.State != store.Failing {
		t.Errorf("status = %+v", s)
	}
	db.Close(within(t))

	db = storetest.OpenWith(t, o)
	if s := db.Status(); s.State != store.Recording || !strings.Contains(s.Notice, ".damaged-") {
		t.Errorf("after a restart: %+v", s)
	}
	db.Close(within(t))
	if db = storetest.OpenWith(t, o); db.Status().Notice != "" {
		t.Errorf("after another: %s", db.Status().Notice)
	}
}

// TestSuspicionThatWasWrong keeps a database that turns out to be whole.
func TestSuspicionThatWasWrong(t *testing.T) {
	path := filled(t, 1)
	if err := os.WriteFile(path+".suspect", []byte("a bit fell over in memory\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := storetest.OpenWith(t, store.Options{Path: path, Migrations: blobs()})
	if s := db.Status(); s.Notice != "" || s.State != store.Recording {
		t.Errorf("status = %+v", s)
	}
	if _, err := os.Stat(path + ".suspect"); !os.IsNotExist(err) {
		t.Errorf("the suspicion is still there: %v", err)
	}
}

func TestFileRemovedWhileRunning(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	db := storetest.OpenWith(t, store.Options{Path: path})
	inBackground(t, db.Run)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	until(t, "the state says so", func() bool {
		s := db.Status()
		return s.State == store.Failing && strings.Contains(s.Detail, "removed") && s.Hint != ""
	})
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
	until(t, "all is well", func() bool { return db.Status().State == store.Recording })
}
