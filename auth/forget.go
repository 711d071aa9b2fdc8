package auth

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// Forget takes an address out of the sessions of people and the networks that they are known from, which for an address of version 4 are
// the address itself, and a person out of the keys that they have made. It returns how many rows have changed. Accounts stay: RemoveUser
// deletes one, with its sessions and networks.
func Forget(ctx context.Context, q store.Queries, s privacy.Subject) (changed int64, err error) {
	statements := map[string]string{}
	switch s.Kind {
	case privacy.Address:
		address, err := netip.ParseAddr(s.Value)
		if err != nil {
			return 0, fmt.Errorf("reading an address: %w", err)
		}
		statements[`UPDATE account_sessions SET address = '' WHERE address = $1`] = s.Value
		statements[`DELETE FROM account_networks WHERE network = $1`] = Network(address)
	case privacy.User:
		statements[`UPDATE api_keys SET creator = '' WHERE creator = $1`] = s.Value
	case privacy.Client: // people have none
	}
	for statement, value := range statements {
		result, err := q.Exec(ctx, statement, value)
		if err != nil {
			return 0, fmt.Errorf("changing accounts: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return 0, fmt.Errorf("changing accounts: %w", err)
		}
		changed += n
	}
	return changed, nil
}

// AccountOf returns the name by which somebody signs in who can also write it so, as Jo and jo are the same person; "" where nobody does.
func AccountOf(ctx context.Context, q store.Queries, username string) (name string, err error) {
	a, _, err := find(ctx, q, username)
	return a.username, err
}
