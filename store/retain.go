package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	retainEvery  = time.Minute     // how often everything is looked at
	measureEvery = 5 * time.Second // how often the file is

	firstStep = 200                   // rows of the first step; it is adapted to
	stepTime  = 20 * time.Millisecond // for which the writer is kept from others, and is never more than
	mostStep  = 2000                  // rows

	// trimTo is how far below the limit the pages in use are brought, so that it does not begin again at once.
	trimTo = 0.98
)

// pages is how large the database is.
type pages struct{ size, count, free int64 }

func (p pages) used() int64  { return (p.count - p.free) * p.size }
func (p pages) bytes() int64 { return p.count * p.size }

func readPages(ctx context.Context, q Queries) (p pages, err error) {
	for pragma, into := range map[string]*int64{"page_size": &p.size, "page_count": &p.count, "freelist_count": &p.free} {
		if err := q.QueryRow(ctx, "PRAGMA "+pragma).Scan(into); err != nil {
			return p, fmt.Errorf("reading the size of the database: %w", err)
		}
	}
	return p, nil
}

// retention throws away what is too old or too much.
type retention struct {
	db   *DB
	last time.Time // when everything was looked at
	// vacuumStep is how many pages the next step of giving back takes.
	vacuumStep int
}

// tick looks at the size of the file, and at everything when a minute is over or the file is too large. A kind that
// does not work does not keep the others from being looked after.
func (r *retention) tick(ctx context.Context) error {
	limit, p, err := r.measure(ctx)
	if err != nil {
		return err
	}
	full := time.Since(r.last) >= retainEvery
	if full {
		r.last = time.Now()
	}
	var errs []error
	if full || p.used() > limit {
		errs = append(errs, r.measureKinds(ctx, limit))
	}
	if full {
		errs = append(errs, r.trimOld(ctx))
	}
	if p.used() > limit {
		errs = append(errs, r.trimLarge(ctx, limit))
	}
	return errors.Join(append(errs, r.giveBack(ctx, limit))...)
}

// measure reads the limit and the size, and remembers them for Status.
func (r *retention) measure(ctx context.Context) (limit int64, p pages, err error) {
	var setting Retention
	if _, err := r.db.Setting(ctx, RetentionSetting, &setting); err != nil {
		return 0, p, err
	}
	limit = r.db.limit(setting)
	err = r.db.Read(ctx, func(ctx context.Context, q Queries) error {
		p, err = readPages(ctx, q)
		return err
	})
	r.db.mu.Lock()
	r.db.limitBytes, r.db.usedBytes = limit, p.used()
	r.db.mu.Unlock()
	return limit, p, err
}

// measureKinds asks the kinds how much they have, each in a transaction of its own: what one of them counts must not
// keep the WAL for the others.
func (r *retention) measureKinds(ctx context.Context, limit int64) error {
	var errs []error
	for _, k := range r.db.kinds {
		err := r.db.Read(ctx, func(ctx context.Context, q Queries) error {
			rows, bytes, oldest, err := k.Measure(ctx, q)
			if err != nil {
				return err
			}
			r.db.mu.Lock()
			defer r.db.mu.Unlock()
			k.status.Rows, k.status.Bytes, k.status.Oldest = rows, bytes, oldest
			k.status.Age, k.status.LimitBytes = k.age(), int64(float64(limit)*k.Share)
			return nil
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("measuring %s: %w", k.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (k *keeping) age() time.Duration {
	if k.Age == nil {
		return 0
	}
	return max(k.Age(), 0)
}

// trimOld deletes what is too old, of each kind.
func (r *retention) trimOld(ctx context.Context) error {
	var errs []error
	for _, k := range r.db.kinds {
		age := k.age()
		for more := age > 0; more; {
			var err error
			_, more, err = r.trim(ctx, k, r.db.o.Clock().Add(-age))
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// anyTime is later than every row, also when the clock has been wrong.
func anyTime() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// trimLarge deletes the oldest rows of the kind that is most above its share, until the pages in use are below the limit
// or no kind has rows to give.
func (r *retention) trimLarge(ctx context.Context, limit int64) error {
	target := int64(float64(limit) * trimTo)
	empty := map[*keeping]bool{}
	var errs []error
	for {
		k := r.largest(limit, empty)
		if k == nil {
			return errors.Join(errs...)
		}
		p, more, err := r.trim(ctx, k, anyTime())
		if err == nil && p.used() <= target {
			return errors.Join(errs...)
		}
		errs = append(errs, err)
		empty[k] = !more
	}
}

// largest is the kind that is most above its share of the limit; nil where all are empty.
func (r *retention) largest(limit int64, empty map[*keeping]bool) *keeping {
	r.db.mu.Lock()
	defer r.db.mu.Unlock()
	var most *keeping
	above := func(k *keeping) int64 { return k.status.Bytes - int64(k.Share*float64(limit)) }
	for _, k := range r.db.kinds {
		if !empty[k] && (most == nil || above(k) > above(most)) {
			most = k
		}
	}
	return most
}

// trim deletes one step of a kind, and rests for as long as the step took, so that others write half of the time at
// least. more is false when there are no more rows.
func (r *retention) trim(ctx context.Context, k *keeping, olderThan time.Time) (p pages, more bool, err error) {
	var deleted int
	var freed int64
	took, err := r.step(ctx, func(ctx context.Context, q Queries) error {
		before, err := readPages(ctx, q)
		if err != nil {
			return err
		}
		if deleted, err = k.Trim(ctx, q, olderThan, k.step); err != nil {
			return err
		}
		p, err = readPages(ctx, q)
		freed = before.used() - p.used()
		return err
	})
	if err != nil {
		return p, false, fmt.Errorf("deleting old rows of %s: %w", k.Name, err)
	}
	more = deleted >= k.step
	r.db.mu.Lock()
	k.status.Trimmed += int64(deleted)
	k.status.Rows = max(k.status.Rows-int64(deleted), 0)
	k.status.Bytes = max(k.status.Bytes-freed, 0)
	r.db.usedBytes = p.used()
	r.db.mu.Unlock()
	if more {
		k.step = adapt(k.step, mostStep, took)
	}
	if err := rest(ctx, took); err != nil {
		return p, false, err
	}
	return p, more, nil
}

// step runs a transaction, and says for how long it kept the writer.
func (r *retention) step(ctx context.Context, f func(context.Context, Queries) error) (took time.Duration, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, q Queries) error {
		began := time.Now()
		defer func() { took = time.Since(began) }()
		return f(ctx, q)
	})
	return took, err
}

// adapt is how large the next step is, after one of n took so long.
func adapt(n, most int, took time.Duration) int {
	switch {
	case took > stepTime:
		n = int(int64(n) * int64(stepTime) / int64(took))
	case took < stepTime/2:
		n *= 2
	}
	return min(max(n, 10), most)
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
