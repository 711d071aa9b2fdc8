package anomaly

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// How long incidents and findings are kept.
const (
	alertsKept   = 400 * 24 * time.Hour
	findingsKept = 30 * 24 * time.Hour
)

// Kinds are the data of this room for store.DB.Keep.
func (s *Service) Kinds() []store.Kind {
	return []store.Kind{
		{
			Name: "alerts", Age: func() time.Duration { return alertsKept }, Share: 0.05,
			Measure: s.measure(`SELECT COUNT(*), COALESCE(SUM(LENGTH(detail) + 200), 0), MIN(last_seen) FROM anomaly_alerts WHERE broker = $1`),
			Trim:    s.trimAlerts,
		},
		{
			Name: "anomalies", Age: func() time.Duration { return findingsKept }, Share: 0.05,
			Measure: s.measure(`SELECT COUNT(*), COUNT(*) * 500, MIN(time) FROM anomaly_findings WHERE broker = $1`),
			Trim:    s.trimFindings,
		},
	}
}

func (s *Service) measure(query string) func(context.Context, store.Queries) (int64, int64, time.Time, error) {
	return func(ctx context.Context, q store.Queries) (rows, size int64, oldest time.Time, err error) {
		var ms sql.NullInt64
		if err = q.QueryRow(ctx, query, s.o.Store.Broker()).Scan(&rows, &size, &ms); err != nil {
			return 0, 0, time.Time{}, fmt.Errorf("measuring: %w", err)
		}
		if ms.Valid {
			oldest = moment(ms.Int64)
		}
		return rows, size, oldest, nil
	}
}

// trimAlerts takes the oldest incidents away that are over.
func (s *Service) trimAlerts(ctx context.Context, q store.Queries, olderThan time.Time, most int) (int, error) {
	broker := s.o.Store.Broker()
	result, err := q.Exec(ctx, `DELETE FROM anomaly_alerts WHERE broker = $1 AND id IN (
	SELECT id FROM anomaly_alerts WHERE broker = $1 AND closed_at > 0 AND last_seen < $2 ORDER BY last_seen LIMIT $3)`,
		broker, olderThan.UnixMilli(), most)
	if err != nil {
		return 0, fmt.Errorf("trimming incidents: %w", err)
	}
	if _, err := q.Exec(ctx, `DELETE FROM anomaly_members WHERE broker = $1 AND alert NOT IN (SELECT id FROM anomaly_alerts WHERE broker = $1)`, broker); err != nil {
		return 0, fmt.Errorf("trimming the members of incidents: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (s *Service) trimFindings(ctx context.Context, q store.Queries, olderThan time.Time, most int) (int, error) {
	result, err := q.Exec(ctx, `DELETE FROM anomaly_findings WHERE broker = $1 AND id IN (
	SELECT id FROM anomaly_findings WHERE broker = $1 AND time < $2 ORDER BY time LIMIT $3)`,
		s.o.Store.Broker(), olderThan.UnixMilli(), most)
	if err != nil {
		return 0, fmt.Errorf("trimming findings: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}
