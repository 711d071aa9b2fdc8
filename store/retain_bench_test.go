package store_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// factsDB has n rows of the table with three indexes.
func factsDB(b *testing.B, path string, n int64) *store.DB {
	b.Helper()
	db := storetest.OpenWith(b, store.Options{Path: path, Migrations: []store.Migration{facts()}})
	write := writeFacts(db)
	for from := int64(0); from < n; from += 10_000 {
		rows := make([]fact, 0, 10_000)
		for i := from; i < min(from+10_000, n); i++ {
			rows = append(rows, someFact(i))
		}
		err := db.Write(context.Background(), func(ctx context.Context, q store.Queries) error {
			return write(context.WithoutCancel(ctx), q, rows)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return db
}

// BenchmarkTrim throws the oldest 300,000 rows away with nobody in the way, and says how long the steps hold the writer.
func BenchmarkTrim(b *testing.B) {
	const rows = 300_000
	for b.Loop() {
		b.StopTimer()
		db := factsDB(b, filepath.Join(b.TempDir(), "bunkerm.db"), rows)
		var mu sync.Mutex
		var steps []time.Duration
		var deleted int64
		db.Keep(store.Kind{
			Name: "facts", Share: 1, Age: func() time.Duration { return time.Hour },
			Measure: func(context.Context, store.Queries) (int64, int64, time.Time, error) {
				return rows, rows * 70, time.Time{}, nil
			},
			Trim: func(ctx context.Context, q store.Queries, olderThan time.Time, n int) (int, error) {
				began := time.Now()
				done, err := q.Exec(ctx, `DELETE FROM facts WHERE id IN (SELECT id FROM facts WHERE at < $1
ORDER BY id LIMIT $2)`, olderThan.UnixMilli(), n)
				if err != nil {
					return 0, err
				}
				k, err := done.RowsAffected()
				mu.Lock()
				steps, deleted = append(steps, time.Since(began)), deleted+k
				mu.Unlock()
				return int(k), err
			},
		})
		b.StartTimer()
		ctx, cancel := context.WithCancel(context.Background())
		began := time.Now()
		var running sync.WaitGroup
		running.Go(func() { db.Run(ctx) })
		for gone := int64(0); gone < rows; {
			time.Sleep(5 * time.Millisecond) //nolint:forbidigo // a benchmark
			mu.Lock()
			gone = deleted
			mu.Unlock()
		}
		took := time.Since(began)
		cancel()
		running.Wait()
		b.StopTimer()
		slices.Sort(steps)
		b.ReportMetric(rows/took.Seconds(), "rows/s")
		b.ReportMetric(float64(steps[len(steps)/2].Microseconds())/1000, "ms/step-median")
		b.ReportMetric(float64(steps[len(steps)*99/100].Microseconds())/1000, "ms/step-p99")
		b.ReportMetric(float64(steps[len(steps)-1].Microseconds())/1000, "ms/step-max")
		db.Close(context.Background())
		b.StartTimer()
	}
}

// BenchmarkOpen opens and closes databases of several sizes, which are in the page cache.
func BenchmarkOpen(b *testing.B) {
	for name, rows := range map[string]int64{"empty": 0, "15MiB": 200_000, "70MiB": 1_000_000} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "bunkerm.db")
			factsDB(b, path, rows).Close(context.Background())
			for b.Loop() {
				db, err := store.Open(context.Background(), store.Options{Path: path, Migrations: []store.Migration{facts()}})
				if err != nil {
					b.Fatal(err)
				}
				if err := db.Close(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
