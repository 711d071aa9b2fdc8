package auth

import (
	"context"
	"net/http"

	"github.com/bunkerm/bunkerm/privacy"
	"github.com/bunkerm/bunkerm/store"
)

// Sweep does what Run does every minute.
func (p *People) Sweep(ctx context.Context) { p.sweep(ctx) }

// Cookie is what a browser is given with a token.
func (p *People) Cookie(ctx context.Context, token string) *http.Cookie {
	return p.cookieOf(ctx, token)
}

// Remembered is how many names and networks are throttled.
func (p *People) Remembered() int { return len(p.throttle.buckets) }

// Hash returns the password hash of an account, after replacing it where one is given.
func (p *People) Hash(ctx context.Context, username, replace string) (hash string, err error) {
	err = p.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		a, _, err := find(ctx, q, username)
		if err != nil {
			return err
		}
		hash = a.hash
		if replace == "" {
			return nil
		}
		hash = replace
		return setHash(ctx, q, a.id, replace, p.o.Clock())
	})
	return hash, err
}

// NewFlood tries names from networks, without the cost of a hash.
func NewFlood(p *People) func(name, network string) {
	return func(name, network string) { p.throttle.try(name, network, false) }
}

// Forget is the room's Forget in a transaction of its own.
func (p *People) Forget(ctx context.Context, s privacy.Subject) (changed int64, err error) {
	err = p.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		changed, err = Forget(ctx, q, s)
		return err
	})
	return changed, err
}

// Places are the addresses and networks that are kept of people.
func (p *People) Places(ctx context.Context) (all []string, err error) {
	err = p.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		rows, err := q.Query(ctx, `SELECT address FROM account_sessions UNION ALL SELECT network FROM account_networks ORDER BY 1`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var place string
			if err := rows.Scan(&place); err != nil {
				return err
			}
			all = append(all, place)
		}
		return rows.Err()
	})
	return all, err
}
