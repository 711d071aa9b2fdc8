package clientlogs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// filling is how a benchmark's events came into the database.
type filling struct {
	stored float64 // events a second, written in the collector's pieces while pages are read
	pages  float64 // pages a second meanwhile
	bare   float64 // events a second copied inside the database: the same rows and indexes, and nobody reads
}

// fill stores every twentieth part of the events as the collector does, while two readers page, and copies that part to
// later times until there are enough: that takes minutes instead of a quarter of an hour, and leaves the same rows.
func (p *plant) fill(b *testing.B, db *store.DB) (f filling) {
	b.Helper()
	part := max(p.n/20, min(p.n, 100_000))
	part -= part % rareEvery
	if p.n%part != 0 {
		b.Fatalf("%d events are not a multiple of %d", p.n, part)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { db.Run(ctx) })
	b.Cleanup(func() {
		cancel()
		running.Wait()
	})
	s := newStorage(db, newWords())
	p.storeUntil(b, s, pieceEvents)
	began := time.Now()
	stopReading := p.readBeside(b, db)
	p.storeUntil(b, s, part)
	took := time.Since(began).Seconds()
	f.stored, f.pages = float64(part-pieceEvents)/took, float64(stopReading())/took

	began = time.Now()
	for done := part; done < p.n; done += part {
		p.copyOn(b, db, part, done)
	}
	if p.n > part {
		f.bare = float64(p.n-part) / time.Since(began).Seconds()
	}
	return f
}

// storeUntil stores events in the pieces in which the collector does, until there are so many.
func (p *plant) storeUntil(b *testing.B, s *storage, until int) {
	b.Helper()
	for p.stored < until {
		var events []*Event
		for ; len(events) < pieceEvents && p.stored < until; p.stored++ {
			events = append(events, p.event(p.stored))
		}
		if err := s.write(b.Context(), &piece{events: events, lastID: int64(p.stored)}); err != nil {
			b.Fatal(err)
		}
	}
}

// readBeside has two readers ask for pages of one client after the other. The function it returns ends them and tells how
// many pages they read.
func (p *plant) readBeside(b *testing.B, db *store.DB) (end func() int64) {
	b.Helper()
	h := build(b, Options{Store: db})
	h.settled()
	ctx, cancel := context.WithCancel(b.Context())
	var pages atomic.Int64
	var reading sync.WaitGroup
	for reader := range uint64(2) {
		reading.Go(func() {
			r := rand.New(rand.NewPCG(reader, 1))
			pause := time.NewTicker(2 * time.Millisecond)
			defer pause.Stop()
			for ctx.Err() == nil {
				page, err := h.service.List(b.Context(), Filter{ClientID: fmt.Sprintf("device-%d", r.IntN(benchClients))}, "", 50)
				if err != nil {
					b.Error(err)
					return
				}
				if len(page.Events) > 0 {
					pages.Add(1)
				}
				<-pause.C
			}
		})
	}
	return func() int64 {
		cancel()
		reading.Wait()
		return pages.Load()
	}
}

// copyOn copies the first events, part of them, to the ids and times behind those that are there.
func (p *plant) copyOn(b *testing.B, db *store.DB, part, done int) {
	b.Helper()
	later := p.at(float64(done)/float64(p.n)).UnixMilli() - p.began.UnixMilli()
	const columns = "broker, until, kind, own, client, username, address, topic, port, protocol, keepalive, reason, qos, granted, size, count, flags, note"
	err := db.Write(b.Context(), func(ctx context.Context, q store.Queries) error {
		ctx = context.WithoutCancel(ctx)
		for _, of := range parts() {
			table := of.table()
			if _, err := q.Exec(ctx, fmt.Sprintf("INSERT INTO %s (id, time, %s) SELECT id + $1, time + $2, %s FROM %s WHERE id <= $3",
				table, columns, columns, table), done, later, part); err != nil {
				return err
			}
		}
		_, err := q.Exec(ctx, `INSERT INTO event_spans (broker, part, rows, first_id, last_id, min_time, max_time)
			SELECT broker, part, rows, first_id + $1, last_id + $1, min_time + $2, max_time + $2 FROM event_spans WHERE last_id <= $3`,
			done, later, part)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
