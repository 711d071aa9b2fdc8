package store

import (
	"context"
	"fmt"
	"math/bits"
)

const (
	firstVacuumStep = 128  // pages
	mostVacuumStep  = 4096 // pages
	keptPages       = 1024 // free pages that always stay, for the next rows
)

// giveBack gives free pages back to the file system, in steps. An eighth of the file stays for the next rows, unless the
// disk or the file is too full.
func (r *retention) giveBack(ctx context.Context, limit int64) error {
	for {
		var p pages
		err := r.db.Read(ctx, func(ctx context.Context, q Queries) (err error) {
			p, err = readPages(ctx, q)
			return err
		})
		if err != nil {
			return err
		}
		keep := max(p.count/8, keptPages)
		if p.bytes() > limit || !r.db.Recording() {
			keep = 0
		}
		n := min(int64(r.vacuumStep), p.free-keep)
		if n <= 0 {
			return nil
		}
		// A PRAGMA takes no parameters. Only powers of two, because each text is a statement that is kept.
		n = 1 << (bits.Len64(uint64(n)) - 1)
		took, err := r.step(ctx, func(ctx context.Context, q Queries) error {
			_, err := q.Exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", n))
			return err
		})
		if err != nil {
			return fmt.Errorf("giving free pages back: %w", err)
		}
		r.db.shrunk.Store(true)
		r.vacuumStep = adapt(r.vacuumStep, mostVacuumStep, took)
		if err := rest(ctx, took); err != nil {
			return err
		}
	}
}
