package anomaly

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/store"
)

// where puts the conditions of a list together, each with its arguments as $N.
type where struct {
	text strings.Builder
	args []any
}

func whereBroker(broker int64) *where {
	w := &where{args: []any{broker}}
	w.text.WriteString("broker = $1")
	return w
}

// and adds a condition in which ? stands for each argument. The texts are ours alone; what people say are arguments.
func (w *where) and(condition string, args ...any) {
	w.text.WriteString(" AND ")
	for _, arg := range args {
		before, after, _ := strings.Cut(condition, "?")
		w.args = append(w.args, arg)
		w.text.WriteString(before + "$" + strconv.Itoa(len(w.args)))
		condition = after
	}
	w.text.WriteString(condition)
}

func (q *AlertQuery) where(broker int64) *where {
	w := whereBroker(broker)
	if len(q.Status) > 0 {
		marks := make([]any, len(q.Status))
		for i, status := range q.Status {
			marks[i] = status
		}
		w.and("status IN (?"+strings.Repeat(", ?", len(marks)-1)+")", marks...)
	}
	if q.Severity > 0 {
		w.and("severity >= ?", int(q.Severity))
	}
	if q.Kind != "" {
		w.and("kind = ?", q.Kind)
	}
	if q.Entity != "" {
		w.and("id IN (SELECT alert FROM anomaly_members AS m WHERE m.broker = $1 AND m.entity = ?)", q.Entity)
	}
	if !q.From.IsZero() {
		w.and("last_seen >= ?", q.From.UnixMilli())
	}
	if !q.To.IsZero() {
		w.and("opened_at <= ?", q.To.UnixMilli())
	}
	return w
}

// alerts reads a page of incidents, open ones first and among them the newest first, and counts all.
func (s *Service) alerts(ctx context.Context, asked *AlertQuery) (all []detail, total int, err error) {
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		w := asked.where(s.o.Store.Broker())
		if err := q.QueryRow(ctx, "SELECT COUNT(*) FROM anomaly_alerts WHERE "+w.text.String(), w.args...).Scan(&total); err != nil {
			return err
		}
		if c := asked.after; c.id > 0 {
			w.and("((closed_at > 0) > ? OR (closed_at > 0) = ? AND id < ?)", c.closed, c.closed, c.id)
		}
		w.args = append(w.args, asked.Limit+1)
		found, err := q.Query(ctx, fmt.Sprintf("SELECT detail FROM anomaly_alerts WHERE %s ORDER BY closed_at > 0, id DESC LIMIT $%d",
			w.text.String(), len(w.args)), w.args...)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			d, err := scanDetail(found)
			if err != nil {
				return err
			}
			all = append(all, d)
		}
		return found.Err()
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reading incidents: %w", err)
	}
	return all, total, nil
}

// findings reads a page of findings, the newest first.
func (s *Service) findings(ctx context.Context, asked *AnomaliesQuery) (all []Anomaly, err error) {
	w := whereBroker(s.o.Store.Broker())
	if asked.Entity != "" {
		w.and("entity = ?", asked.Entity)
	}
	if asked.Kind != "" {
		w.and("kind = ?", asked.Kind)
	}
	if asked.MinScore > 0 {
		w.and("score >= ?", asked.MinScore)
	}
	if asked.Alert > 0 {
		w.and("alert = ?", asked.Alert)
	}
	if !asked.From.IsZero() {
		w.and("time >= ?", asked.From.UnixMilli())
	}
	if !asked.To.IsZero() {
		w.and("time <= ?", asked.To.UnixMilli())
	}
	if asked.after > 0 {
		w.and("id < ?", asked.after)
	}
	w.args = append(w.args, asked.Limit+1)
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		found, err := q.Query(ctx, fmt.Sprintf(`SELECT id, time, type, entity, field, kind, score, value, expected, low, high, explanation, alert
FROM anomaly_findings WHERE %s ORDER BY id DESC LIMIT $%d`, w.text.String(), len(w.args)), w.args...)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var a Anomaly
			var ms, alert int64
			var value, expected, low, high sql.NullFloat64
			if err := found.Scan(&a.ID, &ms, &a.Type, &a.Entity, &a.Field, &a.Kind, &a.Score, &value, &expected, &low, &high, &a.Explanation, &alert); err != nil {
				return err
			}
			a.Time = moment(ms)
			a.Value, a.Expected, a.Low, a.High = nullable(value), nullable(expected), nullable(low), nullable(high)
			if alert > 0 {
				a.AlertID = &alert
			}
			all = append(all, a)
		}
		return found.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("reading findings: %w", err)
	}
	return all, nil
}

func nullable(x sql.NullFloat64) *float64 {
	if !x.Valid {
		return nil
	}
	return &x.Float64
}
