package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// Migrations are the tables of this room. An anchor is where the chain of a broker begins since retention has taken the
// oldest entries away: the id and the hash of the newest of those.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "audit/0001", SQL: `
CREATE TABLE audit_entries (
	broker   INTEGER NOT NULL,
	id       INTEGER NOT NULL,
	time     INTEGER NOT NULL,
	actor    TEXT    NOT NULL,
	via      TEXT    NOT NULL,
	address  TEXT    NOT NULL,
	action   TEXT    NOT NULL,
	object   TEXT    NOT NULL,
	outcome  TEXT    NOT NULL,
	count    INTEGER NOT NULL,
	request  TEXT    NOT NULL,
	before   TEXT    NOT NULL,
	after    TEXT    NOT NULL,
	hash     TEXT    NOT NULL,
	PRIMARY KEY (broker, id)
);
CREATE TABLE audit_anchors (
	broker INTEGER PRIMARY KEY,
	id     INTEGER NOT NULL,
	hash   TEXT    NOT NULL
);`}}
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

// Kinds are the data of this room for store.DB.Keep.
func (l *Log) Kinds() []store.Kind {
	return []store.Kind{{
		Name: "audit", Age: func() time.Duration { return keptFor }, Share: 0.1,
		Measure: func(ctx context.Context, q store.Queries) (rows, bytes int64, oldest time.Time, err error) {
			// Ids have no gaps, so counting is reading both ends.
			var first, last, ms int64
			err = q.QueryRow(ctx, `SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), -1), COALESCE(MIN(time), 0) FROM audit_entries
WHERE broker = $1 AND id IN ((SELECT MIN(id) FROM audit_entries WHERE broker = $1), (SELECT MAX(id) FROM audit_entries WHERE broker = $1))`,
				l.o.Store.Broker()).Scan(&first, &last, &ms)
			if err != nil {
				return 0, 0, time.Time{}, fmt.Errorf("measuring the audit: %w", err)
			}
			if rows = max(0, last-first+1); rows > 0 {
				oldest = time.UnixMilli(ms)
			}
			return rows, rows * entryBytes, oldest, nil
		},
		Trim: l.trim,
	}}
}

// entryBytes is about what an entry takes on the disk; entries with large views take more.
const entryBytes = 700

// trim takes the oldest entries away, and keeps where the chain goes on.
func (l *Log) trim(ctx context.Context, q store.Queries, olderThan time.Time, rows int) (int, error) {
	broker := l.o.Store.Broker()
	first, _, err := anchorOf(ctx, q, broker)
	if err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	// From the oldest on, up to the first that is young enough: a clock that stepped back must not tear the chain.
	var last int64
	err = q.QueryRow(ctx, `SELECT COALESCE(MIN(id) - 1, (SELECT COALESCE(MAX(id), 0) FROM audit_entries WHERE broker = $1))
FROM audit_entries WHERE broker = $1 AND time >= $2`, broker, olderThan.UnixMilli()).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	last = min(last, first+int64(rows))
	if last <= first {
		return 0, nil
	}
	if _, err := q.Exec(ctx, `INSERT INTO audit_anchors (broker, id, hash) SELECT broker, id, hash FROM audit_entries WHERE broker = $1 AND id = $2
ON CONFLICT (broker) DO UPDATE SET id = excluded.id, hash = excluded.hash`, broker, last); err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	done, err := q.Exec(ctx, `DELETE FROM audit_entries WHERE broker = $1 AND id <= $2`, broker, last)
	if err != nil {
		return 0, fmt.Errorf("trimming the audit: %w", err)
	}
	n, err := done.RowsAffected()
	return int(n), err
}

// Verified is what became of the chain.
type Verified struct {
	OK       bool       `json:"ok" doc:"Whether every entry fits the one before it"`
	Entries  int64      `json:"entries" doc:"How many entries were looked at"`
	First    *time.Time `json:"first" doc:"When the oldest entry happened; null where there is none"`
	Last     *time.Time `json:"last" doc:"When the newest entry happened"`
	BrokenAt int64      `json:"broken_at,omitempty" doc:"The id of the first entry that does not fit, or that is missing"`
	Head     string     `json:"head" doc:"The hash of the newest entry: kept elsewhere, it shows later that nothing was cut off at the end"`
}

// Verify reads the whole chain and compares every hash.
func (l *Log) Verify(ctx context.Context) (Verified, error) {
	v := Verified{OK: true}
	broker := l.o.Store.Broker()
	err := l.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		id, hash, err := anchorOf(ctx, q, broker)
		if err != nil {
			return err
		}
		rows, err := q.Query(ctx, `SELECT `+columns+` FROM audit_entries WHERE broker = $1 ORDER BY id`, broker)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scan(rows)
			if err != nil {
				return err
			}
			if v.Entries == 0 {
				v.First = &e.Time
			}
			v.Entries++
			v.Last, v.Head = &e.Time, e.Hash
			again := e
			again.seal(hash)
			if v.OK && (e.ID != id+1 || again.Hash != e.Hash) {
				v.OK, v.BrokenAt = false, id+1
			}
			id, hash = e.ID, e.Hash
		}
		return rows.Err()
	})
	if err != nil {
		return Verified{}, fmt.Errorf("verifying the audit: %w", err)
	}
	return v, nil
}
