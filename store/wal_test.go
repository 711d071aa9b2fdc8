package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// TestWALStaysSmall writes much while readers overlap so that there is never a moment without one.
func TestWALStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunkerm.db")
	db := storetest.OpenWith(t, store.Options{Path: path, Migrations: logs()})
	inBackground(t, db.Run)
	for range 3 {
		inBackground(t, func(ctx context.Context) error {
			for ctx.Err() == nil {
				err := db.Read(ctx, func(ctx context.Context, q store.Queries) error {
					var n any
					if err := q.QueryRow(ctx, "SELECT max(id) FROM log_a").Scan(&n); err != nil {
						return err
					}
					select { // a reader that thinks about what it sees
					case <-time.After(20 * time.Millisecond):
					case <-ctx.Done():
					}
					return q.QueryRow(ctx, "SELECT max(id) FROM log_b").Scan(&n)
				})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
			return nil
		})
	}
	most, total := int64(0), 0
	for range 60 {
		fillLog(t, db, "log_a", 5000, time.Now())
		total += 5000 * 1100
		if info, err := os.Stat(path + "-wal"); err == nil {
			most = max(most, info.Size())
		}
	}
	t.Logf("the WAL had up to %d MiB after %d MiB were written", most>>20, total>>20)
	if most >= int64(total) {
		t.Error("nothing of it was given back while there was always a reader")
	}
	until(t, "the WAL is given back", func() bool {
		info, err := os.Stat(path + "-wal")
		return err == nil && info.Size() <= 32<<20
	})
}

// TestForgottenRowsDoNotKeepTheSnapshot has functions that close nothing.
func TestForgottenRowsDoNotKeepTheSnapshot(t *testing.T) {
	db := storetest.Open(t, things())
	if err := db.Write(within(t), insert("a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	for range 20 { // more than there are connections
		err := db.Read(context.WithoutCancel(within(t)), func(ctx context.Context, q store.Queries) error {
			q.QueryRow(ctx, "SELECT name FROM things")
			rows, err := q.Query(ctx, "SELECT name FROM things ORDER BY id") //nolint:sqlclosecheck // that is the point
			if err != nil {
				return err
			}
			rows.Next()
			return rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(within(t), func(ctx context.Context, q store.Queries) error {
			rows, err := q.Query(ctx, "SELECT name FROM things ORDER BY id") //nolint:sqlclosecheck // that is the point
			if err != nil {
				return err
			}
			if rows.Next(); rows.Err() != nil {
				return rows.Err()
			}
			_, err = q.Exec(ctx, "INSERT INTO things (name) VALUES ($1)", time.Now().String())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db); n != 23 {
		t.Errorf("%d things, want 23", n)
	}
}
