package audit

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/store/storetest"
)

// house is a record that is being written.
type house struct {
	*Log
	t    *testing.T
	db   *store.DB
	stop func()

	mu  sync.Mutex
	now time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func openHouse(t *testing.T, path, file string) *house {
	t.Helper()
	return openOn(t, store.Options{Path: path}, file)
}

func openOn(t *testing.T, o store.Options, file string) *house {
	t.Helper()
	h := &house{t: t, now: time.UnixMilli(1_800_000_000_000)}
	o.Migrations, o.Clock = Migrations(), h.clock
	h.db = storetest.OpenWith(t, o)
	log, err := Open(Options{Store: h.db, Clock: h.clock, File: file})
	if err != nil {
		t.Fatal(err)
	}
	h.Log = log
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- log.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(h.stop)
	return h
}

func (h *house) list(f Filter) []Entry {
	h.t.Helper()
	page, _, err := h.Entries(h.t.Context(), f, 0, 100_000)
	if err != nil {
		h.t.Fatal(err)
	}
	return page
}

func (h *house) verified() Verified {
	h.t.Helper()
	v, err := h.Verify(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *house) add(n int) {
	for i := range n {
		e := Entry{Actor: "jo", Via: "session", Action: "client.create", Object: fmt.Sprintf("client/%d", i)}
		h.Add(h.t.Context(), e.With(nil, map[string]int{"n": i}))
	}
}

func (h *house) spoil(sql string) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, sql)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// record is what app hands in, without anybody known.
func (h *house) record(ctx context.Context, action, object string, before, after any) {
	h.Add(ctx, Entry{Via: ViaSystem, Action: action, Object: object}.With(before, after))
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !condition() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
