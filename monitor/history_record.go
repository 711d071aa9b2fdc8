package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// mostWaiting is how many samples wait at most while the database cannot be written: an hour of them.
const mostWaiting = 360

// recorder writes history: what the figures were in each ten seconds, and what that comes to over longer times.
//
// A sample has its place by the clock, so when the clock is set back what follows replaces what was there, and there are
// no two samples of one time. Longer times are worked out from the samples that are stored, a quarter of an hour at
// once, as often as one wishes: whatever ends us in between, the next run goes on from the mark.
type recorder struct {
	db    *store.DB
	clock func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	slot    int64 // the beginning of the present ten seconds, in milliseconds; 0 before the first
	present [figureCount]point
	pushed  int64 // the slot that waits or was written last
	waiting []waitingSample

	condensed int64 // what was written before it has become points; belongs to run
	failing   bool
}

type waitingSample struct {
	slot    int64
	figures []byte
}

func newRecorder(db *store.DB, clock func() time.Time, log *slog.Logger) *recorder {
	return &recorder{db: db, clock: clock, log: log}
}

// open reads where the recorder was when it ended, and what of the broker's counters was ours then.
func (r *recorder) open(ctx context.Context) (saved *savedLedger, err error) {
	err = r.db.Read(ctx, func(ctx context.Context, q store.Queries) error {
		r.condensed, saved, err = history{q, r.db.Broker()}.marks(ctx)
		return err
	})
	return saved, err
}

// take adds the figures of a tick.
func (r *recorder) take(values *snapshot, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(at)
	for i, v := range values {
		if !math.IsNaN(v) {
			r.present[i].add(pointOf(v))
		}
	}
}

// turn begins the ten seconds of a time where they are not the present ones. The caller holds the lock.
func (r *recorder) turn(at time.Time) {
	slot := down(at.UnixMilli(), tierTable()[tierRaw].step)
	if slot == r.slot {
		return
	}
	r.push()
	r.slot = slot
}

// push ends the present ten seconds. The caller holds the lock.
func (r *recorder) push() {
	var p packer
	for i, v := range r.present {
		if v.n > 0 {
			p.add(i, v)
		}
	}
	r.present = [figureCount]point{}
	if len(p.out) == 0 {
		return
	}
	if len(r.waiting) == mostWaiting {
		r.waiting = r.waiting[1:]
	}
	r.waiting = append(r.waiting, waitingSample{r.slot, p.out})
	r.pushed = r.slot
}

// fill gives the ten seconds that have just ended the present figures where the broker told nothing in them: it tells
// its figures at its own pace, and what it does not tell has not changed.
func (r *recorder) fill(values *snapshot, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	step := tierTable()[tierRaw].step
	ended := down(at.UnixMilli(), step) - step.Milliseconds()
	r.turn(at)
	if r.pushed == ended {
		return
	}
	now, slot := r.present, r.slot
	r.present, r.slot = [figureCount]point{}, ended
	for i, v := range values {
		if !math.IsNaN(v) {
			r.present[i] = pointOf(v)
		}
	}
	r.push()
	r.present, r.slot = now, slot
}

// run writes at the end of each ten seconds until ctx ends, and what is there then.
func (r *recorder) run(ctx context.Context, now func() (snapshot, *sample, bool), ledger func() *savedLedger) {
	step := tierTable()[tierRaw].step
	for {
		at := r.clock()
		next := time.NewTimer(time.UnixMilli(down(at.UnixMilli(), step)).Add(step).Sub(at))
		select {
		case <-next.C:
			values, _, _ := now()
			r.fill(&values, r.clock())
			r.write(ctx, ledger())
		case <-ctx.Done():
			next.Stop()
			r.mu.Lock()
			r.push()
			r.mu.Unlock()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			r.write(last, ledger())
			return
		}
	}
}

// write writes what waits and condenses what is over. What cannot be written waits; while the disk is too full it is
// thrown away, and a gap remains.
func (r *recorder) write(ctx context.Context, ledger *savedLedger) {
	r.mu.Lock()
	rows := r.waiting
	r.waiting = nil
	r.mu.Unlock()
	if !r.db.Recording() {
		return
	}
	err := r.writeSamples(ctx, rows, ledger)
	if err == nil {
		err = r.condense(ctx)
		rows = nil
	}
	if err == nil {
		r.failing = false
		return
	}
	r.mu.Lock()
	r.waiting = append(rows, r.waiting...)
	r.waiting = r.waiting[max(0, len(r.waiting)-mostWaiting):]
	r.mu.Unlock()
	if !r.failing && ctx.Err() == nil {
		r.log.WarnContext(ctx, "history cannot be written; it is kept for an hour", "error", err)
		r.failing = true
	}
}

func (r *recorder) writeSamples(ctx context.Context, rows []waitingSample, ledger *savedLedger) error {
	condensed := r.condensed
	err := r.db.Write(ctx, func(ctx context.Context, q store.Queries) error {
		h := history{q, r.db.Broker()}
		condensed = r.condensed
		for _, row := range rows {
			if err := h.putSample(ctx, row.slot, row.figures); err != nil {
				return err
			}
			// The clock was set back: what has become points becomes points again.
			condensed = min(condensed, down(row.slot, settled))
		}
		return h.setMarks(ctx, condensed, ledger)
	})
	if err != nil {
		return fmt.Errorf("writing history: %w", err)
	}
	r.condensed = condensed
	return nil
}

// condense makes points of the samples of each quarter of an hour that is over, one transaction each, so that others
// get their turn in between.
func (r *recorder) condense(ctx context.Context) error {
	until := down(r.clock().UnixMilli(), settled)
	for r.condensed < until {
		next := until
		err := r.db.Write(ctx, func(ctx context.Context, q store.Queries) error {
			h := history{q, r.db.Broker()}
			first, found, err := h.nextSample(ctx, r.condensed, until)
			if err != nil {
				return err
			}
			if next = until; found {
				next = down(first, settled) + settled.Milliseconds()
				if err := h.condense(ctx, next-settled.Milliseconds()); err != nil {
					return err
				}
			}
			return h.setCondensed(ctx, next)
		})
		if err != nil {
			return fmt.Errorf("condensing history: %w", err)
		}
		r.condensed = next
	}
	return nil
}
