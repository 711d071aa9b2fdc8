package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

const (
	seenEvery = time.Minute // how exactly the last request of a session or key is kept
	mostAgent = 256         // bytes of what a browser says about itself

	mostSessions = 100 // of one account: a script that signs in for every request must not fill memory
)

// session is one browser that is signed in. The table has the same; this is what requests look at.
type session struct {
	id      string
	token   string // SHA-256 of the token in hex: who reads the database cannot sign in with it
	account account
	created time.Time
	seen    time.Time
	written time.Time // the seen that the table has
	address string
	agent   string
	ended   chan struct{} // closed when a request that goes on must stop: the session ended, or its role changed
}

// SessionInfo is a session as its owner sees it.
type SessionInfo struct {
	ID        string    `json:"id" doc:"Its name; not what the cookie holds"`
	Created   time.Time `json:"created" doc:"When it was signed in"`
	LastSeen  time.Time `json:"last_seen" doc:"When it last asked for something, to a minute"`
	Expires   time.Time `json:"expires" doc:"When it ends if nothing more is asked for"`
	Address   string    `json:"address" doc:"Where it was signed in from"`
	UserAgent string    `json:"user_agent" doc:"What the browser called itself then"`
	Current   bool      `json:"current" doc:"Whether this request came with it"`
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func randomText(n int) string {
	random := make([]byte, n)
	rand.Read(random)
	return base64.RawURLEncoding.EncodeToString(random)
}

// expires is when a session ends without another request.
func (p *People) expires(s *session) time.Time {
	idle, absolute := s.seen.Add(p.o.Idle), s.created.Add(p.o.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// Session returns who holds a session's token. It is asked at every request of a browser.
func (p *People) Session(_ context.Context, token string) (Principal, bool) {
	key := digest(token)
	now := p.o.Clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	s, known := p.sessions[key]
	if !known || s.account.disabled || !now.Before(p.expires(s)) {
		return Principal{}, false
	}
	if now.After(s.seen) {
		s.seen = now
	}
	return s.principal(), true
}

func (s *session) principal() Principal {
	return Principal{Name: s.account.username, Role: s.account.role, Via: ViaSession, ID: s.id, Ended: s.ended}
}

// loadSessions reads the table. Sessions outlive a restart.
func (p *People) loadSessions(ctx context.Context) error {
	err := p.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		rows, err := q.Query(ctx, `SELECT `+accountColumns+`, s.id, s.token, s.created, s.seen, s.address, s.agent
FROM `+accountTables+` JOIN account_sessions s ON s.account = a.id`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			s := &session{ended: make(chan struct{})}
			var created, seen int64
			s.account, err = scanAccount(appended{rows, []any{&s.id, &s.token, &created, &seen, &s.address, &s.agent}})
			if err != nil {
				return err
			}
			s.created, s.seen = time.UnixMilli(created), time.UnixMilli(seen)
			s.written, s.account.hash = s.seen, ""
			p.sessions[s.token] = s
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("reading the sessions: %w", err)
	}
	return nil
}

// appended scans a row with more columns than one reader knows.
type appended struct {
	row  interface{ Scan(...any) error }
	more []any
}

func (a appended) Scan(into ...any) error { return a.row.Scan(append(into, a.more...)...) }

// begin makes a session and returns its token: a new one at each sign-in, so that nobody can plant one before. It looks at
// the account again: since the password was checked it may have been disabled, or have got another password. The caller
// holds writing, so that nothing of this happens in between.
func (p *People) begin(ctx context.Context, a account) (*session, string, error) {
	token, now, from := randomText(32), p.o.Clock(), OriginFrom(ctx)
	s := &session{id: randomText(9), token: digest(token), account: a, created: now, seen: now, written: now,
		agent: cut(from.UserAgent, mostAgent), ended: make(chan struct{})}
	if from.Address.IsValid() {
		s.address = from.Address.String()
	}
	surplus := p.surplus(a.id)
	if before := PrincipalFrom(ctx); before.Via == ViaSession {
		surplus = append(surplus, before.ID) // the browser forgets the token that it came with
	}
	err := p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		present, found, err := find(ctx, q, a.username)
		if err != nil {
			return err
		}
		if !found || present.id != a.id || present.disabled || present.hash != a.hash {
			return errWrongPassword
		}
		s.account = present
		for _, id := range surplus {
			if _, err := q.Exec(ctx, `DELETE FROM account_sessions WHERE id = $1`, id); err != nil {
				return err
			}
		}
		if _, err := q.Exec(ctx, `DELETE FROM account_networks WHERE seen < $1`, now.Add(-knownFor).UnixMilli()); err != nil {
			return err
		}
		if _, err := q.Exec(ctx, `UPDATE accounts SET seen = $1 WHERE id = $2`, now.UnixMilli(), a.id); err != nil {
			return err
		}
		if _, err := q.Exec(ctx, `INSERT INTO account_networks (account, network, seen) VALUES ($1, $2, $3)
ON CONFLICT (account, network) DO UPDATE SET seen = excluded.seen`, a.id, Network(from.Address), now.UnixMilli()); err != nil {
			return err
		}
		_, err = q.Exec(ctx, `INSERT INTO account_sessions (id, token, account, created, seen, address, agent) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			s.id, s.token, a.id, now.UnixMilli(), now.UnixMilli(), s.address, s.agent)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("beginning a session: %w", err)
	}
	s.account.hash, s.account.seen = "", now
	p.forget(func(other *session) bool { return slices.Contains(surplus, other.id) })
	p.mu.Lock()
	p.sessions[s.token] = s
	p.mu.Unlock()
	return s, token, nil
}

// surplus names the sessions of an account that have to end before another one begins: those that were not used for the
// longest time.
func (p *People) surplus(account int64) (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*session
	for _, s := range p.sessions {
		if s.account.id == account {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *session) int { return a.seen.Compare(b.seen) })
	for i := range len(all) - (mostSessions - 1) {
		ids = append(ids, all[i].id)
	}
	return ids
}

// cut shortens text to n bytes at the end of a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n]
}

// Sessions lists the sessions of an account, the one that was last seen first.
func (p *People) Sessions(username, current string) []SessionInfo {
	now := p.o.Clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	list := []SessionInfo{}
	for _, s := range p.sessions {
		if fold(s.account.username) == fold(username) && now.Before(p.expires(s)) {
			list = append(list, SessionInfo{ID: s.id, Created: shownTime(s.created), LastSeen: s.seen.UTC().Truncate(time.Second),
				Expires: p.expires(s).UTC().Truncate(time.Second), Address: s.address, UserAgent: s.agent, Current: s.id == current})
		}
	}
	slices.SortFunc(list, func(a, b SessionInfo) int {
		return cmp.Or(b.LastSeen.Compare(a.LastSeen), cmp.Compare(a.ID, b.ID))
	})
	return list
}

func (p *People) countSessions(account int64) int {
	now, n := p.o.Clock(), 0
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		if s.account.id == account && now.Before(p.expires(s)) {
			n++
		}
	}
	return n
}

// own returns the session of who asks, and a fault for those who came without an account.
func (p *People) own(me Principal) (*session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		if me.Via == ViaSession && s.id == me.ID {
			return s, nil
		}
	}
	return nil, fault.New(fault.Conflict, "this is about a person's account, and an API key is none").Hint("sign in on the page")
}

// cookieOf is the cookie that holds a token; with an empty one it takes the cookie away.
func (p *People) cookieOf(ctx context.Context, token string) *http.Cookie {
	from := OriginFrom(ctx)
	c := &http.Cookie{ //nolint:gosec // Secure only over https: a tool in a LAN is used over plain http too, and the page says what that means
		Name: p.cookie, Value: token, Path: cmp.Or(from.BasePath, "/"), HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: from.Scheme == "https", MaxAge: int(p.o.Absolute.Seconds()),
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
