package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/query"
	"github.com/bunkerm/bunkerm/store"
)

// User is one account as administrators see it.
type User struct {
	Username   string     `json:"username" doc:"The name to sign in with; upper and lower case are the same"`
	Role       Role       `json:"role" enum:"viewer,operator,admin" doc:"What the person may do"`
	Disabled   bool       `json:"disabled" doc:"Whether signing in is refused"`
	Created    time.Time  `json:"created" doc:"When the account was made"`
	LastSignIn *time.Time `json:"last_sign_in" doc:"When somebody last signed in with it; null: never"`
	Sessions   int        `json:"sessions" doc:"How many browsers are signed in"`
}

// NewUser is an account to be made.
type NewUser struct {
	Username string  `json:"username" minLength:"1" maxLength:"256" doc:"1 to 64 visible characters" example:"jo"`
	Role     Role    `json:"role" enum:"viewer,operator,admin" doc:"What the person may do"`
	Password *string `json:"password,omitempty" maxLength:"4096" doc:"12 characters at least; one is made and shown once when absent"`
}

// UserFields are changes of an account. What is absent stays.
type UserFields struct {
	Role     *Role   `json:"role,omitempty" enum:"viewer,operator,admin" doc:"What the person may do; takes effect with the next request"`
	Disabled *bool   `json:"disabled,omitempty" doc:"Whether signing in is refused; disabling ends all sessions"`
	Password *string `json:"password,omitempty" maxLength:"4096" doc:"A new password; ends all sessions"`
}

var (
	errNoUser    = fault.New(fault.NotFound, "there is no user of this name")
	errLastAdmin = fault.New(fault.Conflict, "this is the last admin who can sign in").
			Hint("make another user an admin first")
)

func (p *People) user(a account) User {
	u := User{Username: a.username, Role: a.role, Disabled: a.disabled, Created: shownTime(a.created), Sessions: p.countSessions(a.id)}
	if !a.seen.IsZero() {
		seen := shownTime(a.seen)
		u.LastSignIn = &seen
	}
	return u
}

// shownTime is a time as answers have it: what is told before a restart is what the database tells after it.
func shownTime(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Users lists accounts, sorted by name: a page of them, and how many match q.
func (p *People) Users(ctx context.Context, q string, limit, offset int) (page []User, total int, err error) {
	finder := query.NewFinder(q)
	page = []User{}
	err = p.o.Store.Read(ctx, func(ctx context.Context, db store.Queries) error {
		rows, err := db.Query(ctx, `SELECT `+accountColumns+` FROM `+accountTables+` ORDER BY a.folded`)
		if err != nil {
			return fmt.Errorf("listing users: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			a, err := scanAccount(rows)
			if err != nil {
				return fmt.Errorf("listing users: %w", err)
			}
			if !finder.In(a.username) {
				continue
			}
			if total >= offset && len(page) < limit {
				page = append(page, p.user(a))
			}
			total++
		}
		return rows.Err()
	})
	return page, total, err
}

// User returns one account.
func (p *People) User(ctx context.Context, username string) (User, error) {
	a, found, err := p.lookUp(ctx, username)
	if err != nil {
		return User{}, err
	}
	if !found {
		return User{}, errNoUser
	}
	return p.user(a), nil
}

// CreateUser makes an account. password is the one that was made where none was given, else "".
func (p *People) CreateUser(ctx context.Context, n NewUser) (u User, password string, err error) {
	if err := checkUsername(n.Username, "body.username"); err != nil {
		return User{}, "", err
	}
	if err := checkRole(n.Role, "body.role"); err != nil {
		return User{}, "", err
	}
	if n.Password == nil {
		password = newPassword()
		n.Password = &password
	} else if err := checkPassword(*n.Password, n.Username, "body.password"); err != nil {
		return User{}, "", err
	}
	hash, err := p.hasher.hash(ctx, *n.Password)
	if err != nil {
		return User{}, "", err
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	now := p.o.Clock()
	a := account{username: n.Username, role: n.Role, created: now, hash: hash}
	err = p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		if _, found, err := find(ctx, q, n.Username); err != nil || found {
			if found {
				return fault.New(fault.Conflict, "there is a user of this name already").Hint("choose another name, or change that user")
			}
			return err
		}
		a.id, err = insert(ctx, q, a, now)
		return err
	})
	if err != nil {
		return User{}, "", err
	}
	p.dropSetup()
	u = p.user(a)
	p.o.Record(ctx, "auth.user.create", "user/"+u.Username, nil, shown(a))
	return u, password, nil
}

// shown is an account as the audit keeps it.
func shown(a account) any {
	return struct {
		Role     Role `json:"role"`
		Disabled bool `json:"disabled"`
	}{a.role, a.disabled}
}

// change reads an account, has f change it, and writes it, unless f objects. It keeps one admin able to sign in. The caller
// holds writing until the sessions know of the change too: of two changes at once the same one must win in both places.
func (p *People) change(ctx context.Context, username string, f func(*account) error) (before, after account, err error) {
	err = p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		a, found, err := find(ctx, q, username)
		if err != nil {
			return err
		}
		if !found {
			return errNoUser
		}
		before, after = a, a
		if err := f(&after); err != nil {
			return err
		}
		if _, err := q.Exec(ctx, `UPDATE accounts SET role = $1, disabled = $2 WHERE id = $3`, string(after.role), after.disabled, a.id); err != nil {
			return fmt.Errorf("changing an account: %w", err)
		}
		if after.hash != before.hash {
			if err := setHash(ctx, q, a.id, after.hash, p.o.Clock()); err != nil {
				return err
			}
		}
		return keepsAdmin(ctx, q, before)
	})
	return before, after, err
}

