package auth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// PeopleOptions are what People needs. Store, Keys and SetupFile are required.
type PeopleOptions struct {
	Store     *store.DB
	Keys      *Keys  // the primary key
	SetupFile string // where the one-time token of the first set-up is kept
	Logger    *slog.Logger
	Clock     func() time.Time // time.Now when nil

	// Record keeps who did what: an action as in auth.sign_in, its object as in user/jo, and what was before and after.
	Record func(ctx context.Context, action, object string, before, after any)

	Idle     time.Duration // a session without a request ends after it; 12 hours when zero
	Absolute time.Duration // any session ends after it; 30 days when zero

	// Hashed is told of each password hash that is computed. For tests.
	Hashed func()
}

// People knows accounts, their sessions, and the API keys besides the primary one. Its methods may be called by any
// number of goroutines. One process has a database, so what it remembers of the tables is always true.
type People struct {
	o        PeopleOptions
	log      *slog.Logger
	hasher   *hasher
	throttle *throttle
	cookie   string

	mu       sync.Mutex // guards what follows, and is never held while the database or a hash is waited for
	sessions map[string]*session
	keys     map[string]*apiKey

	writing sync.Mutex // one change of accounts at a time: rules such as "one admin stays" look before they write
}

var errNotAcceptable = fault.New(fault.Invalid, "the request is not acceptable")

// OpenPeople reads sessions and keys, and makes what the first start needs.
func OpenPeople(ctx context.Context, o PeopleOptions) (*People, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Record == nil {
		o.Record = func(context.Context, string, string, any, any) {}
	}
	if o.Idle == 0 {
		o.Idle = 12 * time.Hour
	}
	if o.Absolute == 0 {
		o.Absolute = 30 * 24 * time.Hour
	}
	p := &People{o: o, log: o.Logger, hasher: newHasher(o.Hashed), throttle: newThrottle(o.Clock),
		sessions: map[string]*session{}, keys: map[string]*apiKey{}}
	id, err := p.installation(ctx)
	if err != nil {
		return nil, err
	}
	p.cookie = "bunkerm_" + id
	if err := p.loadSessions(ctx); err != nil {
		return nil, err
	}
	if err := p.loadKeys(ctx); err != nil {
		return nil, err
	}
	needed, err := p.SetupNeeded(ctx)
	if err != nil {
		return nil, err
	}
	if !needed {
		p.dropSetup()
	}
	return p, nil
}

// Run ends sessions and keys whose time is over, and what goes on with a primary key that was replaced, until ctx ends.
func (p *People) Run(ctx context.Context) error {
	minutes, seconds := time.NewTicker(time.Minute), time.NewTicker(time.Second)
	defer minutes.Stop()
	defer seconds.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-minutes.C:
			p.sweep(ctx)
		case <-seconds.C:
			p.o.Keys.Refresh()
		}
	}
}

// installation is a name for this installation that is no secret: browsers keep cookies by host and not by port, and
// two BunkerMs on one host must not overwrite each other's.
func (p *People) installation(ctx context.Context) (id string, err error) {
	random := make([]byte, 4)
	rand.Read(random)
	err = p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		if _, err := q.Exec(ctx, `INSERT INTO installation (name, value) VALUES ('id', $1) ON CONFLICT (name) DO NOTHING`,
			hex.EncodeToString(random)); err != nil {
			return err
		}
		return q.QueryRow(ctx, `SELECT value FROM installation WHERE name = 'id'`).Scan(&id)
	})
	if err != nil {
		return "", fmt.Errorf("reading the name of the installation: %w", err)
	}
	return id, nil
}

// CookieName is the name of the cookie that holds a session's token.
func (p *People) CookieName() string { return p.cookie }

// account is one row.
type account struct {
	id       int64
	username string
	role     Role
	disabled bool
	created  time.Time
	seen     time.Time // last sign-in; zero: never
	hash     string    // of the password; empty: none
}

