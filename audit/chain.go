package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// place is an entry by its id and its hash; the zero value stands before the first one.
type place struct {
	id   int64
	hash string
}

// chain is where a broker's entries begin and end.
type chain struct {
	anchor place // the newest that retention has taken away
	head   place // the newest there is
	bytes  int64 // what the kept ones take
}

func chainOf(ctx context.Context, q store.Queries, broker int64) (c chain, err error) {
	err = q.QueryRow(ctx, `SELECT anchor_id, anchor_hash, head_id, head_hash, bytes FROM audit_chains WHERE broker = $1`, broker).
		Scan(&c.anchor.id, &c.anchor.hash, &c.head.id, &c.head.hash, &c.bytes)
	if errors.Is(err, sql.ErrNoRows) {
		return chain{}, nil
	}
	return c, err
}

func (c chain) keep(ctx context.Context, q store.Queries, broker int64) error {
	_, err := q.Exec(ctx, `INSERT INTO audit_chains (broker, anchor_id, anchor_hash, head_id, head_hash, bytes) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (broker) DO UPDATE SET anchor_id = excluded.anchor_id, anchor_hash = excluded.anchor_hash, head_id = excluded.head_id,
head_hash = excluded.head_hash, bytes = excluded.bytes`, broker, c.anchor.id, c.anchor.hash, c.head.id, c.head.hash, c.bytes)
	return err
}

// extend seals entries behind the head and writes them. The head is read in the same transaction, so any number of
// writers may share a table.
func extend(ctx context.Context, q store.Queries, broker int64, entries []Entry) error {
	c, err := chainOf(ctx, q, broker)
	if err != nil {
		return err
	}
	// A row that somebody put behind the head must not keep us from recording. Verify finds it: the next entry of ours
	// is sealed behind the head, not behind that row.
	var newest int64
	if err := q.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) FROM audit_entries WHERE broker = $1`, broker).Scan(&newest); err != nil {
		return err
	}
	id := max(c.head.id, newest)
	for i := range entries {
		e := &entries[i]
		id++
		e.ID = id
		e.seal(c.head.hash)
		if err := insert(ctx, q, broker, *e); err != nil {
			return err
		}
		c.head = place{id, e.Hash}
		c.bytes += e.size()
	}
	return c.keep(ctx, q, broker)
}

// Verified is what became of the chain.
type Verified struct {
	OK       bool       `json:"ok" doc:"Whether every entry fits the one before it, and none is missing at either end"`
	Entries  int64      `json:"entries" doc:"How many entries were looked at"`
	First    *time.Time `json:"first" doc:"When the oldest entry happened; null where there is none"`
	Last     *time.Time `json:"last" doc:"When the newest entry happened"`
	BrokenAt int64      `json:"broken_at,omitempty" doc:"The id of the first entry that does not fit, or that is missing"`
	Head     string     `json:"head" doc:"The hash of the newest entry: kept elsewhere, it shows later that nothing was cut off at the end"`
}

// Verify reads the whole chain, compares every hash, and looks whether it ends where it should. Whoever can write to the
// database can make a chain that fits; the hash of an earlier head, kept elsewhere, gives that away.
func (l *Log) Verify(ctx context.Context) (Verified, error) {
	v := Verified{OK: true}
	broken := func(id int64) {
		if v.OK {
			v.OK, v.BrokenAt = false, id
		}
	}
	broker := l.o.Store.Broker()
	err := l.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		c, err := chainOf(ctx, q, broker)
		if err != nil {
			return err
		}
		rows, err := q.Query(ctx, `SELECT `+columns+` FROM audit_entries WHERE broker = $1 ORDER BY id`, broker)
		if err != nil {
			return err
		}
		defer rows.Close()
		at := c.anchor
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
			again.seal(at.hash)
			if e.ID != at.id+1 || again.Hash != e.Hash {
				broken(at.id + 1)
			}
			at = place{e.ID, e.Hash}
		}
		switch {
		case at.id < c.head.id:
			broken(at.id + 1)
		case at.id > c.head.id:
			broken(c.head.id + 1)
		case at.hash != c.head.hash:
			broken(at.id)
		}
		return rows.Err()
	})
	if err != nil {
		return Verified{}, fmt.Errorf("verifying the audit: %w", err)
	}
	return v, nil
}
