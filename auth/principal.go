package auth

import (
	"context"
	"slices"
)

// Role is what somebody is allowed to be. The zero value permits nothing.
type Role string

// The roles. What each permits stands in the table in permits, and nowhere else.
const (
	Viewer   Role = "viewer"   // sees state, and events without payloads
	Operator Role = "operator" // also changes clients, roles and groups, sees payloads and publishes
	Admin    Role = "admin"    // may do everything
	Metrics  Role = "metrics"  // for a monitoring system: the metrics and nothing else
)

// Permission is what a route asks for.
type Permission string

// The permissions. Each exists because a route asks for it.
const (
	DynsecRead     Permission = "dynsec:read"     // see clients, roles, groups, ACLs
	DynsecWrite    Permission = "dynsec:write"    // change them
	DynsecAdmin    Permission = "dynsec:admin"    // grant or widen what reaches $CONTROL
	MonitorRead    Permission = "monitor:read"    // see the broker's figures, sessions and topics
	MonitorPublish Permission = "monitor:publish" // publish messages, clear retained ones
	PayloadRead    Permission = "payload:read"    // see what messages say
	ClientlogsRead Permission = "clientlogs:read" // see what clients did, and the broker's own words
	SettingsWrite  Permission = "settings:write"  // change what is observed, recorded and kept
	MetricsRead    Permission = "metrics:read"    // read /metrics
)

// Permissions lists all of them.
func Permissions() []Permission {
	return []Permission{DynsecRead, DynsecWrite, DynsecAdmin, MonitorRead, MonitorPublish, PayloadRead, ClientlogsRead,
		SettingsWrite, MetricsRead}
}

// Roles lists all of them, the least powerful first.
func Roles() []Role { return []Role{Metrics, Viewer, Operator, Admin} }

// permits is the table of role and permission.
func permits(role Role) []Permission {
	switch role {
	case Metrics:
		return []Permission{MetricsRead}
	case Viewer:
		return []Permission{MetricsRead, DynsecRead, MonitorRead, ClientlogsRead}
	case Operator:
		return []Permission{MetricsRead, DynsecRead, MonitorRead, ClientlogsRead, DynsecWrite, MonitorPublish, PayloadRead}
	case Admin:
		return Permissions()
	default:
		return nil
	}
}

// Allowed reports whether role has permission. Unknown roles have none, and nobody has an unknown permission.
func Allowed(role Role, permission Permission) bool {
	return slices.Contains(permits(role), permission)
}

// Principal is who asks. The zero value is nobody.
type Principal struct {
	Name string // as log and audit show it; never secret
	Role Role
}

type principalKey struct{}

// WithPrincipal returns a context in which p acts.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns who acts in ctx, the zero value where nobody was recognised.
func PrincipalFrom(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// Permitted reports whether whoever acts in ctx has permission. The name is a string because the services, which
// get this function from app, do not know this package.
func Permitted(ctx context.Context, permission string) bool {
	return Allowed(PrincipalFrom(ctx).Role, Permission(permission))
}

// Actor names who acts in ctx, "" where nobody was recognised.
func Actor(ctx context.Context) string { return PrincipalFrom(ctx).Name }
