package auth

import (
	"context"
	"fmt"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// Forget takes an address out of the sessions of people, and a person out of the keys that they have made, and returns how many rows
// have changed. Accounts stay: RemoveUser deletes one, with its sessions and networks.
func Forget(ctx context.Context, q store.Queries, s privacy.Subject) (changed int64, err error) {
	statement := map[privacy.Kind]string{
		privacy.Address: `UPDATE account_sessions SET address = '' WHERE address = $1`,
		privacy.User:    `UPDATE api_keys SET creator = '' WHERE creator = $1`,
	}[s.Kind]
	if statement == "" {
		return 0, nil
	}
	result, err := q.Exec(ctx, statement, s.Value)
	if err != nil {
		return 0, fmt.Errorf("changing accounts: %w", err)
	}
	return result.RowsAffected()
}

// HasAccount reports whether somebody signs in by this name.
func HasAccount(ctx context.Context, q store.Queries, username string) (there bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM accounts WHERE folded = $1)`, fold(username)).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("looking for an account: %w", err)
	}
	return there, nil
}
