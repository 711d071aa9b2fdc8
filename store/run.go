package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// watchEvery is how often the disk is asked how full it is.
const watchEvery = time.Second

// Run watches the disk, throws away what is too old or too much, and moves the WAL into the file, in small steps, until
// ctx ends. It may be called once. It returns nil: what does not work is in Status, and is tried again.
func (db *DB) Run(ctx context.Context) error {
	if db.running.Swap(true) {
		return errors.New("the database is looked after already")
	}
	var loops sync.WaitGroup
	loops.Go(func() {
		db.loop(ctx, watchEvery, func(ctx context.Context) error {
			db.watchDisk(ctx)
			db.watchFile(ctx)
			db.probe(ctx)
			return nil
		})
	})
	loops.Go(func() {
		moving := &checkpoints{db: db}
		defer moving.drop()
		db.loop(ctx, checkpointEvery, func(ctx context.Context) error {
			err := moving.tick(ctx)
			if err != nil {
				moving.drop()
			}
			return err
		})
	})
	loops.Go(func() {
		keeping := &retention{db: db, vacuumStep: firstVacuumStep}
		db.loop(ctx, measureEvery, keeping.tick)
	})
	loops.Wait()
	return nil
}

// loop calls f at once and then again and again.
func (db *DB) loop(ctx context.Context, every time.Duration, f func(context.Context) error) {
	again := time.NewTicker(every)
	defer again.Stop()
	var report sparingly
	for {
		if err := f(ctx); err != nil && ctx.Err() == nil {
			db.suffer(ctx, err)
			// What hinders the database is in the log already.
			if !fault.Is(db.explain(err), fault.Unavailable) {
				report.warn(ctx, db.o.Logger, "looking after the database does not work", "error", inOneLine(err))
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}