// keepsAdmin undoes a change, by an error, that took the last admin away.
func keepsAdmin(ctx context.Context, q store.Queries, before account) error {
	_, admins, err := countAccounts(ctx, q)
	if err == nil && admins == 0 && before.role == Admin && !before.disabled {
		return errLastAdmin
	}
	return err
}

// UpdateUser changes an account. A new password and disabling end its sessions; a new role holds from the next request.
func (p *People) UpdateUser(ctx context.Context, username string, f UserFields) (User, error) {
	hash := ""
	if f.Role != nil {
		if err := checkRole(*f.Role, "body.role"); err != nil {
			return User{}, err
		}
	}
	if f.Password != nil {
		if err := checkPassword(*f.Password, username, "body.password"); err != nil {
			return User{}, err
		}
		var err error
		if hash, err = p.hasher.hash(ctx, *f.Password); err != nil {
			return User{}, err
		}
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	before, after, err := p.change(ctx, username, func(a *account) error {
		if f.Role != nil {
			a.role = *f.Role
		}
		if f.Disabled != nil {
			a.disabled = *f.Disabled
		}
		if hash != "" {
			a.hash = hash
		}
		return nil
	})
	if err != nil || after == before {
		return p.user(after), err
	}
	switch {
	case hash != "" || after.disabled:
		err = p.endSessions(ctx, after.id, "")
	case after.role != before.role:
		p.refresh(after)
	}
	p.o.Record(ctx, "auth.user.update", "user/"+after.username, shown(before), shownWith(after, hash != ""))
	return p.user(after), err
}

func shownWith(a account, newPassword bool) any {
	if !newPassword {
		return shown(a)
	}
	return struct {
		Role        Role `json:"role"`
		Disabled    bool `json:"disabled"`
		NewPassword bool `json:"new_password"`
	}{a.role, a.disabled, true}
}

// ResetPassword gives an account a new password, which it returns, and ends its sessions.
func (p *People) ResetPassword(ctx context.Context, username string) (string, error) {
	password := newPassword()
	_, err := p.UpdateUser(ctx, username, UserFields{Password: &password})
	return password, err
}

// RemoveUser deletes an account with its sessions.
func (p *People) RemoveUser(ctx context.Context, username string) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	var gone account
	err := p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		a, found, err := find(ctx, q, username)
		if err != nil {
			return err
		}
		if !found {
			return errNoUser
		}
		gone = a
		if _, err := q.Exec(ctx, `DELETE FROM accounts WHERE id = $1`, a.id); err != nil {
			return fmt.Errorf("removing an account: %w", err)
		}
		return keepsAdmin(ctx, q, a)
	})
	if err != nil {
		return err
	}
	p.forget(func(s *session) bool { return s.account.id == gone.id })
	p.o.Record(ctx, "auth.user.remove", "user/"+gone.username, shown(gone), nil)
	return nil
}

// ChangePassword is for the account's own person, who knows the present one. It ends all other sessions.
func (p *People) ChangePassword(ctx context.Context, me Principal, current, next string) error {
	s, err := p.own(me)
	if err != nil {
		return err
	}
	proven, err := p.confirm(ctx, me, current, "body.current")
	if err != nil {
		return err
	}
	if err := checkPassword(next, s.account.username, "body.new"); err != nil {
		return err
	}
	hash, err := p.hasher.hash(ctx, next)
	if err != nil {
		return err
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	_, after, err := p.change(ctx, s.account.username, func(a *account) error {
		if a.hash != proven.hash {
			return errNotAcceptable.At("body.current", "is not right any more") // an administrator was quicker
		}
		a.hash = hash
		return nil
	})
	if err != nil {
		return err
	}
	p.o.Record(ctx, "auth.password.change", "user/"+after.username, nil, nil)
	return p.endSessions(ctx, after.id, me.ID)
}
