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
	AccountSelf    Permission = "account:self"    // one's own account: password, sessions
	UsersAdmin     Permission = "users:admin"     // other people's accounts, sessions, and API keys
	AuditRead      Permission = "audit:read"      // who changed what
	SystemRead     Permission = "system:read"     // how BunkerM itself is doing
	SystemAdmin    Permission = "system:admin"    // what helps to find a fault: the diagnostic bundle
	ConfigRead     Permission = "config:read"     // see the broker's configuration and its versions, without secrets
	ConfigWrite    Permission = "config:write"    // change it, which is running code as the broker's user
	ConfigSecrets  Permission = "config:secrets"  // see the secrets in it
	AnomalyRead    Permission = "anomaly:read"    // see alerts, series without values, and rules
	AnomalyAct     Permission = "anomaly:act"     // acknowledge alerts, judge them, make rules, say what is worked on
)

// Anybody is what a route names that is for everybody, nobody included: sign-in and the first set-up. It is no
// permission: no role has it and none lacks it.
const Anybody Permission = "open"

// Permissions lists all of them.
func Permissions() []Permission {
	return []Permission{DynsecRead, DynsecWrite, DynsecAdmin, MonitorRead, MonitorPublish, PayloadRead, ClientlogsRead,
		SettingsWrite, MetricsRead, AccountSelf, UsersAdmin, AuditRead, SystemRead, SystemAdmin,
		ConfigRead, ConfigWrite, ConfigSecrets, AnomalyRead, AnomalyAct}
}

// Roles lists all of them, the least powerful first.
func Roles() []Role { return []Role{Metrics, Viewer, Operator, Admin} }

// permits is the table of role and permission.
func permits(role Role) []Permission {
	switch role {
	case Metrics:
		return []Permission{MetricsRead}
	case Viewer:
		return []Permission{MetricsRead, DynsecRead, MonitorRead, ClientlogsRead, AccountSelf, SystemRead, AnomalyRead}
	case Operator:
		return []Permission{MetricsRead, DynsecRead, MonitorRead, ClientlogsRead, AccountSelf, SystemRead,
			DynsecWrite, MonitorPublish, PayloadRead, ConfigRead, AnomalyRead, AnomalyAct}
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

// Via is the way by which somebody came in.
type Via string

// The ways in.
const (
	ViaKey     Via = "key"     // an API key
	ViaSession Via = "session" // a browser that signed in
	ViaCommand Via = "command" // the command line on this host
)

// CommandName is the name under which the command line on this host appears in log and audit.
const CommandName = "command line"

// Principal is who asks. The zero value is nobody.
type Principal struct {
	Name string // as log and audit show it; never secret: a username, or the name of a key
	Role Role
	Via  Via
	ID   string // of the session or key that they came with; empty for the primary key and the command line

	// Ended is closed when what they came with counts no more: signed out, revoked, expired, or of another role
	// now. Whatever lasts longer than a request ends with it. Nil where that cannot happen.
	Ended <-chan struct{}
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
