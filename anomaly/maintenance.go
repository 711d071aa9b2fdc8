package anomaly

import (
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/incident"
)

// The scopes of maintenance.
const (
	ScopeAll    = "all"
	ScopeClient = "client"
	ScopeGroup  = "group"
	ScopeTopic  = "topic"
)

// Maintenance is a time in which somebody works on something: what is strange about it is counted, and told to nobody.
type Maintenance struct {
	ID      int64     `json:"id" readOnly:"true" doc:"Its number"`
	Scope   string    `json:"scope" enum:"all,client,group,topic" doc:"What is worked on"`
	Target  string    `json:"target,omitempty" maxLength:"1000" doc:"The client id, the name of the group, or the topic filter; empty for all"`
	From    time.Time `json:"from,omitzero" doc:"When it begins; absent: now"`
	Until   time.Time `json:"until" doc:"When it ends"`
	Reason  string    `json:"reason,omitempty" maxLength:"500" doc:"What is done"`
	Actor   string    `json:"actor,omitempty" readOnly:"true" doc:"Who said so"`
	members []string  // usernames and client ids of the group, as of when it was looked up
}

// covers reports whether a subject is being worked on.
func (m *Maintenance) covers(matches func(filter, topic string) bool, s incident.Subject) bool {
	switch m.Scope {
	case ScopeAll:
		return true
	case ScopeTopic:
		return s.Type == incident.TypeTopic && matches(m.Target, s.Entity)
	case ScopeClient:
		return s.Client == m.Target || s.Type == incident.TypeClient && s.Entity == m.Target
	case ScopeGroup:
		return slices.Contains(m.members, s.Client) || s.Type == incident.TypeClient && slices.Contains(m.members, s.Entity)
	}
	return false
}