const (
	mostUsername = 64 // characters

	accountColumns = `a.id, a.username, a.role, a.disabled, a.created, COALESCE(a.seen, 0), COALESCE(c.secret, '')`
	accountTables  = `accounts a LEFT JOIN account_credentials c ON c.account = a.id AND c.kind = 'password'`
)

// fold is how usernames compare: Jo and jo are the same person.
func fold(username string) string { return strings.ToLower(username) }

// checkUsername refuses names that people could not tell apart, or not type.
func checkUsername(username, location string) error {
	wrong := func(why string) error { return errNotAcceptable.At(location, why) }
	if username == "" || len([]rune(username)) > mostUsername {
		return wrong(fmt.Sprintf("has 1 to %d characters", mostUsername))
	}
	if username != strings.TrimSpace(username) {
		return wrong("begins or ends with a space")
	}
	if !utf8.ValidString(username) || strings.ContainsFunc(username, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return wrong("has a character that cannot be seen")
	}
	if strings.ContainsAny(username, "/\\") || username == "." || username == ".." {
		return wrong("would be a path")
	}
	switch folded := fold(username); {
	case folded == PrimaryName, folded == CommandName, strings.HasPrefix(folded, keyName("")):
		return wrong("is how others are called in the audit")
	}
	return nil
}

// checkRole refuses roles that people cannot have.
func checkRole(role Role, location string) error {
	switch role {
	case Viewer, Operator, Admin:
		return nil
	default:
		return errNotAcceptable.At(location, "is viewer, operator or admin")
	}
}

func scanAccount(row interface{ Scan(...any) error }) (account, error) {
	var a account
	var role string
	var created, seen int64
	err := row.Scan(&a.id, &a.username, &role, &a.disabled, &created, &seen, &a.hash)
	a.role, a.created = Role(role), time.UnixMilli(created)
	if seen != 0 {
		a.seen = time.UnixMilli(seen)
	}
	return a, err
}

// find returns the account of a name. found is false where there is none.
func find(ctx context.Context, q store.Queries, username string) (a account, found bool, err error) {
	a, err = scanAccount(q.QueryRow(ctx, `SELECT `+accountColumns+` FROM `+accountTables+` WHERE a.folded = $1`, fold(username)))
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, false, nil
	}
	if err != nil {
		return account{}, false, fmt.Errorf("reading an account: %w", err)
	}
	return a, true, nil
}

// lookUp is find in a transaction of its own.
func (p *People) lookUp(ctx context.Context, username string) (a account, found bool, err error) {
	err = p.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		a, found, err = find(ctx, q, username)
		return err
	})
	return a, found, err
}

// insert adds an account with a password hash.
func insert(ctx context.Context, q store.Queries, a account, now time.Time) (int64, error) {
	var id int64
	err := q.QueryRow(ctx, `INSERT INTO accounts (folded, username, role, disabled, created) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		fold(a.username), a.username, string(a.role), a.disabled, now.UnixMilli()).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("adding an account: %w", err)
	}
	return id, setHash(ctx, q, id, a.hash, now)
}

func setHash(ctx context.Context, q store.Queries, id int64, hash string, now time.Time) error {
	_, err := q.Exec(ctx, `INSERT INTO account_credentials (account, kind, secret, changed) VALUES ($1, 'password', $2, $3)
ON CONFLICT (account, kind) DO UPDATE SET secret = excluded.secret, changed = excluded.changed`, id, hash, now.UnixMilli())
	if err != nil {
		return fmt.Errorf("keeping a password: %w", err)
	}
	return nil
}

// countAccounts says how many there are, and how many of them are admins that can sign in.
func countAccounts(ctx context.Context, q store.Queries) (all, admins int, err error) {
	err = q.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN role = 'admin' AND disabled = 0 THEN 1 ELSE 0 END), 0) FROM accounts`).
		Scan(&all, &admins)
	if err != nil {
		return 0, 0, fmt.Errorf("counting accounts: %w", err)
	}
	return all, admins, nil
}
