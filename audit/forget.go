package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// resealed is what forgetting has done to a record.
type resealed struct {
	Entries int64  `json:"entries"`     // that named the subject
	Was     string `json:"head_before"` // the hash of the newest entry
	Is      string `json:"head_after"`
}

// Forget takes a subject out of the records of all brokers and returns how many entries named it. A hash covers the entries before
// it, so those from the first changed one on are sealed anew: the record fits again, and whoever kept a hash of before sees that it is
// another one. So what was done is recorded too, with both hashes, behind the record of each broker that has one. No Log may write meanwhile.
func Forget(ctx context.Context, q store.Queries, s privacy.Subject, now time.Time) (changed int64, err error) {
	brokers, err := chains(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("reading the audit: %w", err)
	}
	for _, broker := range brokers {
		r, err := reseal(ctx, q, broker, func(e *Entry) bool { return e.forget(s) })
		if err != nil {
			return changed, fmt.Errorf("changing the audit: %w", err)
		}
		changed += r.Entries
		e := Entry{Time: now.UTC().Truncate(time.Millisecond), Via: "command", Action: "privacy.forget", Object: string(s.Kind) + "/" + s.Instead,
			Outcome: Done, Count: 1}
		if err := extend(ctx, q, broker, []Entry{e.With(nil, r)}); err != nil {
			return changed, fmt.Errorf("recording in the audit: %w", err)
		}
	}
	return changed, nil
}

func chains(ctx context.Context, q store.Queries) (brokers []int64, err error) {
	rows, err := q.Query(ctx, `SELECT broker FROM audit_chains ORDER BY broker`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var broker int64
		if err := rows.Scan(&broker); err != nil {
			return nil, err
		}
		brokers = append(brokers, broker)
	}
	return brokers, rows.Err()
}

// forget reports whether an entry named the subject, and does not any more.
func (e *Entry) forget(s privacy.Subject) bool {
	before := *e
	whole := func(text *string) {
		if *text == s.Value {
			*text = s.Instead
		}
	}
	if s.Kind == privacy.Address {
		whole(&e.Address)
	} else {
		whole(&e.Actor)
	}
	e.Object = s.Path(e.Object)
	for _, document := range []*json.RawMessage{&e.Before, &e.After} {
		if *document != nil {
			*document = json.RawMessage(s.JSON(string(*document)))
		}
	}
	return e.Actor != before.Actor || e.Address != before.Address || e.Object != before.Object ||
		string(e.Before) != string(before.Before) || string(e.After) != string(before.After)
}

const resealedAtOnce = 500

// reseal goes through a record, changes entries, and gives every one from the first changed one on a new hash. Where the record did not
// fit before it does not afterwards: a hash that was wrong is left as it is.
func reseal(ctx context.Context, q store.Queries, broker int64, change func(*Entry) bool) (r resealed, err error) {
	c, err := chainOf(ctx, q, broker)
	if err != nil {
		return r, err
	}
	r.Was, r.Is = c.head.hash, c.head.hash
	previous, was := c.anchor.hash, c.anchor.hash // of the entry before: as it is now, and as it was
	for after := c.anchor.id; ; {
		entries, err := behind(ctx, q, broker, after, resealedAtOnce)
		if err != nil {
			return r, err
		}
		for _, e := range entries {
			after = e.ID
			untouched := previous == was
			whole := e
			whole.seal(was)
			fits, size := whole.Hash == e.Hash, e.size()
			was = e.Hash
			changed := change(&e)
			if !changed && untouched {
				previous = e.Hash
				continue
			}
			if changed {
				r.Entries++
			}
			if fits {
				e.seal(previous)
			}
			previous = e.Hash
			c.bytes += e.size() - size
			_, err := q.Exec(ctx, `UPDATE audit_entries SET actor = $3, address = $4, object = $5, before = $6, after = $7, hash = $8
WHERE broker = $1 AND id = $2`, broker, e.ID, e.Actor, e.Address, e.Object, string(e.Before), string(e.After), e.Hash)
			if err != nil {
				return r, err
			}
			if e.ID == c.head.id {
				c.head.hash, r.Is = e.Hash, e.Hash
			}
		}
		if len(entries) < resealedAtOnce {
			return r, c.keep(ctx, q, broker)
		}
	}
}

func behind(ctx context.Context, q store.Queries, broker, after int64, most int) (entries []Entry, err error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM audit_entries WHERE broker = $1 AND id > $2 ORDER BY id LIMIT $3`, broker, after, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}
