package anomaly

import (
	"context"
	"database/sql"
	_ "embed" // for the migrations
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/anomaly/series"
	"github.com/bunkerm/bunkerm/store"
)

//go:embed migrations/0001_alerts.sql
var migration0001 string

//go:embed migrations/0002_outgoing.sql
var migration0002 string

// Migrations returns the tables of this room.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "anomaly/0001", SQL: migration0001}, {Name: "anomaly/0002", SQL: migration0002}}
}

// row is a finding as it is kept.
type row struct {
	finding     series.Finding
	subject     incident.Subject
	explanation string
	alert       int64
}

// detail is what of an incident is kept as JSON: all of it, and what it looked like.
type detail struct {
	incident.Incident
	Points []ChartPoint `json:"points,omitempty"`
}

// store keeps incidents as they are now. They are on the disk when it returns: people act on them.
func (s *Service) store(ctx context.Context, all []detail) error {
	err := s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error { return s.saveIncidents(ctx, q, all) })
	if err != nil {
		return fmt.Errorf("storing incidents: %w", err)
	}
	return nil
}

func (s *Service) saveIncidents(ctx context.Context, q store.Queries, all []detail) error {
	broker := s.o.Store.Broker()
	for i := range all {
		d := &all[i]
		kept, err := readDetail(ctx, q, broker, d.ID)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if !kept.goesOn(&d.Incident) {
			kept.Points = nil
		}
		d.Points = course(kept.Points, d.Points, d.OpenedAt)
		text, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("encoding incident %d: %w", d.ID, err)
		}
		if _, err = q.Exec(ctx, `INSERT INTO anomaly_alerts
	(broker, id, status, severity, kind, type, entity, opened_at, last_seen, closed_at, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (broker, id) DO UPDATE SET status = excluded.status, severity = excluded.severity, kind = excluded.kind,
	opened_at = excluded.opened_at, last_seen = excluded.last_seen, closed_at = excluded.closed_at, detail = excluded.detail`,
			broker, d.ID, d.Status, int(d.Severity), string(d.Kind), d.Type, d.Entity, d.OpenedAt, d.LastSeen, d.ClosedAt, string(text)); err != nil {
			return err
		}
		for _, m := range d.Members {
			if _, err := q.Exec(ctx, `INSERT INTO anomaly_members (broker, entity, alert) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
				broker, m.Entity, d.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// saveRows keeps findings.
func (s *Service) saveRows(ctx context.Context, q store.Queries, rows []row) error {
	var id int64
	broker := s.o.Store.Broker()
	if err := q.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) FROM anomaly_findings WHERE broker = $1`, broker).Scan(&id); err != nil {
		return err
	}
	for i := range rows {
		id++
		f := &rows[i].finding
		if _, err := q.Exec(ctx, `INSERT INTO anomaly_findings
	(broker, id, time, type, entity, field, kind, score, value, expected, low, high, explanation, alert)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			broker, id, f.At, rows[i].subject.Type, rows[i].subject.Entity, f.Field, string(f.Kind), f.Score,
			known(f.Value), known(f.Expected), known(f.Low), known(f.High), rows[i].explanation, rows[i].alert); err != nil {
			return err
		}
	}
	return nil
}

// known is a number for a column, NULL where it is none.
func known(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return x
}

// loadIncidents reads the incidents that are not closed, and the number of the newest one.
func (s *Service) loadIncidents(ctx context.Context) (open []*incident.Incident, last int64, err error) {
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		broker := s.o.Store.Broker()
		if err := q.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) FROM anomaly_alerts WHERE broker = $1`, broker).Scan(&last); err != nil {
			return err
		}
		found, err := q.Query(ctx, `SELECT detail FROM anomaly_alerts WHERE broker = $1 AND status <> 'closed' ORDER BY id`, broker)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			d, err := scanDetail(found)
			if err != nil {
				return err
			}
			open = append(open, &d.Incident)
		}
		return found.Err()
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reading open incidents: %w", err)
	}
	return open, last, nil
}

func readDetail(ctx context.Context, q store.Queries, broker, id int64) (detail, error) {
	return scanDetail(q.QueryRow(ctx, `SELECT detail FROM anomaly_alerts WHERE broker = $1 AND id = $2`, broker, id))
}

func scanDetail(from interface{ Scan(...any) error }) (detail, error) {
	var text string
	var d detail
	if err := from.Scan(&text); err != nil {
		return d, err
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return d, fmt.Errorf("decoding incident: %w", err)
	}
	return d, nil
}

// incident reads one; false where there is none with this number.
func (s *Service) incident(ctx context.Context, id int64) (d detail, there bool, err error) {
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		d, err = readDetail(ctx, q, s.o.Store.Broker(), id)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("reading incident %d: %w", id, err)
	}
	return d, true, nil
}
