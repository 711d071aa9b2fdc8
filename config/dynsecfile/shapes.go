package dynsecfile

import (
	"context"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// Control sends commands to the dynamic security plugin: a [broker.Session].
type Control interface {
	// Do sends commands in one message and returns the plugin's answers in their order. Its faults are those of
	// [broker.Session.Do].
	Do(ctx context.Context, cmds ...broker.Command) ([]broker.Response, error)
}

// Offline changes the file while the broker is stopped: [broker.Managed]. edit is called twice.
type Offline interface {
	EditDynsec(ctx context.Context, edit func(*broker.DynsecFile) error) error
}

// CheckOptions say what a file is checked for.
type CheckOptions struct {
	Version  string   // of the broker, as in 2.0.11
	Own      []string // the usernames that BunkerM works with
	OwnRoles []string // its roles; those that its accounts carry are protected as well
}

// Severity says whether a problem keeps the file from being taken.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is something to be said about a file.
type Problem struct {
	Path     string   `json:"path" doc:"Where, as in clients[3].roles[0].rolename; empty for the whole file"`
	Severity Severity `json:"severity" enum:"error,warning" doc:"An error keeps the file from being taken"`
	Message  string   `json:"message" doc:"What is the matter"`
	Hint     string   `json:"hint,omitempty" doc:"What can be done about it"`
	// Conflict tells that the file is fine in itself and contradicts what must stay: BunkerM's own account, the last
	// administrator.
	Conflict bool `json:"conflict,omitempty" doc:"The file would lock BunkerM or the last administrator out"`
}

// Diff is how one file differs from another, in texts for people. It never holds a hash. Lists are bounded; the totals
// count everything.
type Diff struct {
	Clients        EntryChanges  `json:"clients"`
	Roles          EntryChanges  `json:"roles"`
	Groups         EntryChanges  `json:"groups"`
	DefaultAccess  []FieldChange `json:"default_access" nullable:"false" doc:"The flags of defaultACLAccess that change"`
	AnonymousGroup *FieldChange  `json:"anonymous_group" doc:"Null when it stays"`
	Other          []FieldChange `json:"other" nullable:"false" doc:"Keys of the file that this version does not know"`
}

// EntryChanges are the changes of clients, of roles or of groups.
type EntryChanges struct {
	Added        []string      `json:"added" nullable:"false" doc:"Names of the first 200"`
	Changed      []EntryChange `json:"changed" nullable:"false" doc:"The first 200"`
	Removed      []string      `json:"removed" nullable:"false" doc:"Names of the first 200"`
	AddedTotal   int           `json:"added_total"`
	ChangedTotal int           `json:"changed_total"`
	RemovedTotal int           `json:"removed_total"`
}

// EntryChange is a client, role or group that both files have.
type EntryChange struct {
	Name        string        `json:"name"`
	Fields      []FieldChange `json:"fields" nullable:"false" doc:"The first 50"`
	FieldsTotal int           `json:"fields_total"`
}

// FieldChange is one thing that differs, field by field.
type FieldChange struct {
	Field  string `json:"field" doc:"Mosquitto's own key, as in textname, roles, acls"`
	Item   string `json:"item,omitempty" doc:"Which one of a list: the role's, group's or client's name, or type and topic of an ACL"`
	Before string `json:"before" doc:"Empty where there was none"`
	After  string `json:"after" doc:"Empty where there is none any more"`
}

// Effect is how a change reaches the broker.
type Effect string

// The effects, from the gentlest on.
const (
	EffectNone    Effect = "none"
	EffectLive    Effect = "live"    // over $CONTROL
	EffectRestart Effect = "restart" // through the file, which disconnects everybody once
)

// Options are what Put works with and on.
type Options struct {
	Control  Control
	Offline  Offline // nil: the broker cannot be stopped for another file
	Current  *broker.DynsecFile
	Version  string // of the broker
	Own      []string
	OwnRoles []string

	DryRun   bool                  // say what would be, and do nothing
	Restart  bool                  // a restart is allowed
	Progress func(done, total int) // commands carried out; nil: nobody listens
	// BeforeWrite runs before each message that changes something; a managed broker keeps a good copy of its file there.
	BeforeWrite func()
	// Patience is how long a broker is waited for that went away in the middle; default 30 s.
	Patience time.Duration
}

// Outcome is what Put has done, or would do.
type Outcome struct {
	Diff     Diff
	Problems []Problem
	Effect   Effect
	Reasons  []string // why a restart is needed
	// Control names what concerns rights on $CONTROL; who asks needs dynsec:admin when it is not empty.
	Control []string
	// Disconnects are the first 200 clients whose sessions end; DisconnectsTotal counts them. A restart ends everybody's.
	Disconnects      []string
	DisconnectsTotal int
	Applied          bool
}
