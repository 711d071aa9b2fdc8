package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// logs are two tables of rows of about 1 KiB that retention looks after.
func logs() []store.Migration {
	return []store.Migration{{Name: "logs/0001", SQL: `
CREATE TABLE log_a (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE log_b (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);`}}
}

// kind looks after one of them, as a service does.
func kind(table string, age time.Duration, share float64) store.Kind {
	return store.Kind{
		Name: table, Share: share, Age: func() time.Duration { return age },
		Measure: func(ctx context.Context, q store.Queries) (rows, bytes int64, oldest time.Time, err error) {
			var first sql.NullInt64
			err = q.QueryRow(ctx, "SELECT count(*), min(at) FROM "+table).Scan(&rows, &first)
			if first.Valid {
				oldest = time.UnixMilli(first.Int64)
			}
			return rows, rows * 1100, oldest, err
		},
		Trim: func(ctx context.Context, q store.Queries, olderThan time.Time, rows int) (int, error) {
			done, err := q.Exec(ctx, "DELETE FROM "+table+" WHERE id IN (SELECT id FROM "+table+
				" WHERE at < $1 ORDER BY id LIMIT $2)", olderThan.UnixMilli(), rows)
			if err != nil {
				return 0, err
			}
			n, err := done.RowsAffected()
			return int(n), err
		},
	}
}

// fillLog writes n rows that begin at a time, a minute apart.
func fillLog(t testing.TB, db *store.DB, table string, n int, from time.Time) {
	t.Helper()
	body := fmt.Sprintf("%01000d", 0)
	for written := 0; written < n; {
		err := db.Write(context.WithoutCancel(within(t)), func(ctx context.Context, q store.Queries) error {
			for range min(2000, n-written) {
				at := from.Add(time.Duration(written) * time.Minute).UnixMilli()
				if _, err := q.Exec(ctx, "INSERT INTO "+table+" (at, body) VALUES ($1, $2)", at, body); err != nil {
					return err
				}
				written++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func countIn(t testing.TB, db *store.DB, table string) (n int64) {
	t.Helper()
	err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
		return q.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOldRowsAreThrownAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(store.Options) *store.DB) {
		now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
		db := open(store.Options{Migrations: logs(), Clock: func() time.Time { return now }})
		fillLog(t, db, "log_a", 6000, now.Add(-6000*time.Minute))
		fillLog(t, db, "log_b", 100, now.Add(-6000*time.Minute))
		db.Keep(kind("log_a", 1000*time.Minute, 0.5), kind("log_b", 0, 0.5))
		inBackground(t, db.Run)
		until(t, "what is old is gone", func() bool {
			s := db.Status()
			return s.Kinds[0].Trimmed == 5000
		})
		if a, b := countIn(t, db, "log_a"), countIn(t, db, "log_b"); a != 1000 || b != 100 {
			t.Errorf("%d and %d rows, want 1000 and 100", a, b)
		}
		s := db.Status()
		if k := s.Kinds[1]; k.Name != "log_b" || k.Rows != 100 || k.Age != 0 || k.Trimmed != 0 ||
			!k.Oldest.Equal(now.Add(-6000*time.Minute)) {
			t.Errorf("kind = %+v", k)
		}
		if s.LimitBytes != 2<<30 || s.UsedBytes == 0 {
			t.Errorf("status = %+v", s)
		}
	})
}

// TestTooMuchIsThrownAway wants the oldest rows of the kind above its share to go, the others to stay, the file to become
// smaller, and writing to go on meanwhile.
func TestTooMuchIsThrownAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(store.Options) *store.DB) {
		now := time.Now()
		path := filepath.Join(t.TempDir(), "bunkerm.db")
		db := open(store.Options{Path: path, Migrations: logs()})
		const limit = 16 << 20
		if err := db.SetSetting(within(t), store.RetentionSetting, store.Retention{LimitBytes: limit}); err != nil {
			t.Fatal(err)
		}
		fillLog(t, db, "log_a", 30_000, now) // 34 MB, with a share of 8
		fillLog(t, db, "log_b", 5000, now)   // 6 MB, with a share of 8
		db.Keep(kind("log_a", 0, 0.5), kind("log_b", 0, 0.5))
		stop := inBackground(t, db.Run)
		until(t, "the pages in use are below the limit", func() bool {
			s := db.Status()
			return s.LimitBytes == limit && s.UsedBytes > 0 && s.UsedBytes <= limit
		})
		if n := countIn(t, db, "log_b"); n != 5000 {
			t.Errorf("%d rows of what is below its share, want all 5000", n)
		}
		var oldest, rows int64 // of one moment: it may go on
		err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
			return q.QueryRow(ctx, "SELECT min(id), count(*) FROM log_a").Scan(&oldest, &rows)
		})
		if err != nil || oldest != 30_000-rows+1 || rows < 5000 {
			t.Errorf("%d rows from %d on are left, want the newest: %v", rows, oldest, err)
		}
		until(t, "free pages are given back", func() bool {
			info, err := os.Stat(path)
			return err == nil && info.Size() <= limit+limit/4
		})
		stop()
		if err := db.Close(within(t)); err != nil {
			t.Fatal(err)
		}
		if db = open(store.Options{Path: path, Migrations: logs()}); db.Status().Notice != "" {
			t.Error(db.Status().Notice)
		}
	})
}

// TestOneKindThatFails does not keep the others from being looked after.
func TestOneKindThatFails(t *testing.T) {
	now := time.Now()
	db := storetest.OpenWith(t, store.Options{Migrations: logs()})
	fillLog(t, db, "log_b", 3000, now.Add(-10_000*time.Minute))
	broken := kind("log_c", time.Minute, 0.5)
	db.Keep(broken, kind("log_b", time.Minute, 0.5))
	inBackground(t, db.Run)
	until(t, "the other is trimmed", func() bool { return db.Status().Kinds[1].Trimmed == 3000 })
}
