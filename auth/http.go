package auth

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Register adds all routes of this room to an API whose handlers may return faults.
func Register(api huma.API, p *People) {
	registerDoor(api, p)
	registerMe(api, p)
	registerUsers(api, p)
	registerKeys(api, p)
}

// route describes one route. Errors that every route can answer are added by the gateway.
func route(permission Permission, method, path, id, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: "auth-" + id, Method: method, Path: path, Summary: summary, Description: description,
		Tags: []string{"auth"}, Metadata: map[string]any{"permission": string(permission)}, Errors: errors,
	}
}

// The shapes of answers. They are exported for huma, which fills in only what reflection may set.

type plain[T any] struct{ Body T }

type created[T any] struct {
	Location string `header:"Location"`
	Body     T
}

// Welcome is the answer that lets somebody in.
type Welcome struct {
	Status    int
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Me
}

// Me is who asks.
type Me struct {
	Username          string       `json:"username" doc:"Who is signed in; for an API key its name"`
	Role              Role         `json:"role" enum:"metrics,viewer,operator,admin" doc:"What they may do, in one word"`
	Via               Via          `json:"via" enum:"session,key,command" doc:"How they came in"`
	Permissions       []Permission `json:"permissions" nullable:"false" doc:"What they may do, as routes name it"`
	LastSignIn        *time.Time   `json:"last_sign_in" doc:"When the account was signed in with; null for a key"`
	SessionID         string       `json:"session_id,omitempty" doc:"Which of the account's sessions this is"`
	PrimaryKeyWarning string       `json:"primary_key_warning,omitempty" doc:"For administrators: what is the matter with the primary API key"`
}

func (p *People) me(who Principal) Me {
	me := Me{Username: who.Name, Role: who.Role, Via: who.Via, Permissions: permits(who.Role)}
	if s, err := p.own(who); err == nil {
		me.SessionID = s.id
		signedIn := shownTime(s.created)
		me.LastSignIn = &signedIn
	}
	if Allowed(who.Role, UsersAdmin) {
		me.PrimaryKeyWarning = p.o.Keys.Warning()
	}
	return me
}

func (p *People) welcome(ctx context.Context, status int, who Principal, token string) *Welcome {
	return &Welcome{Status: status, SetCookie: *p.cookieOf(ctx, token), Body: p.me(who)}
}

type setupAnswer struct {
	Needed   bool `json:"needed" doc:"Whether the first account is still to be made"`
	SignedIn bool `json:"signed_in" doc:"Whether the browser that asks is signed in"`
}

type setupToken struct {
	Token string `json:"token" doc:"Good for an hour, and once"`
}

func registerDoor(api huma.API, p *People) {
	huma.Register(api, route(Anybody, http.MethodGet, "/auth/setup", "get-setup", "Ask whether set-up is needed",
		"Whether there is no account yet, and whether the browser that asks is signed in: what a page needs to know first."),
		func(ctx context.Context, _ *struct{}) (*plain[setupAnswer], error) {
			needed, err := p.SetupNeeded(ctx)
			return &plain[setupAnswer]{Body: setupAnswer{Needed: needed, SignedIn: PrincipalFrom(ctx).Via == ViaSession}}, err
		})

	op := route(Anybody, http.MethodPost, "/auth/setup", "set-up", "Make the first account",
		"Makes an admin, for whoever has the set-up token, as long as there is no account, and signs in. `bunkerm setup-token` on the host prints "+
			"the token; it is good for an hour, once, and for ten tries.", http.StatusForbidden, http.StatusConflict)
	op.DefaultStatus = http.StatusCreated
	huma.Register(api, op, func(ctx context.Context, in *struct {
		Body struct {
			Token    string `json:"token" maxLength:"256" doc:"The set-up token"`
			Username string `json:"username" maxLength:"256" doc:"1 to 64 visible characters"`
			Password string `json:"password" maxLength:"4096" doc:"12 characters at least"`
		}
	}) (*Welcome, error) {
		who, token, err := p.SetUp(ctx, in.Body.Token, in.Body.Username, in.Body.Password)
		if err != nil {
			return nil, err
		}
		return p.welcome(ctx, http.StatusCreated, who, token), nil
	})

	huma.Register(api, route(UsersAdmin, http.MethodPost, "/auth/setup-token", "new-setup-token", "Make a new set-up token",
		"As long as there is no account: for who may administer this host, and lost the token or let it expire.", http.StatusConflict),
		func(ctx context.Context, _ *struct{}) (*plain[setupToken], error) {
			token, err := p.NewSetupToken(ctx)
			return &plain[setupToken]{Body: setupToken{Token: token}}, err
		})

	huma.Register(api, route(Anybody, http.MethodPost, "/auth/sign-in", "sign-in", "Sign in",
		"Begins a session, whose token is in the cookie that is set. An unknown user, a wrong password and a disabled account are answered alike."),
		func(ctx context.Context, in *struct {
			Body struct {
				Username string `json:"username" maxLength:"1024" doc:"The account"`
				Password string `json:"password" maxLength:"4096" doc:"Its password"`
			}
		}) (*Welcome, error) {
			who, token, err := p.SignIn(ctx, in.Body.Username, in.Body.Password)
			if err != nil {
				return nil, err
			}
			return p.welcome(ctx, http.StatusOK, who, token), nil
		})

	op = route(AccountSelf, http.MethodPost, "/auth/sign-out", "sign-out", "Sign out", "Ends the session and takes the cookie away.", http.StatusConflict)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, _ *struct{}) (*struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
	}, error) {
		if err := p.SignOut(ctx, PrincipalFrom(ctx)); err != nil {
			return nil, err
		}
		return &struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
		}{*p.cookieOf(ctx, "")}, nil
	})
}
