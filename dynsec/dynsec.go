// Package dynsec is the service that says who may do what on the broker: clients, roles, groups and ACLs of
// Mosquitto's dynamic security plugin, read from a fresh mirror and changed live over $CONTROL.
//
// It may import broker, query, fault, and dynsecfile of the room config, which knows how a whole file becomes the broker's
// state. Names are Mosquitto's own.
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
	Rolename string `json:"rolename" doc:"Name of the role"`
	Priority int    `json:"priority" doc:"The higher one decides first"`
}

// GroupRef is a group as a client carries it.
type GroupRef struct {
	Groupname string `json:"groupname" doc:"Name of the group"`
	Priority  int    `json:"priority" doc:"The higher one decides first"`
}

// ClientRef is a client as a group lists it.
type ClientRef struct {
	Username string `json:"username" doc:"Name of the client"`
	Priority int    `json:"priority" doc:"The higher one decides first"`
}

// Client is an account: who may log in. Priorities order what decides first, highest first.
type Client struct {
	Username        string     `json:"username" doc:"Unique name to log in with"`
	Clientid        string     `json:"clientid" doc:"The only MQTT client id that this account may use; empty when it may use any"`
	Textname        string     `json:"textname" doc:"A name for people"`
	Textdescription string     `json:"textdescription" doc:"A description for people"`
	Disabled        bool       `json:"disabled" doc:"A disabled client cannot log in"`
	Roles           []RoleRef  `json:"roles" nullable:"false" doc:"The roles that it carries itself, the one that decides first in front"`
	Groups          []GroupRef `json:"groups" nullable:"false" doc:"The groups that it is in, the one that decides first in front"`
	Connections     *int       `json:"connections" doc:"How many sessions it has now; null where nobody can tell"`
	Own             bool       `json:"own" doc:"Whether it is BunkerM's own account, which no route changes"`
}

// ACL is one rule of a role.
type ACL struct {
	Acltype  string `json:"acltype" doc:"What the rule is about, one of six"`
	Topic    string `json:"topic" doc:"Topic filter; in the literal types it is compared as it stands"`
	Priority int    `json:"priority" doc:"The higher one decides first"`
	Allow    bool   `json:"allow" doc:"Whether the rule allows or denies"`
}

// Role is a set of topic rules that clients and groups can carry. ACLs are in the order in which the broker
// decides by them; Clients and Groups count who carries the role directly.
type Role struct {
	Rolename        string `json:"rolename" doc:"Unique name"`
	Textname        string `json:"textname" doc:"A name for people"`
	Textdescription string `json:"textdescription" doc:"A description for people"`
	ACLs            []ACL  `json:"acls" nullable:"false" doc:"Its rules, in the order in which the broker decides by them"`
	Clients         int    `json:"clients" doc:"How many clients carry it themselves"`
	Groups          int    `json:"groups" doc:"How many groups carry it"`
	Own             bool   `json:"own" doc:"Whether BunkerM itself works with it; no route changes it"`

	// NoWildcardSubs is 2.1's allowwildcardsubs, turned round: the role refuses every subscription with + or #. Only
	// another manager can have set it.
	NoWildcardSubs bool `json:"-"`
}

// Group is a set of clients that share roles.
type Group struct {
	Groupname       string      `json:"groupname" doc:"Unique name"`
	Textname        string      `json:"textname" doc:"A name for people"`
	Textdescription string      `json:"textdescription" doc:"A description for people"`
	Roles           []RoleRef   `json:"roles" nullable:"false" doc:"The roles that it gives to its clients, the one that decides first in front"`
	Clients         []ClientRef `json:"clients" nullable:"false" doc:"The clients in it, sorted by username"`
}

// DefaultAccess is what is allowed where no ACL decides. An allow here never reaches $CONTROL.
type DefaultAccess struct {
	PublishClientSend    bool `json:"publishClientSend" doc:"Whether clients may publish where no ACL decides"`
	PublishClientReceive bool `json:"publishClientReceive" doc:"Whether clients receive messages where no ACL decides"`
	Subscribe            bool `json:"subscribe" doc:"Whether clients may subscribe where no ACL decides"`
	Unsubscribe          bool `json:"unsubscribe" doc:"Whether clients may unsubscribe where no ACL decides"`
}
