package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// Setting reads a setting of this broker into what into points to. found is false, and into unchanged, where it was
// never set.
func (db *DB) Setting(ctx context.Context, name string, into any) (found bool, err error) {
	var value string
	err = db.Read(ctx, func(ctx context.Context, q Queries) error {
		return q.QueryRow(ctx, "SELECT value FROM settings WHERE broker = $1 AND name = $2", db.broker, name).Scan(&value)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(value), into)
	}
	if err != nil {
		return false, fmt.Errorf("reading the setting %s: %w", name, err)
	}
	return true, nil
}

// SetSetting keeps a setting of this broker as JSON. It is on the disk when SetSetting returns: a person has decided it,
// and it is to survive a power cut.
func (db *DB) SetSetting(ctx context.Context, name string, value any) error {
	text, err := json.Marshal(value)
	if err == nil {
		err = db.write(ctx, ctx, sure, func(ctx context.Context, q Queries) error {
			_, err := q.Exec(ctx, `INSERT INTO settings (broker, name, value, changed) VALUES ($1, $2, $3, $4)
ON CONFLICT (broker, name) DO UPDATE SET value = excluded.value, changed = excluded.changed`,
				db.broker, name, string(text), db.o.Clock().UnixMilli())
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("writing the setting %s: %w", name, err)
	}
	return nil
}
