package app

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/bunkerm/bunkerm/auth"
)

// openKeys finds or makes the primary API key, and opens the accounts.
func (a *App) openKeys(ctx context.Context) error {
	keys, err := openKeys(a.opts, component(a.logger, "auth"))
	if err != nil {
		return err
	}
	a.keys = keys
	if warning := keys.Warning(); warning != "" {
		a.notice(warning)
	}
	a.people, err = auth.OpenPeople(ctx, auth.PeopleOptions{
		Store: a.db, Keys: keys, SetupFile: setupFile(a.opts.DataDir), Logger: component(a.logger, "auth"), Record: a.record,
	})
	if err != nil {
		return err
	}
	return a.firstAccount(ctx)
}

// firstAccount makes the admin whom the environment names, or a set-up token, where there is no account yet.
func (a *App) firstAccount(ctx context.Context) error {
	needed, err := a.people.SetupNeeded(ctx)
	if err != nil || !needed {
		return err
	}
	if a.opts.AdminUser != "" {
		_, err := a.people.FirstAdmin(ctx, a.opts.AdminUser, a.opts.AdminPassword)
		return err
	}
	a.setupToken, err = a.people.NewSetupToken(ctx)
	return err
}

// setupURL is where the person with the token makes the first account. The token stands in the fragment, which browsers
// keep to themselves.
func setupURL(base, token string) string { return strings.TrimSuffix(base, "/") + "/#token=" + token }

// setupFile is where the token of the first set-up is kept.
func setupFile(dataDir string) string { return filepath.Join(dataDir, "setup-token") }
