package notify

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// Kinds are the data of this room for store.DB.Keep. Run takes messages away much sooner; this is for those that a program
// without it leaves behind.
func (s *Service) Kinds() []store.Kind {
	return []store.Kind{{
		Name: "notifications", Age: func() time.Duration { return 2 * longestWait }, Share: 0.02,
		Measure: s.measure, Trim: s.trim,
	}}
}

func (s *Service) measure(ctx context.Context, q store.Queries) (rows, size int64, oldest time.Time, err error) {
	var ms sql.NullInt64
	err = q.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(LENGTH(message) + 200), 0), MIN(created)
FROM notify_outbox WHERE broker = $1`, s.o.Store.Broker()).Scan(&rows, &size, &ms)
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("measuring notifications: %w", err)
	}
	if ms.Valid {
		oldest = time.UnixMilli(ms.Int64).UTC()
	}
	return rows, size, oldest, nil
}

func (s *Service) trim(ctx context.Context, q store.Queries, olderThan time.Time, most int) (int, error) {
	result, err := q.Exec(ctx, `DELETE FROM notify_outbox WHERE broker = $1 AND id IN (
	SELECT id FROM notify_outbox WHERE broker = $1 AND created < $2 ORDER BY id LIMIT $3)`,
		s.o.Store.Broker(), olderThan.UnixMilli(), most)
	if err != nil {
		return 0, fmt.Errorf("trimming notifications: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}
