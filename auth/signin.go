package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// errWrongPassword is one answer for an unknown name, a wrong password and a disabled account: a stranger learns
// nothing about who exists.
var errWrongPassword = fault.New(fault.Unauthorized, "username or password is not right").
	Hint("an administrator can give you a new password; so can `bunkerm user reset` on the host")

func errTooManyTries(wait time.Duration) error {
	return fault.New(fault.TooMany, "too many wrong passwords").Hint("wait, then try again").After(wait)
}

// SignIn checks a password and begins a session, whose token it returns.
func (p *People) SignIn(ctx context.Context, username, password string) (Principal, string, error) {
	who, token, err := p.signIn(ctx, username, password)
	if fault.Is(err, fault.Unauthorized) || fault.Is(err, fault.TooMany) {
		p.o.Record(ctx, "auth.sign_in_refused", "user/"+cut(username, mostUsername), nil, nil)
	}
	return who, token, err
}

func (p *People) signIn(ctx context.Context, username, password string) (Principal, string, error) {
	a, err := p.checkSignIn(ctx, username, password)
	if err != nil {
		return Principal{}, "", err
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.enter(ctx, a, "auth.sign_in")
}

// enter begins a session of an account and records it under the person's own name. The caller holds writing.
func (p *People) enter(ctx context.Context, a account, action string) (Principal, string, error) {
	s, token, err := p.begin(ctx, a)
	if err != nil {
		return Principal{}, "", err
	}
	me := s.principal()
	p.o.Record(WithPrincipal(ctx, me), action, "user/"+a.username, nil, nil)
	return me, token, nil
}

// checkSignIn takes the same time, and as many tries, whether the name exists or not.
func (p *People) checkSignIn(ctx context.Context, username, password string) (account, error) {
	from := Network(OriginFrom(ctx).Address)
	var a account
	var home bool
	err := p.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) (err error) {
		if a, _, err = find(ctx, q, username); err != nil {
			return err
		}
		var n int
		err = q.QueryRow(ctx, `SELECT COUNT(*) FROM account_networks WHERE account = $1 AND network = $2 AND seen > $3`,
			a.id, from, p.o.Clock().Add(-knownFor).UnixMilli()).Scan(&n)
		home = n > 0
		return err
	})
	if err != nil {
		return account{}, fmt.Errorf("reading an account: %w", err)
	}
	wait, giveBack := p.throttle.try(cut(fold(username), 4*mostUsername), from, home)
	if wait > 0 {
		return account{}, errTooManyTries(wait)
	}
	fits, old, err := p.hasher.verify(ctx, cut(password, mostPassword+1), a.hash)
	if err != nil {
		giveBack()
		return account{}, err
	}
	if !fits || a.disabled {
		return account{}, errWrongPassword
	}
	giveBack()
	if old {
		a.hash = p.renewHash(ctx, a, password)
	}
	return a, nil
}

// renewHash replaces a hash whose costs are not today's, and returns the one that the table has then. It can wait for the
// next sign-in where it fails.
func (p *People) renewHash(ctx context.Context, a account, password string) string {
	hash, err := p.hasher.hash(ctx, password)
	if err == nil {
		err = p.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
			_, err := q.Exec(ctx, `UPDATE account_credentials SET secret = $1 WHERE account = $2 AND kind = 'password' AND secret = $3`,
				hash, a.id, a.hash)
			return err
		})
	}
	if err != nil {
		p.log.Warn("a password hash could not be renewed", "user", a.username, "error", err)
		return a.hash
	}
	return hash
}

// SignOut ends the session of who asks.
func (p *People) SignOut(ctx context.Context, me Principal) error {
	s, err := p.own(me)
	if err != nil {
		return err
	}
	p.forget(func(other *session) bool { return other == s })
	err = p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `DELETE FROM account_sessions WHERE id = $1`, s.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("signing out: %w", err)
	}
	p.o.Record(ctx, "auth.sign_out", "user/"+s.account.username, nil, nil)
	return nil
}

// confirm checks the password of who is signed in again, before something that a browser left open must not do.
// location is where the request has the password.
func (p *People) confirm(ctx context.Context, me Principal, password, location string) (account, error) {
	if _, err := p.own(me); err != nil {
		return account{}, err
	}
	a, err := p.checkSignIn(ctx, me.Name, password)
	if fault.Is(err, fault.Unauthorized) {
		p.o.Record(ctx, "auth.password_refused", "user/"+me.Name, nil, nil)
		// Not 401: the session is in order, and the page must not ask to sign in again.
		return account{}, errNotAcceptable.At(location, "is not right")
	}
	return a, err
}
