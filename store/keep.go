package store

import (
	"context"
	"time"
)

// Kind is one kind of data that is kept for some time and up to some size.
type Kind struct {
	Name string
	// Age is how long rows are kept; 0 or less: until room is needed. It is asked each time, because people change it.
	Age func() time.Duration
	// Share is the part of the limit of all kinds together, 0 to 1, that this kind may have when room is needed. The
	// shares need not add up to 1: a kind may be larger as long as there is room.
	Share float64
	// Measure says how much there is; it is called up to once a minute, and every few seconds while room is being made,
	// so it estimates rather than counts millions of rows. bytes includes the indexes. oldest is zero where there is
	// nothing.
	Measure func(ctx context.Context, q Queries) (rows, bytes int64, oldest time.Time, err error)
	// Trim deletes up to rows of the oldest rows that are older than a time, and says how many it has deleted. Fewer
	// than rows means that there are no more.
	Trim func(ctx context.Context, q Queries, olderThan time.Time, rows int) (int, error)
}

// Keep has kinds of data thrown away when they are too old, or too large together. Call it before Run.
func (db *DB) Keep(kinds ...Kind) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, k := range kinds {
		db.kinds = append(db.kinds, &keeping{Kind: k, step: firstStep})
	}
}

// keeping is a Kind and what is known of it.
type keeping struct {
	Kind
	step   int        // how many rows the next step deletes
	status KindStatus // guarded by DB.mu
}

// RetentionSetting is the name of the setting, of type Retention, that limits all kinds of data together.
const RetentionSetting = "retention"

// Retention is how large the database may become: the smaller of both. 0 stands for the default.
type Retention struct {
	LimitBytes  int64   `json:"limit_bytes"`  // default 2 GiB; at least 16 MiB
	DiskPercent float64 `json:"disk_percent"` // of the disk that the database is on; default 10
}

const (
	defaultLimitBytes  = 2 << 30
	defaultDiskPercent = 10.0
	leastLimitBytes    = 16 << 20
)

// limit is how many bytes the pages in use may have.
func (db *DB) limit(r Retention) int64 {
	if r.LimitBytes <= 0 {
		r.LimitBytes = defaultLimitBytes
	}
	if r.DiskPercent <= 0 {
		r.DiskPercent = defaultDiskPercent
	}
	limit := r.LimitBytes
	if space := db.space.Load(); space != nil && space.Total > 0 {
		limit = min(limit, int64(float64(space.Total)*r.DiskPercent/100))
	}
	return max(limit, leastLimitBytes)
}
