package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// recorded remembers which batches were committed, and which were tried.
type recorded struct {
	mu         sync.Mutex
	sizes      []int
	rolledBack int
}

func (r *recorded) write(ctx context.Context, q store.Queries, ids []int64) error {
	r.mu.Lock()
	r.sizes = append(r.sizes, len(ids))
	r.mu.Unlock()
	return writeIDs(ctx, q, ids)
}

func (r *recorded) undone() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rolledBack++
}

// inBubble runs a subtest in which the pauses between tries take no time.
func inBubble(t *testing.T, name string, f func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func numbers(from, to int64) (ids []int64) {
	for id := from; id < to; id++ {
		ids = append(ids, id)
	}
	return ids
}

// stored are the ids in the table, in their order.
func stored(t *testing.T, db *store.DB) (ids []int64) {
	t.Helper()
	err := db.Read(within(t), func(ctx context.Context, q store.Queries) error {
		rows, err := q.Query(ctx, "SELECT id FROM things ORDER BY id")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestBatchesAreOfTheirSize(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func(store.Options) *store.DB) {
		db := open(store.Options{Migrations: []store.Migration{things()}})
		var r recorded
		b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Size: 10, Every: time.Hour, Write: r.write})
		if err := b.Add(within(t), numbers(0, 25)...); err != nil {
			t.Fatal(err)
		}
		inBackground(t, b.Run)
		// Two batches are full. What is left waits an hour for others, except that somebody who has the writer's
		// attention gets all of it: Run empties the queue once it writes.
		until(t, "everything is written", func() bool { return b.Stats().Written == 25 })
		if diff := cmp.Diff([]int{10, 10, 5}, r.sizes); diff != "" {
			t.Error(diff)
		}
		if err := b.Add(within(t), 100); err != nil {
			t.Fatal(err)
		}
		if s := b.Stats(); s.Queued != 1 || s.Written != 25 {
			t.Errorf("one row waits for an hour: %+v", s)
		}
		if err := b.Flush(within(t)); err != nil {
			t.Fatal(err)
		}
		if got := stored(t, db); !slices.Equal(got, append(numbers(0, 25), 100)) {
			t.Errorf("stored %v", got)
		}
		if s := db.Status(); len(s.Batchers) != 1 || s.Batchers[0] != b.Stats() {
			t.Errorf("status = %+v", s)
		}
	})
}

func TestRowsDoNotWaitLong(t *testing.T) {
	db := storetest.Open(t, things())
	b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Write: writeIDs})
	inBackground(t, b.Run)
	for id := range int64(3) {
		if err := b.Add(within(t), id); err != nil {
			t.Fatal(err)
		}
		until(t, "a single row is written", func() bool { return b.Stats().Written == id+1 })
	}
}

func TestFullQueueWaits(t *testing.T) {
	db := storetest.Open(t, things())
	b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Size: 4, Queue: 10, Write: writeIDs})
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := b.Add(soon, numbers(0, 12)...); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("twelve rows for ten places: %v", err)
	}
	if s := b.Stats(); s.Queued != 10 || s.Dropped != 0 {
		t.Errorf("stats = %+v", s)
	}
	added := make(chan error)
	go func() { added <- b.Add(within(t), numbers(10, 100)...) }()
	inBackground(t, b.Run)
	if err := <-added; err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, db); !slices.Equal(got, numbers(0, 100)) {
		t.Errorf("stored %v", got)
	}
}

func TestFullQueueDrops(t *testing.T) {
	db := storetest.Open(t, things())
	b := store.NewBatcher(db, store.BatchOptions[int64]{
		Name: "things", Size: 4, Queue: 10, DropWhenFull: true, Write: writeIDs,
	})
	if err := b.Add(within(t), numbers(0, 12)...); err != nil {
		t.Fatal(err)
	}
	if s := b.Stats(); s.Queued != 10 || s.Dropped != 2 {
		t.Errorf("stats = %+v", s)
	}
	if err := b.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, db); !slices.Equal(got, numbers(0, 10)) {
		t.Errorf("stored %v", got)
	}
}

