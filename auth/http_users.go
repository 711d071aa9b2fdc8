package auth

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
)

// UserPath names an account.
type UserPath struct {
	Username string `path:"username" doc:"The account, percent-encoded"`
}

type userList struct {
	Users []User `json:"users" nullable:"false" doc:"The page, sorted by username"`
	Total int    `json:"total" doc:"How many there are that q lets through"`
}

type userWithPassword struct {
	User     User   `json:"user" doc:"The account"`
	Password string `json:"password,omitempty" doc:"The password that was made; it cannot be shown again"`
}

type newPasswordAnswer struct {
	Password string `json:"password" doc:"The new password; it cannot be shown again"`
}

func registerUsers(api huma.API, p *People) {
	huma.Register(api, route(UsersAdmin, http.MethodGet, "/auth/users", "list-users", "List users", "The people who can sign in on the page."),
		func(ctx context.Context, in *struct {
			Q      string `query:"q" maxLength:"1024" doc:"Only users with this in their name, without regard to case"`
			Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"How many at most"`
			Offset int    `query:"offset" minimum:"0" doc:"How many to leave out"`
		}) (*plain[userList], error) {
			users, total, err := p.Users(ctx, in.Q, in.Limit, in.Offset)
			return &plain[userList]{Body: userList{Users: users, Total: total}}, err
		})

	op := route(UsersAdmin, http.MethodPost, "/auth/users", "create-user", "Create a user",
		"Without a password one is made and shown in this answer, once.", http.StatusConflict)
	op.DefaultStatus = http.StatusCreated
	huma.Register(api, op, func(ctx context.Context, in *struct{ Body NewUser }) (*created[userWithPassword], error) {
		u, password, err := p.CreateUser(ctx, in.Body)
		if err != nil {
			return nil, err
		}
		return &created[userWithPassword]{Location: "/auth/users/" + url.PathEscape(u.Username), Body: userWithPassword{User: u, Password: password}}, nil
	})

	huma.Register(api, route(UsersAdmin, http.MethodGet, "/auth/users/{username}", "get-user", "Get a user", "The password is never part of the answer."),
		func(ctx context.Context, in *UserPath) (*plain[User], error) {
			u, err := p.User(ctx, in.Username)
			return &plain[User]{Body: u}, err
		})

	huma.Register(api, route(UsersAdmin, http.MethodPut, "/auth/users/{username}", "update-user", "Change a user",
		"Given fields are replaced, absent ones stay. Disabling and a new password end the user's sessions; a new role holds from the next request. The "+
			"last admin who can sign in stays one.", http.StatusConflict),
		func(ctx context.Context, in *struct {
			UserPath
			Body UserFields
		}) (*plain[User], error) {
			u, err := p.UpdateUser(ctx, in.Username, in.Body)
			return &plain[User]{Body: u}, err
		})

	op = route(UsersAdmin, http.MethodDelete, "/auth/users/{username}", "remove-user", "Remove a user", "Ends the user's sessions.", http.StatusConflict)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *UserPath) (*struct{}, error) {
		return none(p.RemoveUser(ctx, in.Username))
	})

	huma.Register(api, route(UsersAdmin, http.MethodPost, "/auth/users/{username}/reset", "reset-user", "Reset a user's password",
		"Makes a new password, which is shown in this answer, once, and ends the user's sessions."),
		func(ctx context.Context, in *UserPath) (*plain[newPasswordAnswer], error) {
			password, err := p.ResetPassword(ctx, in.Username)
			return &plain[newPasswordAnswer]{Body: newPasswordAnswer{Password: password}}, err
		})

	huma.Register(api, route(UsersAdmin, http.MethodGet, "/auth/users/{username}/sessions", "list-user-sessions", "List a user's sessions",
		"The browsers that are signed in to this account."),
		func(ctx context.Context, in *UserPath) (*plain[SessionList], error) {
			u, err := p.User(ctx, in.Username)
			if err != nil {
				return nil, err
			}
			return sessionList(p.Sessions(u.Username, PrincipalFrom(ctx).ID)), nil
		})

	op = route(UsersAdmin, http.MethodDelete, "/auth/users/{username}/sessions", "end-user-sessions", "End all sessions of a user",
		"The user has to sign in again everywhere.")
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *UserPath) (*struct{}, error) {
		return none(p.EndOtherSessions(ctx, in.Username, ""))
	})

	op = route(UsersAdmin, http.MethodDelete, "/auth/users/{username}/sessions/{id}", "end-user-session", "End one session of a user",
		"That browser has to sign in again.")
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *struct {
		UserPath
		ID string `path:"id" doc:"The session's id"`
	}) (*struct{}, error) {
		return none(p.EndSession(ctx, in.Username, in.ID))
	})
}
