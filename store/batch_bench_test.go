package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// facts is a table as services have it: integers, and three indexes.
func facts() store.Migration {
	return store.Migration{Name: "facts/0001", SQL: `
CREATE TABLE facts (id INTEGER PRIMARY KEY, broker INTEGER NOT NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL,
	client INTEGER NOT NULL, username INTEGER NOT NULL, topic INTEGER NOT NULL, n INTEGER NOT NULL);
CREATE INDEX facts_client ON facts (client, id);
CREATE INDEX facts_username ON facts (username, id);
CREATE INDEX facts_kind ON facts (kind, id);`}
}

type fact struct{ at, kind, client, username, topic, n int64 }

// someFact is like what a busy broker gives: 2,000 clients of 200 users on 5,000 topics.
func someFact(i int64) fact {
	return fact{at: i, kind: i % 7, client: i * 7919 % 2000, username: i * 104729 % 200, topic: i * 1299709 % 5000, n: 1}
}

func writeFacts(db *store.DB) func(context.Context, store.Queries, []fact) error {
	return func(ctx context.Context, q store.Queries, rows []fact) error {
		for _, f := range rows {
			_, err := q.Exec(ctx, `INSERT INTO facts (broker, at, kind, client, username, topic, n)
VALUES ($1, $2, $3, $4, $5, $6, $7)`, db.Broker(), f.at, f.kind, f.client, f.username, f.topic, f.n)
			if err != nil {
				return err
			}
		}
		return nil
	}
}

// page reads 50 rows of a client behind a place.
func page(db *store.DB, client, before int64) error {
	return db.Read(context.Background(), func(ctx context.Context, q store.Queries) error {
		rows, err := q.Query(ctx, `SELECT id, at, kind, topic, n FROM facts WHERE client = $1 AND id < $2
ORDER BY id DESC LIMIT 50`, client, before)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, at, kind, topic, n int64
			if err := rows.Scan(&id, &at, &kind, &topic, &n); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// BenchmarkBatcher writes integer rows with three indexes while two readers page and DB.Run keeps the file small.
func BenchmarkBatcher(b *testing.B) {
	db := storetest.OpenWith(b, store.Options{Migrations: []store.Migration{facts()}})
	batcher := store.NewBatcher(db, store.BatchOptions[fact]{Name: "facts", Queue: 20_000, Write: writeFacts(db)})
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { batcher.Run(ctx) })
	running.Go(func() { db.Run(ctx) })
	pages := make([]int64, 2)
	for r := range pages {
		running.Go(func() {
			pause := time.NewTicker(2 * time.Millisecond)
			defer pause.Stop()
			for i := int64(r); ctx.Err() == nil; i++ {
				if err := page(db, i*31%2000, 1<<60); err != nil {
					b.Error(err)
				}
				pages[r]++
				<-pause.C
			}
		})
	}
	b.ResetTimer()
	start := time.Now()
	for i := range int64(b.N) {
		if err := batcher.Add(ctx, someFact(i)); err != nil {
			b.Fatal(err)
		}
	}
	if err := batcher.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start).Seconds()
	b.StopTimer()
	cancel()
	running.Wait()
	b.ReportMetric(float64(b.N)/took, "rows/s")
	b.ReportMetric(float64(pages[0]+pages[1])/took, "pages/s")
	if s := batcher.Stats(); s.Written != int64(b.N) || s.Dropped != 0 {
		b.Errorf("%+v", s)
	}
}
