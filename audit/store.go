package audit

import (
	"context"
	"database/sql"
	_ "embed" // for the migrations
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

//go:embed migrations/0001_audit.sql
var migration0001 string

// Migrations returns the tables of this room.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "audit/0001", SQL: migration0001}}
}

func insert(ctx context.Context, q store.Queries, broker int64, e Entry) error {
	_, err := q.Exec(ctx, `INSERT INTO audit_entries (broker, id, time, actor, via, address, action, object, outcome, count, request, before, after, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		broker, e.ID, e.Time.UnixMilli(), e.Actor, e.Via, e.Address, e.Action, e.Object, string(e.Outcome), e.Count, e.RequestID,
		string(e.Before), string(e.After), e.Hash)
	return err
}

const columns = `id, time, actor, via, address, action, object, outcome, count, request, before, after, hash`

func scan(row interface{ Scan(...any) error }) (Entry, error) {
	var e Entry
	var ms int64
	var outcome, before, after string
	err := row.Scan(&e.ID, &ms, &e.Actor, &e.Via, &e.Address, &e.Action, &e.Object, &outcome, &e.Count, &e.RequestID, &before, &after, &e.Hash)
	e.Time, e.Outcome = time.UnixMilli(ms).UTC(), Outcome(outcome)
	if before != "" {
		e.Before = json.RawMessage(before)
	}
	if after != "" {
		e.After = json.RawMessage(after)
	}
	return e, err
}

// rowBytes is about what a row takes besides the texts that others choose: numbers, hash, and what SQLite adds.
const rowBytes = 160

// size is about what the entry takes on the disk.
func (e Entry) size() int64 {
	n := rowBytes
	for _, text := range []string{e.Actor, e.Via, e.Address, e.Action, e.Object, string(e.Outcome), e.RequestID} {
		n += len(text)
	}
	return int64(n + len(e.Before) + len(e.After))
}

// Kinds are the data of this room for store.DB.Keep.
func (l *Log) Kinds() []store.Kind {
	return []store.Kind{{
		Name: "audit", Age: func() time.Duration { return keptFor }, Share: 0.1,
		Measure: l.measure, Trim: l.trim,
	}}
}

// measure counts nothing: ids have no gaps, and the chain knows its size.
func (l *Log) measure(ctx context.Context, q store.Queries) (rows, bytes int64, oldest time.Time, err error) {
	broker := l.o.Store.Broker()
	c, err := chainOf(ctx, q, broker)
	if err != nil {
		return 0, 0, time.Time{}, fmt.Errorf("measuring the audit: %w", err)
	}
	var ms int64
	err = q.QueryRow(ctx, `SELECT time FROM audit_entries WHERE broker = $1 ORDER BY id LIMIT 1`, broker).Scan(&ms)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, 0, time.Time{}, nil
	case err != nil:
		return 0, 0, time.Time{}, fmt.Errorf("measuring the audit: %w", err)
	}
	return c.head.id - c.anchor.id, c.bytes, time.UnixMilli(ms).UTC(), nil
}

// trim takes the oldest entries away, one after the other up to the first that is young enough: a clock that stepped back
// must not tear the chain. The anchor tells where it goes on.
func (l *Log) trim(ctx context.Context, q store.Queries, olderThan time.Time, most int) (int, error) {
	broker := l.o.Store.Broker()
	c, err := chainOf(ctx, q, broker)
	if err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	last, n, err := oldest(ctx, q, broker, olderThan, most)
	if err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	if n == 0 {
		return 0, nil
	}
	if _, err := q.Exec(ctx, `DELETE FROM audit_entries WHERE broker = $1 AND id <= $2`, broker, last.ID); err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	c.anchor = place{last.ID, last.Hash}
	c.bytes = max(0, c.bytes-last.taken)
	if err := c.keep(ctx, q, broker); err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	return n, nil
}

// leaving is the newest of some entries that are taken away, and what they take together.
type leaving struct {
	Entry
	taken int64
}

// oldest reads at most so many of the oldest entries, without the first that is young enough and all behind it.
func oldest(ctx context.Context, q store.Queries, broker int64, olderThan time.Time, most int) (last leaving, n int, err error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM audit_entries WHERE broker = $1 ORDER BY id LIMIT $2`, broker, most)
	if err != nil {
		return last, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return last, 0, err
		}
		if !e.Time.Before(olderThan) {
			break
		}
		last.Entry = e
		last.taken += e.size()
		n++
	}
	return last, n, rows.Err()
}
