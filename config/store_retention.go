package config

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// keptFor is how long versions are kept. The newest leastKept of each file stay whatever their age, because a broker that
// nobody touches for years still has something to go back to.
const (
	keptFor   = 400 * 24 * time.Hour
	leastKept = 20
	mostKept  = 1000 // of each file
)

// Kinds are the data of this room for store.DB.Keep.
func (s *Service) Kinds() []store.Kind {
	return []store.Kind{{
		Name: "config versions", Age: func() time.Duration { return keptFor }, Share: 0.1,
		Measure: s.measure, Trim: s.trim,
	}}
}

func (s *Service) measure(ctx context.Context, q store.Queries) (rows, size int64, oldest time.Time, err error) {
	var ms sql.NullInt64
	err = q.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(LENGTH(content) + LENGTH(comment) + LENGTH(detail) + 200), 0), MIN(time)
FROM config_versions WHERE broker = $1`, s.o.Store.Broker()).Scan(&rows, &size, &ms)
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("measuring versions: %w", err)
	}
	if ms.Valid {
		oldest = time.UnixMilli(ms.Int64).UTC()
	}
	return rows, size, oldest, nil
}

// trim takes the oldest versions away that are old enough, and those beyond mostKept.
func (s *Service) trim(ctx context.Context, q store.Queries, olderThan time.Time, most int) (int, error) {
	result, err := q.Exec(ctx, `DELETE FROM config_versions WHERE broker = $1 AND id IN (
	SELECT id FROM (
		SELECT id, time, ROW_NUMBER() OVER (PARTITION BY file ORDER BY id DESC) AS place
		FROM config_versions WHERE broker = $1
	) AS numbered
	WHERE place > $3 AND (time < $2 OR place > $4) ORDER BY id LIMIT $5)`,
		s.o.Store.Broker(), olderThan.UnixMilli(), leastKept, mostKept, most)
	if err != nil {
		return 0, fmt.Errorf("trimming versions: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}
