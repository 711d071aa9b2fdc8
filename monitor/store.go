package monitor

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// Migrations are the service's tables.
//
// monitor_samples has a row for each ten seconds with all figures, monitor_points a row for each figure and piece of
// time of the coarser tiers. What a row holds is packed (packer). monitor_marks says up to when samples have become
// points, and what of the broker's counters was ours when the last sample was written.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "monitor/0001", SQL: `
CREATE TABLE monitor_samples (
	broker  INTEGER NOT NULL,
	time    INTEGER NOT NULL,
	figures BYTEA   NOT NULL,
	PRIMARY KEY (broker, time)
);
CREATE TABLE monitor_points (
	broker INTEGER NOT NULL,
	tier   INTEGER NOT NULL,
	figure INTEGER NOT NULL,
	time   INTEGER NOT NULL,
	points BYTEA   NOT NULL,
	PRIMARY KEY (broker, tier, figure, time)
);
CREATE INDEX monitor_points_time ON monitor_points (broker, tier, time);
CREATE TABLE monitor_marks (
	broker    INTEGER PRIMARY KEY,
	condensed INTEGER NOT NULL,
	ledger    TEXT
);`}}
}

// history is the service's rows of one broker.
type history struct {
	q      store.Queries
	broker int64
}

func (h history) marks(ctx context.Context) (condensed int64, ledger *savedLedger, err error) {
	var text sql.NullString
	err = h.q.QueryRow(ctx, `SELECT condensed, ledger FROM monitor_marks WHERE broker = $1`, h.broker).Scan(&condensed, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, nil
	}
	if err == nil && text.Valid {
		err = json.Unmarshal([]byte(text.String), &ledger)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("reading how far history is condensed: %w", err)
	}
	return condensed, ledger, nil
}

func (h history) setMarks(ctx context.Context, condensed int64, ledger *savedLedger) error {
	var text any
	if ledger != nil {
		encoded, err := json.Marshal(ledger)
		if err != nil {
			return fmt.Errorf("encoding what is ours: %w", err)
		}
		text = string(encoded)
	}
	_, err := h.q.Exec(ctx, `INSERT INTO monitor_marks (broker, condensed, ledger) VALUES ($1, $2, $3)
ON CONFLICT (broker) DO UPDATE SET condensed = excluded.condensed, ledger = excluded.ledger`, h.broker, condensed, text)
	return err
}

func (h history) setCondensed(ctx context.Context, condensed int64) error {
	_, err := h.q.Exec(ctx, `UPDATE monitor_marks SET condensed = $2 WHERE broker = $1`, h.broker, condensed)
	return err
}

// putSample writes the figures of ten seconds. Those that are there, from before the clock was set back, are replaced.
func (h history) putSample(ctx context.Context, at int64, figures []byte) error {
	_, err := h.q.Exec(ctx, `INSERT INTO monitor_samples (broker, time, figures) VALUES ($1, $2, $3)
ON CONFLICT (broker, time) DO UPDATE SET figures = excluded.figures`, h.broker, at, figures)
	return err
}

// nextSample is the time of the first sample in [from, to).
func (h history) nextSample(ctx context.Context, from, to int64) (at int64, found bool, err error) {
	var first sql.NullInt64
	err = h.q.QueryRow(ctx, `SELECT min(time) FROM monitor_samples WHERE broker = $1 AND time >= $2 AND time < $3`,
		h.broker, from, to).Scan(&first)
	return first.Int64, first.Valid, err
}

// samples calls take for each sample in [from, to), in order. What take is given is gone when it returns.
func (h history) samples(ctx context.Context, from, to int64, take func(at int64, figures []byte) error) error {
	return h.scan(ctx, take, `SELECT time, figures FROM monitor_samples WHERE broker = $1 AND time >= $2 AND time < $3
ORDER BY time`, h.broker, from, to)
}

// points calls take for each row of a figure that begins in [from, to), in order. What take is given is gone when it
// returns.
func (h history) points(ctx context.Context, tier int, f figure, from, to int64, take func(at int64, points []byte) error) error {
	return h.scan(ctx, take, `SELECT time, points FROM monitor_points WHERE broker = $1 AND tier = $2 AND figure = $3
