package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

func TestFilesAreForUsOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	modes := func() {
		t.Helper()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", filepath.Base(path+suffix), info.Mode())
			}
		}
	}
	db := storetest.OpenWith(t, store.Options{Path: path})
	modes()
	if err := db.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	storetest.OpenWith(t, store.Options{Path: path})
	modes()
}

func TestDataIsBehindALink(t *testing.T) {
	folder, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "real.db")
	link := filepath.Join(folder, "bunkerm.db")
	storetest.OpenWith(t, store.Options{Path: elsewhere}).Close(within(t))
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	db := storetest.OpenWith(t, store.Options{Path: link})
	if err := db.SetSetting(within(t), "a", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(elsewhere + "-wal"); err != nil {
		t.Error(err)
	}
}

func TestDatabaseOfAnotherProgramIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	foreign, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := foreign.Exec("CREATE TABLE photos (id INTEGER)"); err != nil {
		t.Fatal(err)
	}
	foreign.Close()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	_, err = store.Open(within(t), store.Options{Path: path})
	if f := fault.From(err); f.Kind != fault.Conflict || f.HintText == "" || !strings.Contains(f.Message, "another program") {
		t.Errorf("opening it: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("its mode was changed: %v, %v", info.Mode(), err)
	}
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) != 1 {
		t.Errorf("beside it lies %v, %v", names, err)
	}
}

func TestWhereThereIsNoFolder(t *testing.T) {
	_, err := store.Open(within(t), store.Options{Path: filepath.Join(t.TempDir(), "missing", "bunkerm.db")})
	if f := fault.From(err); f.Kind != fault.Unavailable || f.HintText == "" {
		t.Errorf("opening it: %v", err)
	}
	_, err = store.Open(within(t), store.Options{Path: t.TempDir()})
	if f := fault.From(err); f.Kind != fault.Unavailable || f.HintText == "" {
		t.Errorf("opening a folder: %v", err)
	}
}

// number is migration n of the service; it adds a column or fails.
func number(n, sql string) store.Migration { return store.Migration{Name: "things/" + n, SQL: sql} }

func TestMigrations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(store.Options) *store.DB) {
		first := []store.Migration{things()}
		second := slices.Concat(first, []store.Migration{number("0002", "ALTER TABLE things ADD COLUMN size INTEGER NOT NULL DEFAULT 7")})
		db := open(store.Options{Migrations: first})
		if err := db.Write(within(t), insert("a")); err != nil {
			t.Fatal(err)
		}
		db.Close(within(t))
		for range 2 {
			db = open(store.Options{Migrations: second})
			var size int
			err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
				return q.QueryRow(ctx, "SELECT size FROM things WHERE name = 'a'").Scan(&size)
			})
			if err != nil || size != 7 {
				t.Errorf("size %d, %v", size, err)
			}
			db.Close(within(t))
		}
	})
}

func TestMigrationsThatDoNotFit(t *testing.T) {
	second := number("0002", "CREATE TABLE second (id INTEGER)")
	third := number("0003", "CREATE TABLE third (id INTEGER)")
	changed := number("0001", "CREATE TABLE things (id TEXT)")
	tests := map[string]struct {
		had, have []store.Migration
		want      string
	}{
		"of a newer version": {[]store.Migration{things(), second}, []store.Migration{things()}, "newer version of BunkerM"},
		"changed":            {[]store.Migration{things()}, []store.Migration{changed}, "another migration things/0001"},
		"one left out":       {[]store.Migration{things(), third}, []store.Migration{things(), second, third}, "not things/0002 before"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bunkerm.db")
			storetest.OpenWith(t, store.Options{Path: path, Migrations: test.had}).Close(within(t))
			_, err := store.Open(within(t), store.Options{Path: path, Migrations: test.have})
			f := fault.From(err)
			if f.Kind != fault.Conflict || !strings.Contains(f.Message, test.want) || f.HintText == "" {
				t.Errorf("opening it: %v (%s)", err, f.HintText)
			}
			if !strings.Contains(f.Message, "bunkerm.db") {
				t.Errorf("the file is not named: %s", f.Message)
			}
			storetest.OpenWith(t, store.Options{Path: path, Migrations: test.had})
		})
	}
}

func TestMigrationsOutOfOrder(t *testing.T) {
	for name, migrations := range map[string][]store.Migration{
		"no number": {{Name: "things", SQL: "SELECT 1"}},
		"a word":    {{Name: "things/next", SQL: "SELECT 1"}},
		"twice":     {things(), things()},
		"backwards": {number("0002", "SELECT 1"), things()},
	} {
		path := filepath.Join(t.TempDir(), "bunkerm.db")
		if _, err := store.Open(within(t), store.Options{Path: path, Migrations: migrations}); err == nil {
			t.Errorf("%s: it was opened", name)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: a file was made: %v", name, err)
		}
	}
}

// TestMigrationFails wants nothing of a migration that fails in its middle, and what came before it to stay.
func TestMigrationFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	broken := number("0002", "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1)")
	_, err := store.Open(within(t), store.Options{Path: path, Migrations: []store.Migration{things(), broken}})
	if err == nil || !strings.Contains(err.Error(), "things/0002") {
		t.Fatalf("opening it: %v", err)
	}
	mended := number("0002", "CREATE TABLE half (id INTEGER, more INTEGER)")
	db := storetest.OpenWith(t, store.Options{Path: path, Migrations: []store.Migration{things(), mended}})
	err = db.Write(within(t), func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, "INSERT INTO half (id, more) VALUES ($1, $2)", 1, 2)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSettingsOfTwoBrokers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(store.Options) *store.DB) {
		type setting struct {
			Level string
			Days  int
		}
		here, there := open(store.Options{Broker: "here"}), open(store.Options{Broker: "there"})
		if here.Broker() == there.Broker() {
			t.Fatalf("both have the id %d", here.Broker())
		}
		want := setting{"auto", 7}
		for _, value := range []setting{{"full", 1}, want} {
			if err := here.SetSetting(within(t), "clientlogs", value); err != nil {
				t.Fatal(err)
			}
		}
		var got setting
		if found, err := there.Setting(within(t), "clientlogs", &got); err != nil || found {
			t.Errorf("the other broker has it: %v, %v, %v", got, found, err)
		}
		id := here.Broker()
		here.Close(within(t))
		here = open(store.Options{Broker: "here"})
		found, err := here.Setting(within(t), "clientlogs", &got)
		if err != nil || !found || !cmp.Equal(got, want) {
			t.Errorf("found %v, %v: %v", found, err, cmp.Diff(want, got))
		}
		if here.Broker() != id {
			t.Errorf("the id was %d and is %d", id, here.Broker())
		}
		var wrong []string
		if _, err := here.Setting(within(t), "clientlogs", &wrong); err == nil || !strings.Contains(err.Error(), "clientlogs") {
			t.Errorf("an object read as a list: %v", err)
		}
		if err := here.SetSetting(within(t), "clientlogs", func() {}); err == nil {
			t.Error("a function became JSON")
		}
	})
}
