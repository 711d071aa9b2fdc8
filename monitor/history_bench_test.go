package monitor

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// fillTwoYears writes what two years of a busy broker leave behind: every tier is full, and no figure stands still.
func fillTwoYears(b *testing.B, db *store.DB, now time.Time) {
	b.Helper()
	random := rand.New(rand.NewPCG(3, 4))
	keep := ObservationSettings{}.filled().Retention
	some := func(n uint64) point {
		low := float64(random.IntN(100_000)) / 8
		high := low + float64(random.IntN(10_000))/4
		return point{n, low, high, float64(n) * (low + high) / 2}
	}
	write := func(f func(context.Context, history) error) {
		b.Helper()
		err := db.Write(b.Context(), func(ctx context.Context, q store.Queries) error { return f(ctx, history{q, db.Broker()}) })
		if err != nil {
			b.Fatal(err)
		}
	}
	condensed := down(now.UnixMilli(), settled)
	tiers := tierTable()
	write(func(ctx context.Context, h history) error {
		for at := condensed - tiers[tierRaw].keep(keep).Milliseconds(); at < now.UnixMilli(); at += 10_000 {
			var p packer
			for f := range figureCount {
				p.add(int(f), some(1))
			}
			if err := h.putSample(ctx, at, p.out); err != nil {
				return err
			}
		}
		return h.setMarks(ctx, condensed, nil)
	})
	for number := tierMinute; number < tierCount; number++ {
		t := tiers[number]
		for at := down(condensed-t.keep(keep).Milliseconds(), t.chunk); at < condensed; at += t.chunk.Milliseconds() {
			write(func(ctx context.Context, h history) error {
				for f := range figureCount {
					var p packer
					for key := range int(t.chunk / t.step) {
						if at+int64(key)*t.step.Milliseconds() < condensed {
							p.add(key, some(uint64(t.step/tiers[tierRaw].step)))
						}
					}
					if err := h.putPoints(ctx, number, f, at, p.out); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
}

func BenchmarkHistory(b *testing.B) {
	db := monitorDB(b)
	now := start().Add(7*time.Hour + 8*time.Minute)
	fillTwoYears(b, db, now)
	s, err := New(b.Context(), Options{Store: db, Clock: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	one := []string{"clients.connected"}
	var twenty []string
	for _, f := range s.Figures()[:mostMetrics] {
		twenty = append(twenty, f.Name)
	}
	const day = 24 * time.Hour
	for _, c := range []struct {
		name    string
		metrics []string
		back    time.Duration
		points  int
	}{
		{"hour", one, time.Hour, 0}, {"day", one, day - time.Minute, 0}, {"day in tens of seconds", one, 13 * time.Hour, 5000},
		{"14 days", one, 13 * day, 0}, {"90 days", one, 90 * day, 0}, {"90 days of 20", twenty, 90 * day, 0}, {"2 years", one, 729 * day, 0},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				q := HistoryQuery{Metrics: c.metrics, From: now.Add(-c.back), To: now, Points: c.points}
				if _, err := s.History(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("measure", func(b *testing.B) {
		for b.Loop() {
			for _, kind := range s.Kinds() {
				err := db.Read(b.Context(), func(ctx context.Context, q store.Queries) error {
					_, _, _, err := kind.Measure(ctx, q)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.ReportMetric(float64(db.Status().FileBytes)/(1<<20), "MiB")
}
