package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// things is a table for tests.
func things() store.Migration {
	return store.Migration{Name: "things/0001", SQL: `
CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at INTEGER NOT NULL DEFAULT 0);
CREATE INDEX things_at ON things (at);`}
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func insert(names ...string) func(context.Context, store.Queries) error {
	return func(ctx context.Context, q store.Queries) error {
		for _, name := range names {
			if _, err := q.Exec(ctx, "INSERT INTO things (name) VALUES ($1)", name); err != nil {
				return err
			}
		}
		return nil
	}
}

func count(t testing.TB, db *store.DB) (n int) {
	t.Helper()
	err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
		return q.QueryRow(ctx, "SELECT count(*) FROM things").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(store.Options) *store.DB) {
		db := open(store.Options{Migrations: []store.Migration{things()}})
		if err := db.Write(within(t), insert("a", "b")); err != nil {
			t.Fatal(err)
		}
		stop := errors.New("stop")
		err := db.Write(within(t), func(ctx context.Context, q store.Queries) error {
			return errors.Join(insert("c")(ctx, q), stop)
		})
		if !errors.Is(err, stop) {
			t.Errorf("err = %v, want the function's own", err)
		}
		if err := db.Write(within(t), insert("d", "a")); !store.IsConflict(err) {
			t.Errorf("a second a: %v", err)
		}
		if n := count(t, db); n != 2 {
			t.Errorf("%d things, want a and b", n)
		}
	})
}

func TestReadSeesOneSnapshotAndWritesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(store.Options) *store.DB) {
		db := open(store.Options{Migrations: []store.Migration{things()}})
		err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
			for range 2 {
				var n int
				if err := q.QueryRow(ctx, "SELECT count(*) FROM things").Scan(&n); err != nil {
					return err
				}
				if n != 0 {
					t.Errorf("%d things in a snapshot from before there were any", n)
				}
				name := time.Now().String()
				if err := db.Write(within(t), insert(name)); err != nil {
					return err
				}
			}
			if _, err := q.Exec(ctx, "DELETE FROM things"); err == nil {
				t.Error("a Read has deleted rows")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, db); n != 2 {
			t.Errorf("%d things, want 2", n)
		}
	})
}

func TestTransactionsDoNotNest(t *testing.T) {
	db := storetest.Open(t, things())
	nothing := func(context.Context, store.Queries) error { return nil }
	check := func(what string, err error, want bool) {
		t.Helper()
		if fault.Is(err, fault.Internal) != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	err := db.Write(within(t), func(ctx context.Context, _ store.Queries) error {
		check("Write in Write", db.Write(ctx, nothing), true)
		return db.Read(ctx, func(ctx context.Context, _ store.Queries) error {
			check("Read in Read in Write", db.Read(ctx, nothing), true)
			return nil
		})
	})
	check("Read in Write", err, false)
	err = db.Read(within(t), func(ctx context.Context, _ store.Queries) error {
		check("Write in Read", db.Write(ctx, nothing), true)
		return nil
	})
	check("Read", err, false)
}
