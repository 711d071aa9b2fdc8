package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// forget ends the sessions that which chooses, in memory.
func (p *People) forget(which func(*session) bool) (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, s := range p.sessions {
		if which(s) {
			delete(p.sessions, key)
			close(s.ended)
			ids = append(ids, s.id)
		}
	}
	return ids
}

// refresh gives the sessions of an account what it is now. What goes on with the old role stops.
func (p *People) refresh(a account) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.sessions {
		if s.account.id == a.id {
			s.account.role, s.account.disabled = a.role, a.disabled
			close(s.ended)
			s.ended = make(chan struct{})
		}
	}
}

// endSessions ends the sessions of an account but one. They end at once, also when the table cannot be written: then
// they would come back with the next start, and the error says so.
func (p *People) endSessions(ctx context.Context, account int64, except string) error {
	p.forget(func(s *session) bool { return s.account.id == account && s.id != except })
	err := p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `DELETE FROM account_sessions WHERE account = $1 AND id <> $2`, account, except)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

var errNoSession = fault.New(fault.NotFound, "there is no such session")

// EndSession ends one session of an account.
func (p *People) EndSession(ctx context.Context, username, id string) error {
	owner := "" // as the account writes it
	ended := p.forget(func(s *session) bool {
		if s.id != id || fold(s.account.username) != fold(username) {
			return false
		}
		owner = s.account.username
		return true
	})
	if len(ended) == 0 {
		return errNoSession
	}
	err := p.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		_, err := q.Exec(ctx, `DELETE FROM account_sessions WHERE id = $1`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	p.o.Record(ctx, "auth.session.end", "user/"+owner, map[string]string{"session": id}, nil)
	return nil
}

// EndOtherSessions ends all sessions of an account but the one named.
func (p *People) EndOtherSessions(ctx context.Context, username, except string) error {
	a, found, err := p.lookUp(ctx, username)
	if err != nil {
		return err
	}
	if !found {
		return errNoUser
	}
	if err := p.endSessions(ctx, a.id, except); err != nil {
		return err
	}
	p.o.Record(ctx, "auth.session.end_all", "user/"+a.username, nil, nil)
	return nil
}

// sweep ends what is over and writes down when sessions and keys were last seen.
func (p *People) sweep(ctx context.Context) {
	now := p.o.Clock()
	over := p.forget(func(s *session) bool { return !now.Before(p.expires(s)) })
	type seen struct {
		id string
		at time.Time
	}
	var sessions []seen
	p.mu.Lock()
	for _, s := range p.sessions {
		if s.seen.Sub(s.written) >= seenEvery {
			sessions = append(sessions, seen{s.id, s.seen})
			s.written = s.seen
		}
	}
	p.mu.Unlock()
	keys := p.sweepKeys(now)
	if len(over)+len(sessions)+len(keys) == 0 {
		return
	}
	err := p.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		for _, id := range over {
			if _, err := q.Exec(ctx, `DELETE FROM account_sessions WHERE id = $1`, id); err != nil {
				return err
			}
		}
		for _, s := range sessions {
			if _, err := q.Exec(ctx, `UPDATE account_sessions SET seen = $1 WHERE id = $2`, s.at.UnixMilli(), s.id); err != nil {
				return err
			}
		}
		for id, at := range keys {
			if _, err := q.Exec(ctx, `UPDATE api_keys SET used = $1 WHERE id = $2`, at.UnixMilli(), id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		p.log.Warn("when sessions were last seen could not be written down", "error", err)
	}
}