AND time >= $4 AND time < $5 ORDER BY time`, h.broker, tier, int(f), from, to)
}

func (h history) scan(ctx context.Context, take func(int64, []byte) error, query string, args ...any) error {
	rows, err := h.q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var packed sql.RawBytes
		if err := rows.Scan(&at, &packed); err != nil {
			return err
		}
		if err := take(at, packed); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (h history) putPoints(ctx context.Context, tier int, f figure, at int64, points []byte) error {
	_, err := h.q.Exec(ctx, `INSERT INTO monitor_points (broker, tier, figure, time, points) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (broker, tier, figure, time) DO UPDATE SET points = excluded.points`, h.broker, tier, int(f), at, points)
	return err
}

// kinds is what the service keeps. A row is as old as its end.
func (s *Service) kinds() []store.Kind {
	broker := s.o.Store.Broker()
	kinds := make([]store.Kind, 0, tierCount)
	for number, t := range tierTable() {
		kind := store.Kind{
			Name:  "history " + t.name,
			Age:   func() time.Duration { return t.keep(s.settings.get().Retention) },
			Share: []float64{0.02, 0.05, 0.13}[number],
		}
		if number == tierRaw {
			// As large as the last hundred of them are.
			kind.Measure = measured(`SELECT count(*), CAST(COALESCE(count(*) * (SELECT avg(length(figures) + 40) FROM
(SELECT figures FROM monitor_samples WHERE broker = $1 ORDER BY time DESC LIMIT 100) AS some), 0) AS BIGINT), COALESCE(min(time), 0)
FROM monitor_samples WHERE broker = $1`, broker)
			// What has not become points yet stays.
			kind.Trim = trimmed(`DELETE FROM monitor_samples WHERE broker = $1 AND time IN (SELECT time FROM monitor_samples
WHERE broker = $1 AND time < $2 AND time < (SELECT condensed FROM monitor_marks WHERE broker = $1) ORDER BY time LIMIT $3)`,
				broker)
		} else {
			// As large as a hundred of those are that are probably full.
			kind.Measure = measured(`SELECT count(*), CAST(COALESCE(count(*) * (SELECT avg(length(points) + 80) FROM
(SELECT points FROM monitor_points WHERE broker = $1 AND tier = $2 ORDER BY time DESC LIMIT 100 OFFSET 100) AS some), count(*) * 300) AS BIGINT),
COALESCE(min(time), 0) FROM monitor_points WHERE broker = $1 AND tier = $2`, broker, number)
			kind.Trim = func(ctx context.Context, q store.Queries, olderThan time.Time, rows int) (int, error) {
				return trimmed(`DELETE FROM monitor_points WHERE broker = $1 AND tier = $4 AND (figure, time) IN (
SELECT figure, time FROM monitor_points WHERE broker = $1 AND tier = $4 AND time < $2 ORDER BY time LIMIT $3)`,
					broker, number)(ctx, q, olderThan.Add(-t.chunk), rows)
			}
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func measured(query string, args ...any) func(context.Context, store.Queries) (rows, bytes int64, oldest time.Time, err error) {
	return func(ctx context.Context, q store.Queries) (rows, bytes int64, oldest time.Time, err error) {
		var first int64
		err = q.QueryRow(ctx, query, args...).Scan(&rows, &bytes, &first)
		if rows > 0 {
			oldest = time.UnixMilli(first)
		}
		return rows, bytes, oldest, err
	}
}

// trimmed runs a statement whose parameters are the broker, the time, the most rows, and what else there is.
func trimmed(query string, broker int64, more ...any) func(context.Context, store.Queries, time.Time, int) (int, error) {
	return func(ctx context.Context, q store.Queries, olderThan time.Time, rows int) (int, error) {
		done, err := q.Exec(ctx, query, append([]any{broker, olderThan.UnixMilli(), rows}, more...)...)
		if err != nil {
			return 0, err
		}
		n, err := done.RowsAffected()
		return int(n), err
	}
}
