package auth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// apiKey is one key besides the primary one. Its secret is known to whoever made it, and to nobody else.
type apiKey struct {
	APIKey
	hash    string
	written time.Time // the last use that the table has
	ended   chan struct{}
}

// APIKey is what can be told of a key.
type APIKey struct {
	ID       string     `json:"id" doc:"Its name in addresses"`
	Name     string     `json:"name" doc:"What it is for"`
	Role     Role       `json:"role" enum:"metrics,viewer,operator,admin" doc:"What it may do"`
	Creator  string     `json:"creator" doc:"Who made it"`
	Created  time.Time  `json:"created" doc:"When"`
	Expires  *time.Time `json:"expires" doc:"When it ends by itself; null: never"`
	LastUsed *time.Time `json:"last_used" doc:"When it was last used, to a minute; null: never"`
}

// NewAPIKey is a key to be made.
type NewAPIKey struct {
	Name    string     `json:"name" minLength:"1" maxLength:"256" doc:"What it is for; 1 to 64 visible characters" example:"grafana"`
	Role    Role       `json:"role" enum:"metrics,viewer,operator,admin" doc:"What it may do"`
	Expires *time.Time `json:"expires,omitempty" doc:"When it ends by itself; never when absent"`
}

const mostKeys = 1000

// end stops what goes on with the key. The caller holds mu.
func (k *apiKey) end() {
	select {
	case <-k.ended:
	default:
		close(k.ended)
	}
}

// Authenticate returns who presents an API key: the primary one, or another that has not expired. It takes the same time
// for every key that is not right.
func (p *People) Authenticate(key string) (Principal, bool) {
	primary, isPrimary := p.o.Keys.Authenticate(key)
	hash, now := digest(key), p.o.Clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	k, known := p.keys[hash]
	switch {
	case isPrimary:
		return primary, true
	case !known || k.Expires != nil && !now.Before(*k.Expires):
		return Principal{}, false
	}
	used := shownTime(now)
	k.LastUsed = &used
	return Principal{Name: keyName(k.Name), Role: k.Role, Via: ViaKey, ID: k.ID, Ended: k.ended}, true
}

// keyName is how whoever comes with a key appears in log and audit. No username looks like it.
func keyName(name string) string { return "key:" + name }

func (p *People) loadKeys(ctx context.Context) error {
	err := p.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		rows, err := q.Query(ctx, `SELECT id, name, hash, role, creator, created, COALESCE(expires, 0), COALESCE(used, 0) FROM api_keys`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			k := &apiKey{ended: make(chan struct{})}
			var role string
			var created, expires, used int64
			if err := rows.Scan(&k.ID, &k.Name, &k.hash, &role, &k.Creator, &created, &expires, &used); err != nil {
				return err
			}
			k.Role, k.Created = Role(role), time.UnixMilli(created).UTC()
			k.Expires, k.LastUsed = moment(expires), moment(used)
			if k.LastUsed != nil {
				k.written = *k.LastUsed
			}
			p.keys[k.hash] = k
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("reading the API keys: %w", err)
	}
	return nil
}

// moment is a time of the table, nil for 0.
func moment(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	at := time.UnixMilli(ms).UTC()
	return &at
}

func milliseconds(at *time.Time) any {
	if at == nil {
		return nil
	}
	return at.UnixMilli()
}

