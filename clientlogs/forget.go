package clientlogs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// Forget takes a subject out of all events and returns how many named it. A name is a word of the dictionary, so that it is one word
// that changes, and what one client did still belongs together; lines and orders that are kept as they were are changed one by one. Of
// sessions that are open nothing is changed: the broker has them. No Service may run on the database.
func Forget(ctx context.Context, q store.Queries, s privacy.Subject) (changed int64, err error) {
	names := []string{s.Value}
	if s.Kind == privacy.Address {
		names = append(names, mappedPrefix+s.Value) // of websockets, in databases that are older than plain
	}
	column := map[privacy.Kind]string{privacy.Client: "client", privacy.User: "username", privacy.Address: "address"}[s.Kind]
	for _, p := range parts() {
		for _, name := range names {
			var n int64
			err := q.QueryRow(ctx, `SELECT COUNT(*) FROM `+p.table()+` WHERE `+column+` IN (SELECT id FROM event_words WHERE text = $1)`, name).Scan(&n)
			if err != nil {
				return 0, fmt.Errorf("counting %s: %w", p.table(), err)
			}
			changed += n
		}
		if _, err := privacy.Rewrite(ctx, q, p.table(), "id", []privacy.Column{{Name: "note", Change: s.Text}}, s.Value); err != nil {
			return 0, err
		}
	}
	for _, name := range names {
		if _, err := q.Exec(ctx, `UPDATE event_words SET text = $2 WHERE text = $1`, name, s.Text(name)); err != nil {
			return 0, fmt.Errorf("changing a word of the dictionary: %w", err)
		}
	}
	_, err = privacy.Rewrite(ctx, q, "devices", "rowid", []privacy.Column{
		{Name: "refused_address", Change: s.Text}, {Name: "addresses", Change: s.JSON}, {Name: "usernames", Change: s.JSON},
	}, s.Value)
	return changed, err
}

// MovePosition changes the place up to which a broker's log has been read, by the broker's name; nothing where there is none.
func MovePosition(ctx context.Context, q store.Queries, name string, change func(position string) (string, error)) error {
	var broker int64
	var position string
	err := q.QueryRow(ctx, `SELECT p.broker, p.position FROM event_positions AS p JOIN brokers AS b ON b.id = p.broker WHERE b.name = $1`, name).
		Scan(&broker, &position)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the place in the log: %w", err)
	}
	now, err := change(position)
	if err != nil || now == position {
		return err
	}
	if _, err := q.Exec(ctx, `UPDATE event_positions SET position = $2 WHERE broker = $1`, broker, now); err != nil {
		return fmt.Errorf("storing the place in the log: %w", err)
	}
	return nil
}
