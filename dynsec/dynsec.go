// Package dynsec is the service that says who may do what on the broker: clients, roles, groups and ACLs of
// Mosquitto's dynamic security plugin, read from a fresh mirror and changed live over $CONTROL.
//
// It may import broker, store and fault. Names are Mosquitto's own.
package dynsec

// DefaultRolePriority is the priority of a role or group assignment when none is given
// (mosquitto 2.0, plugins/dynamic-security).
const DefaultRolePriority = -1

// MaxPriority bounds every priority: -MaxPriority..MaxPriority. 2.1 clamps to it, 2.0 takes anything.
const MaxPriority = 100_000

// The six ACL types of the plugin.
const (
	PublishClientSend    = "publishClientSend"
	PublishClientReceive = "publishClientReceive"
	SubscribeLiteral     = "subscribeLiteral"
	SubscribePattern     = "subscribePattern"
	UnsubscribeLiteral   = "unsubscribeLiteral"
	UnsubscribePattern   = "unsubscribePattern"
)

// RoleRef is a role as a client or group carries it.
type RoleRef struct {
	Rolename string `json:"rolename"`
	Priority int    `json:"priority"`
}

// GroupRef is a group as a client carries it.
type GroupRef struct {
	Groupname string `json:"groupname"`
	Priority  int    `json:"priority"`
}

// ClientRef is a client as a group lists it.
type ClientRef struct {
	Username string `json:"username"`
	Priority int    `json:"priority"`
}

// Client is an account: who may log in. Priorities order what decides first, highest first.
type Client struct {
	Username        string     `json:"username"`
	Clientid        string     `json:"clientid"`
	Textname        string     `json:"textname"`
	Textdescription string     `json:"textdescription"`
	Disabled        bool       `json:"disabled"`
	Roles           []RoleRef  `json:"roles"`
	Groups          []GroupRef `json:"groups"`
	Connections     *int       `json:"connections"` // live sessions; null where they cannot be known
	Own             bool       `json:"own"`         // BunkerM's own account, which no route changes
}

// ACL is one rule of a role.
type ACL struct {
	Acltype  string `json:"acltype"`
	Topic    string `json:"topic"`
	Priority int    `json:"priority"`
	Allow    bool   `json:"allow"`
}

// Role is a set of topic rules that clients and groups can carry. ACLs are in the order in which the broker
// decides by them; Clients and Groups count who carries the role directly.
type Role struct {
	Rolename        string `json:"rolename"`
	Textname        string `json:"textname"`
	Textdescription string `json:"textdescription"`
	ACLs            []ACL  `json:"acls"`
	Clients         int    `json:"clients"`
	Groups          int    `json:"groups"`
	Own             bool   `json:"own"`

	// NoWildcardSubs is 2.1's allowwildcardsubs, turned round: the role refuses every subscription with + or #. Only
	// another manager can have set it.
	NoWildcardSubs bool `json:"-"`
}

// Group is a set of clients that share roles.
type Group struct {
	Groupname       string      `json:"groupname"`
	Textname        string      `json:"textname"`
	Textdescription string      `json:"textdescription"`
	Roles           []RoleRef   `json:"roles"`
	Clients         []ClientRef `json:"clients"`
	Own             bool        `json:"own"`
}

// DefaultAccess is what is allowed where no ACL decides. An allow here never reaches $CONTROL.
type DefaultAccess struct {
	PublishClientSend    bool `json:"publishClientSend"`
	PublishClientReceive bool `json:"publishClientReceive"`
	Subscribe            bool `json:"subscribe"`
	Unsubscribe          bool `json:"unsubscribe"`
}
