package config

import (
	"context"

	"github.com/bunkerm/bunkerm/broker"
)

// restoreDynsec makes a version of the dynamic security file live again. BunkerM's own account and role stay as they are
// now: the version may be from before they got another password. Whoever calls it holds the changes.
func (s *Service) restoreDynsec(ctx context.Context, data []byte, o DynsecOptions) (DynsecChanged, error) {
	_, current, err := s.currentDynsec()
	if err != nil {
		return DynsecChanged{}, err
	}
	wanted, err := broker.ParseDynsecFile(data)
	if err != nil {
		return DynsecChanged{}, err
	}
	for _, name := range s.o.Own {
		wanted.Clients = replaced(wanted.Clients, current.Clients, func(c broker.DynsecClient) bool { return c.Username == name })
	}
	for _, name := range s.o.OwnRoles {
		wanted.Roles = replaced(wanted.Roles, current.Roles, func(r broker.DynsecRole) bool { return r.Rolename == name })
	}
	done, _, err := s.putDynsec(ctx, wanted.Bytes(), o)
	return done, err
}

// replaced is all with the entry that is meant as another list has it, or without it where that has none.
func replaced[T any](all, from []T, meant func(T) bool) []T {
	out := make([]T, 0, len(all)+1)
	for _, e := range from {
		if meant(e) {
			out = append(out, e)
		}
	}
	for _, e := range all {
		if !meant(e) {
			out = append(out, e)
		}
	}
	return out
}
