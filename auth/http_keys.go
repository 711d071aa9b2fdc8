package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type keyList struct {
	Keys  []APIKey `json:"keys" nullable:"false" doc:"Sorted by name, without the primary key"`
	Total int      `json:"total" doc:"How many"`
}

type keyWithSecret struct {
	Key    APIKey `json:"key" doc:"The key"`
	Secret string `json:"secret" doc:"What to send in X-API-Key; it cannot be shown again"`
}

type primaryKey struct {
	Source  string `json:"source" enum:"file,environment" doc:"Where the key is kept"`
	Hint    string `json:"hint" doc:"Its last four characters"`
	Warning string `json:"warning,omitempty" doc:"What is the matter with it"`
}

type secretAnswer struct {
	Key string `json:"key" doc:"The primary API key"`
}

// PasswordAgain is a body with the password of who is signed in.
type PasswordAgain struct {
	Body struct {
		Password string `json:"password" maxLength:"4096" doc:"The password of who is signed in, again"`
	}
}

// primary tells of the primary key what is no secret.
func (p *People) primary() (primaryKey, error) {
	key, err := p.o.Keys.Key()
	if err != nil {
		return primaryKey{}, err
	}
	told := primaryKey{Source: "file", Warning: p.o.Keys.Warning()}
	if p.o.Keys.Path() == "" {
		told.Source = "environment"
	}
	if len(key) >= shortKey {
		told.Hint = key[len(key)-4:]
	}
	return told, nil
}

func registerKeys(api huma.API, p *People) {
	huma.Register(api, route(UsersAdmin, http.MethodGet, "/auth/keys", "list-keys", "List API keys", "The keys besides the primary one. Secrets are never shown again."),
		func(context.Context, *struct{}) (*plain[keyList], error) {
			keys := p.APIKeys()
			return &plain[keyList]{Body: keyList{Keys: keys, Total: len(keys)}}, nil
		})

	op := route(UsersAdmin, http.MethodPost, "/auth/keys", "create-key", "Create an API key", "The answer shows the secret, once.", http.StatusConflict)
	op.DefaultStatus = http.StatusCreated
	huma.Register(api, op, func(ctx context.Context, in *struct{ Body NewAPIKey }) (*created[keyWithSecret], error) {
		key, secret, err := p.CreateAPIKey(ctx, in.Body)
		return &created[keyWithSecret]{Location: "/auth/keys/" + key.ID, Body: keyWithSecret{Key: key, Secret: secret}}, err
	})

	op = route(UsersAdmin, http.MethodDelete, "/auth/keys/{id}", "delete-key", "Delete an API key", "It is refused from now on.")
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *struct {
		ID string `path:"id" doc:"The key's id"`
	}) (*struct{}, error) {
		return none(p.DeleteAPIKey(ctx, in.ID))
	})

	huma.Register(api, route(UsersAdmin, http.MethodGet, "/auth/primary-key", "get-primary-key", "Ask about the primary API key", "Where it is kept, and how it ends."),
		func(context.Context, *struct{}) (*plain[primaryKey], error) {
			told, err := p.primary()
			return &plain[primaryKey]{Body: told}, err
		})

	huma.Register(api, route(UsersAdmin, http.MethodPost, "/auth/primary-key/reveal", "reveal-primary-key", "Show the primary API key",
		"To an admin who is signed in and shows the password again. It is recorded.", http.StatusConflict),
		func(ctx context.Context, in *PasswordAgain) (*plain[secretAnswer], error) {
			key, err := p.RevealPrimaryKey(ctx, PrincipalFrom(ctx), in.Body.Password)
			return &plain[secretAnswer]{Body: secretAnswer{Key: key}}, err
		})

	huma.Register(api, route(UsersAdmin, http.MethodPost, "/auth/primary-key/rotate", "rotate-primary-key", "Replace the primary API key",
		"The old key is refused from now on. It is a conflict where the environment sets the key.", http.StatusConflict),
		func(ctx context.Context, in *PasswordAgain) (*plain[secretAnswer], error) {
			key, err := p.RotatePrimaryKey(ctx, PrincipalFrom(ctx), in.Body.Password)
			return &plain[secretAnswer]{Body: secretAnswer{Key: key}}, err
		})
}
