package auth

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// The first account can be made by whoever shows the set-up token, which only who may read the data directory can know.
const (
	setupLasts = time.Hour
	setupTries = 10
)

// setup is what the file of the token holds.
type setup struct {
	Token string    `json:"token"`
	Until time.Time `json:"until"`
	Tries int       `json:"tries"` // wrong ones that are left
}

var (
	errSetUp      = fault.New(fault.Conflict, "there are accounts already").Hint("sign in, or ask an administrator for an account")
	errSetupToken = fault.New(fault.Forbidden, "the set-up token is not right, or was used, or is older than an hour").
			Hint("`bunkerm setup-token` on the host makes a new one")
)

// SetupNeeded reports whether there is no account yet.
func (p *People) SetupNeeded(ctx context.Context) (bool, error) {
	var all int
	err := p.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) (err error) {
		all, _, err = countAccounts(ctx, q)
		return err
	})
	return all == 0, err
}

// NewSetupToken makes a token, which replaces the one before.
func (p *People) NewSetupToken(ctx context.Context) (string, error) {
	needed, err := p.SetupNeeded(ctx)
	if err != nil {
		return "", err
	}
	if !needed {
		return "", errSetUp
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	s := setup{Token: randomText(24), Until: p.o.Clock().Add(setupLasts), Tries: setupTries}
	if err := p.keepSetup(s); err != nil {
		return "", err
	}
	p.o.Record(ctx, "auth.setup_token.create", "installation", nil, nil)
	return s.Token, nil
}

func (p *People) keepSetup(s setup) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("writing the set-up token: %w", err)
	}
	temporary := filepath.Join(filepath.Dir(p.o.SetupFile), ".setup-token-new")
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing the set-up token: %w", err)
	}
	if err := os.Rename(temporary, p.o.SetupFile); err != nil {
		return fmt.Errorf("writing the set-up token: %w", err)
	}
	return nil
}

// dropSetup removes the token of a set-up that is not needed any more.
func (p *People) dropSetup() {
	if err := os.Remove(p.o.SetupFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.log.Warn("the set-up token stays, and is good for nothing any more", "error", err)
	}
}

// checkSetup compares a token with the one in the file and counts wrong ones, across restarts too. The caller holds
// writing.
func (p *People) checkSetup(token string) error {
	text, err := os.ReadFile(p.o.SetupFile)
	if errors.Is(err, fs.ErrNotExist) {
		return errSetupToken
	}
	if err != nil {
		return fmt.Errorf("reading the set-up token: %w", err)
	}
	var s setup
	if err := json.Unmarshal(text, &s); err != nil {
		return errSetupToken.Because(err)
	}
	if s.Tries <= 0 || !p.o.Clock().Before(s.Until) || s.Token == "" {
		return errSetupToken
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.Token)) == 1 {
		return nil
	}
	s.Tries--
	if err := p.keepSetup(s); err != nil {
		return err
	}
	return errSetupToken
}

// SetUp makes the first account, an admin, for who has the token, and begins a session. Of two at once one wins.
func (p *People) SetUp(ctx context.Context, token, username, password string) (Principal, string, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	needed, err := p.SetupNeeded(ctx)
	if err != nil {
		return Principal{}, "", err
	}
	if !needed {
		return Principal{}, "", errSetUp
	}
	// The token first: a stranger is not told what passwords are like here.
	if err := p.checkSetup(token); err != nil {
		p.o.Record(ctx, "auth.setup_refused", "installation", nil, nil)
		return Principal{}, "", err
	}
	a, err := p.firstAdmin(ctx, username, password, "body.username", "body.password")
	if err != nil {
		return Principal{}, "", err
	}
	p.dropSetup()
	return p.enter(ctx, a, "auth.setup")
}

// FirstAdmin makes an admin where there is no account yet, as the environment wants it. made is false where there are
// accounts: these are never changed.
func (p *People) FirstAdmin(ctx context.Context, username, password string) (made bool, err error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	needed, err := p.SetupNeeded(ctx)
	if err != nil || !needed {
		return false, err
	}
	if _, err := p.firstAdmin(ctx, username, password, "BUNKERM_ADMIN_USER", "BUNKERM_ADMIN_PASSWORD"); err != nil {
		return false, err
	}
	p.o.Record(ctx, "auth.user.create", "user/"+username, nil, map[string]string{"role": string(Admin), "by": "environment"})
	p.dropSetup()
	return true, nil
}

// firstAdmin makes an admin. usernameAt and passwordAt say where these two come from.
func (p *People) firstAdmin(ctx context.Context, username, password, usernameAt, passwordAt string) (account, error) {
	if err := checkUsername(username, usernameAt); err != nil {
		return account{}, err
	}
	if err := checkPassword(password, username, passwordAt); err != nil {
		return account{}, err
	}
	hash, err := p.hasher.hash(ctx, password)
	if err != nil {
		return account{}, err
	}
	now := p.o.Clock()
	a := account{username: username, role: Admin, created: now, hash: hash}
	err = p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) (err error) {
		a.id, err = insert(ctx, q, a, now)
		return err
	})
	return a, err
}
