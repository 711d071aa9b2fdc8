package config

import (
	"context"
	"fmt"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// Forget deletes the versions of dynamic-security.json that name a client id or a username, but for the newest of a broker, which says
// what is live; and puts the pseudonym where somebody made a version. It returns how many were deleted. No Service may run on the database.
func Forget(ctx context.Context, q store.Queries, s privacy.Subject) (deleted int64, err error) {
	if s.Kind != privacy.Address {
		if deleted, err = deleteVersions(ctx, q, s); err != nil {
			return deleted, fmt.Errorf("deleting versions: %w", err)
		}
	}
	_, err = privacy.Rewrite(ctx, q, "config_versions", "rowid", []privacy.Column{
		{Name: "actor", Change: s.Text}, {Name: "comment", Change: s.Text}, {Name: "detail", Change: s.Text},
	}, s.Value)
	return deleted, err
}

func deleteVersions(ctx context.Context, q store.Queries, s privacy.Subject) (deleted int64, err error) {
	const older = `SELECT rowid FROM config_versions AS v WHERE file = $1 AND id < (
	SELECT MAX(id) FROM config_versions WHERE broker = v.broker AND file = v.file AND state = 'applied') ORDER BY rowid`
	rows, err := q.Query(ctx, older, fileDynsec)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var all []int64
	for rows.Next() {
		var row int64
		if err := rows.Scan(&row); err != nil {
			return 0, err
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	for _, row := range all {
		var packed []byte
		if err := q.QueryRow(ctx, `SELECT content FROM config_versions WHERE rowid = $1`, row).Scan(&packed); err != nil {
			return deleted, err
		}
		files, err := decodeContents(packed)
		if err != nil {
			return deleted, err
		}
		if text := string(files[dynsecName]); s.JSON(text) == text {
			continue
		}
		if _, err := q.Exec(ctx, `DELETE FROM config_versions WHERE rowid = $1`, row); err != nil {
			return deleted, err
		}
		deleted++
	}
	return deleted, nil
}
