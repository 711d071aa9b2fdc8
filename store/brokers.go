package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// enterBroker finds the id of the broker, or gives it one. Where it has one nothing is written, so that a database can
// be opened and read while the disk is full.
func (db *DB) enterBroker(ctx context.Context) (id int64, err error) {
	err = db.Read(ctx, func(ctx context.Context, q Queries) error {
		return q.QueryRow(ctx, "SELECT id FROM brokers WHERE name = $1", db.o.Broker).Scan(&id)
	})
	if errors.Is(err, sql.ErrNoRows) {
		now := db.o.Clock().UnixMilli()
		err = db.write(ctx, ctx, sure, func(ctx context.Context, q Queries) error {
			return q.QueryRow(ctx, `INSERT INTO brokers (name, created, seen) VALUES ($1, $2, $2)
ON CONFLICT (name) DO UPDATE SET seen = excluded.seen RETURNING id`, db.o.Broker, now).Scan(&id)
		})
	}
	if err != nil {
		return 0, fmt.Errorf("finding the broker %q in the database: %w", db.o.Broker, err)
	}
	return id, nil
}