// TestBadRowsDoNotStopOthers has rows that can never be written among others.
func TestBadRowsDoNotStopOthers(t *testing.T) {
	bad := func(id int64) bool { return id == 0 || id == 333 || id == 334 || id == 999 }
	tests := map[string]error{
		"constraint": nil,
		"invalid":    fault.New(fault.Invalid, "the name is too long"),
		"unclear":    errors.New("no such function: surprise"),
	}
	for name, own := range tests {
		inBubble(t, name, func(t *testing.T) {
			db := storetest.Open(t, things())
			var r recorded
			b := store.NewBatcher(db, store.BatchOptions[int64]{
				Name: "things", RolledBack: r.undone,
				Write: func(ctx context.Context, q store.Queries, ids []int64) error {
					for _, id := range ids {
						if bad(id) && own != nil {
							return own
						}
						if bad(id) { // the column is NOT NULL
							if _, err := q.Exec(ctx, "INSERT INTO things (id, name) VALUES ($1, $2)", id, nil); err != nil {
								return err
							}
						}
						if err := writeIDs(ctx, q, []int64{id}); err != nil {
							return err
						}
					}
					return nil
				},
			})
			inBackground(t, b.Run)
			if err := b.Add(within(t), numbers(0, 1000)...); err != nil {
				t.Fatal(err)
			}
			until(t, "the good rows are written", func() bool { return b.Stats().Written == 996 })
			until(t, "the bad ones are dropped", func() bool { return b.Stats().Dropped == 4 })
			if s := b.Stats(); s.Queued != 0 || s.Failing != "" {
				t.Errorf("stats = %+v", s)
			}
			if r.rolledBack < 4 {
				t.Errorf("RolledBack was called %d times", r.rolledBack)
			}
			if got, want := stored(t, db), slices.DeleteFunc(numbers(0, 1000), bad); !slices.Equal(got, want) {
				t.Errorf("stored %d rows: %v", len(got), got)
			}
		})
	}
}

// TestFailureThatPasses keeps the rows, and their order, while writing does not work.
func TestFailureThatPasses(t *testing.T) {
	db := storetest.Open(t, things())
	var mu sync.Mutex
	failing := fault.New(fault.Unavailable, "the moon is full")
	b := store.NewBatcher(db, store.BatchOptions[int64]{
		Name: "things", Size: 10, Write: func(ctx context.Context, q store.Queries, ids []int64) error {
			mu.Lock()
			defer mu.Unlock()
			if failing != nil {
				return failing
			}
			return writeIDs(ctx, q, ids)
		},
	})
	inBackground(t, b.Run)
	if err := b.Add(within(t), numbers(0, 50)...); err != nil {
		t.Fatal(err)
	}
	until(t, "it says that it fails", func() bool { return b.Stats().Failing == "the moon is full" })
	if s := db.Status(); s.State != store.Failing || !strings.Contains(s.Detail, "things") || s.Since.IsZero() {
		t.Errorf("status = %+v", s)
	}
	if err := b.Flush(within(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("flushing: %v", err)
	}
	mu.Lock()
	failing = nil
	mu.Unlock()
	until(t, "everything is written", func() bool { return b.Stats().Written == 50 })
	if s := db.Status(); s.State != store.Recording {
		t.Errorf("status = %+v", s)
	}
	if got := stored(t, db); !slices.Equal(got, numbers(0, 50)) {
		t.Errorf("stored %v", got)
	}
}

func TestEndWritesWhatIsQueued(t *testing.T) {
	db := storetest.Open(t, things())
	b := store.NewBatcher(db, store.BatchOptions[int64]{Name: "things", Size: 10, Every: time.Hour, Write: writeIDs})
	stop := inBackground(t, b.Run)
	if err := b.Add(within(t), 1, 2, 3); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := stored(t, db); len(got) != 3 {
		t.Errorf("stored %v", got)
	}
	if err := b.Add(within(t), 4); !fault.Is(err, fault.Unavailable) {
		t.Errorf("adding after the end: %v", err)
	}
}

// TestEndDoesNotWaitForEver has rows that cannot be written, and somebody who waits for room.
func TestEndDoesNotWaitForEver(t *testing.T) { synctest.Test(t, testEndDoesNotWaitForEver) }

func testEndDoesNotWaitForEver(t *testing.T) {
	db := storetest.Open(t, things())
	b := store.NewBatcher(db, store.BatchOptions[int64]{
		Name: "things", Queue: 3,
		Write: func(context.Context, store.Queries, []int64) error { return fault.New(fault.Unavailable, "never") },
	})
	stop := inBackground(t, b.Run)
	added := make(chan error)
	go func() { added <- b.Add(within(t), 1, 2, 3, 4) }()
	until(t, "the queue is full", func() bool { return b.Stats().Queued == 3 })
	if err := stop(); err == nil || !strings.Contains(err.Error(), "3 rows of things") {
		t.Errorf("the end: %v", err)
	}
	if err := <-added; !fault.Is(err, fault.Unavailable) {
		t.Errorf("adding: %v", err)
	}
	if s := b.Stats(); s.Dropped != 3 || s.Queued != 0 {
		t.Errorf("stats = %+v", s)
	}
}
