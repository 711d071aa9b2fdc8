package stream_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/bunkerm/bunkerm/stream"
)

func item(id int64) stream.Item[int64] { return stream.Item[int64]{ID: id, Value: -id} }

func TestRingGoesOnBehindAnyIDThatItKeeps(t *testing.T) {
	const kept = 7
	for total := range 3 * kept {
		r := stream.NewRing[int64](kept)
		for i := range total {
			r.Add(item(int64(10 * (i + 1)))) // ids may leave gaps
		}
		for after := int64(0); after <= int64(10*total)+5; after += 5 {
			items, gap, _ := r.After(after, 100)
			forgotten := int64(10 * max(0, total-kept))
			if want := after < forgotten; gap != want {
				t.Fatalf("%d of %d kept, behind %d: gap is %v, want %v", kept, total, after, gap, want)
			}
			if gap {
				continue
			}
			next := after/10*10 + 10
			for _, it := range items {
				if it.ID != next || it.Value != -next {
					t.Fatalf("%d of %d kept, behind %d: got %d, want %d", kept, total, after, it.ID, next)
				}
				next += 10
			}
			if next != int64(10*total)+10 && after < int64(10*total) {
				t.Fatalf("%d of %d kept, behind %d: ends before %d", kept, total, after, next)
			}
		}
	}
}

func TestRingRemembersWhatWasBeforeIt(t *testing.T) {
	r := stream.NewRing[int64](4)
	r.Begin(100)
	if _, gap, _ := r.After(99, 1); !gap {
		t.Error("events before the ring are not known to be missing")
	}
	if items, gap, _ := r.After(100, 1); gap || len(items) != 0 || r.Last() != 100 {
		t.Errorf("behind the beginning: %v, gap %v, last %d", items, gap, r.Last())
	}
	r.Add(item(101))
	if items, gap, _ := r.After(100, 9); gap || len(items) != 1 || r.Last() != 101 {
		t.Errorf("behind the beginning: %v, gap %v, last %d", items, gap, r.Last())
	}
}

// TestRingLosesNothingBetweenReaders has readers that follow a writer: each sees every event once and in order, or is
// told that some are forgotten.
func TestRingLosesNothingBetweenReaders(t *testing.T) {
	const total = 20000
	r := stream.NewRing[int64](64)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for at := int64(0); at < total; {
				items, gap, changed := r.After(at, 1+rand.IntN(100))
				switch {
				case gap:
					at = r.Last() - 1
				case len(items) == 0:
					<-changed
				default:
					for _, it := range items {
						if it.ID != at+1 {
							t.Errorf("%d follows %d", it.ID, at)
						}
						at = it.ID
					}
				}
			}
		})
	}
	for id := int64(1); id <= total; {
		batch := make([]stream.Item[int64], 0, 10)
		for range 1 + rand.IntN(9) {
			if id <= total {
				batch = append(batch, item(id))
				id++
			}
		}
		r.Add(batch...)
	}
	readers.Wait()
}