// APIKeys lists all keys but the primary one, sorted by name.
func (p *People) APIKeys() []APIKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []APIKey{}
	for _, k := range p.keys {
		list = append(list, k.APIKey)
	}
	slices.SortFunc(list, func(a, b APIKey) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// CreateAPIKey makes a key and returns its secret, which nobody can be told again.
func (p *People) CreateAPIKey(ctx context.Context, n NewAPIKey) (APIKey, string, error) {
	if err := checkUsername(n.Name, "body.name"); err != nil {
		return APIKey{}, "", err
	}
	if !slices.Contains(Roles(), n.Role) {
		return APIKey{}, "", errNotAcceptable.At("body.role", "is metrics, viewer, operator or admin")
	}
	now := p.o.Clock()
	if n.Expires != nil && !n.Expires.After(now) {
		return APIKey{}, "", errNotAcceptable.At("body.expires", "is in the past")
	}
	if n.Expires != nil {
		expires := shownTime(*n.Expires)
		n.Expires = &expires
	}
	secret := newKey()
	k := &apiKey{hash: digest(secret), ended: make(chan struct{}), APIKey: APIKey{
		ID: randomText(9), Name: n.Name, Role: n.Role, Creator: Actor(ctx), Created: shownTime(now), Expires: n.Expires}}
	p.writing.Lock()
	defer p.writing.Unlock()
	for _, other := range p.APIKeys() {
		if fold(other.Name) == fold(n.Name) {
			return APIKey{}, "", fault.New(fault.Conflict, "there is a key of this name already").Hint("choose another name, or delete that key")
		}
	}
	if len(p.keys) >= mostKeys {
		return APIKey{}, "", fault.Newf(fault.Conflict, "there are %d keys already", mostKeys).Hint("delete those that are not used")
	}
	err := p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `INSERT INTO api_keys (id, name, hash, role, creator, created, expires) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			k.ID, k.Name, k.hash, string(k.Role), k.Creator, now.UnixMilli(), milliseconds(n.Expires))
		return err
	})
	if err != nil {
		return APIKey{}, "", fmt.Errorf("keeping an API key: %w", err)
	}
	p.mu.Lock()
	p.keys[k.hash] = k
	p.mu.Unlock()
	p.o.Record(ctx, "auth.api_key.create", "api-key/"+k.Name, nil, k.APIKey)
	return k.APIKey, secret, nil
}

// DeleteAPIKey ends a key at once.
func (p *People) DeleteAPIKey(ctx context.Context, id string) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	var gone *apiKey
	p.mu.Lock()
	for hash, k := range p.keys {
		if k.ID == id {
			gone = k
			delete(p.keys, hash)
			k.end()
		}
	}
	p.mu.Unlock()
	if gone == nil {
		return fault.New(fault.NotFound, "there is no such API key")
	}
	err := p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `DELETE FROM api_keys WHERE id = $1`, id)
		return err
	})
	if err != nil {
		// It stays out of memory: refused until a restart is better than let in against somebody's will.
		return fmt.Errorf("deleting an API key: %w", err)
	}
	p.o.Record(ctx, "auth.api_key.delete", "api-key/"+gone.Name, gone.APIKey, nil)
	return nil
}

// sweepKeys ends what goes on with expired keys, and returns the last uses that the table does not have.
func (p *People) sweepKeys(now time.Time) map[string]time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := map[string]time.Time{}
	for _, k := range p.keys {
		if k.Expires != nil && !now.Before(*k.Expires) {
			k.end()
		}
		if k.LastUsed != nil && k.LastUsed.Sub(k.written) >= seenEvery {
			used[k.ID], k.written = *k.LastUsed, *k.LastUsed
		}
	}
	return used
}

// RevealPrimaryKey returns the primary key to an admin who shows their password again.
func (p *People) RevealPrimaryKey(ctx context.Context, me Principal, password string) (string, error) {
	if _, err := p.confirm(ctx, me, password, "body.password"); err != nil {
		return "", err
	}
	p.o.Record(ctx, "auth.primary_key.reveal", "api-key/primary", nil, nil)
	return p.o.Keys.Key()
}

// RotatePrimaryKey replaces the primary key for an admin who shows their password again.
func (p *People) RotatePrimaryKey(ctx context.Context, me Principal, password string) (string, error) {
	if _, err := p.confirm(ctx, me, password, "body.password"); err != nil {
		return "", err
	}
	key, err := p.o.Keys.Rotate()
	if err != nil {
		return "", err
	}
	p.o.Record(ctx, "auth.primary_key.rotate", "api-key/primary", nil, nil)
	return key, nil
}
