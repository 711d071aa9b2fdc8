package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// SessionList is the sessions of one account.
type SessionList struct {
	Sessions []SessionInfo `json:"sessions" nullable:"false" doc:"The one that was last seen first"`
	Total    int           `json:"total" doc:"How many"`
}

func sessionList(sessions []SessionInfo) *plain[SessionList] {
	return &plain[SessionList]{Body: SessionList{Sessions: sessions, Total: len(sessions)}}
}

func none(err error) (*struct{}, error) { return nil, err }

func registerMe(api huma.API, p *People) {
	huma.Register(api, route(AccountSelf, http.MethodGet, "/auth/me", "get-me", "Ask who one is",
		"Who the session or the key belongs to, and what that permits."),
		func(ctx context.Context, _ *struct{}) (*plain[Me], error) {
			return &plain[Me]{Body: p.me(PrincipalFrom(ctx))}, nil
		})

	op := route(AccountSelf, http.MethodPost, "/auth/me/password", "change-password", "Change one's password",
		"Ends all other sessions of the account.", http.StatusConflict)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *struct {
		Body struct {
			Current string `json:"current" maxLength:"4096" doc:"The present password"`
			New     string `json:"new" maxLength:"4096" doc:"12 characters at least"`
		}
	}) (*struct{}, error) {
		return none(p.ChangePassword(ctx, PrincipalFrom(ctx), in.Body.Current, in.Body.New))
	})

	huma.Register(api, route(AccountSelf, http.MethodGet, "/auth/me/sessions", "list-my-sessions", "List one's sessions",
		"The browsers that are signed in to this account.", http.StatusConflict),
		func(ctx context.Context, _ *struct{}) (*plain[SessionList], error) {
			me := PrincipalFrom(ctx)
			if _, err := p.own(me); err != nil {
				return nil, err
			}
			return sessionList(p.Sessions(me.Name, me.ID)), nil
		})

	op = route(AccountSelf, http.MethodDelete, "/auth/me/sessions/{id}", "end-my-session", "End one of one's sessions",
		"That browser has to sign in again.", http.StatusConflict)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"The session's id"`
	}) (*struct{}, error) {
		me := PrincipalFrom(ctx)
		if _, err := p.own(me); err != nil {
			return nil, err
		}
		return none(p.EndSession(ctx, me.Name, in.ID))
	})

	op = route(AccountSelf, http.MethodPost, "/auth/me/sessions/end-others", "end-my-other-sessions", "End all of one's other sessions",
		"Only the session that asks stays.", http.StatusConflict)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*struct{}, error) {
		me := PrincipalFrom(ctx)
		if _, err := p.own(me); err != nil {
			return nil, err
		}
		return none(p.EndOtherSessions(ctx, me.Name, me.ID))
	})
}
