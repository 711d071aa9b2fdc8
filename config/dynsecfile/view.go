package dynsecfile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
)

// maxPriority bounds every priority: 2.1 clamps to it, 2.0 takes anything.
const maxPriority = 100_000

// view is a file as the broker takes it: by name, in the order of deciding, without references to what is not there.
// Of two entries with one name the first counts.
type view struct {
	file      *broker.DynsecFile
	clients   map[string]*clientView
	groups    map[string]*groupView
	roles     map[string]*roleView
	anonymous string
}

type clientView struct {
	*broker.DynsecClient
	roles  []ref
	groups []ref // kept at the groups in the file
}

type groupView struct {
	*broker.DynsecGroup
	roles   []ref
	clients []ref
}

type roleView struct {
	*broker.DynsecRole
	acls []broker.DynsecACL
}

// ref is a role, group or client as another entry names it.
type ref struct {
	name     string
	priority int
}

func newView(f *broker.DynsecFile) *view {
	v := &view{
		file:    f,
		clients: make(map[string]*clientView, len(f.Clients)),
		groups:  make(map[string]*groupView, len(f.Groups)),
		roles:   make(map[string]*roleView, len(f.Roles)),
	}
	for i := range f.Roles {
		if r := &f.Roles[i]; v.roles[r.Rolename] == nil {
			v.roles[r.Rolename] = &roleView{DynsecRole: r, acls: inDecisionOrder(r.ACLs)}
		}
	}
	clients := make([]clientView, len(f.Clients)) // one allocation for all
	for i := range f.Clients {
		if c := &f.Clients[i]; v.clients[c.Username] == nil {
			clients[i] = clientView{DynsecClient: c, roles: v.roleRefs(c.Roles)}
			v.clients[c.Username] = &clients[i]
		}
	}
	for i := range f.Groups {
		if g := &f.Groups[i]; v.groups[g.Groupname] == nil {
			v.groups[g.Groupname] = &groupView{DynsecGroup: g, roles: v.roleRefs(g.Roles), clients: v.join(g)}
		}
	}
	for i := range clients {
		slices.SortFunc(clients[i].groups, decidesFirst)
	}
	if v.groups[f.AnonymousGroup] != nil {
		v.anonymous = f.AnonymousGroup
	}
	return v
}

// join notes a group at its members and returns them by name.
func (v *view) join(g *broker.DynsecGroup) []ref {
	members := make([]ref, 0, len(g.Clients))
	seen := make(map[string]bool, len(g.Clients))
	for _, m := range g.Clients {
		c := v.clients[m.Username]
		if c == nil || seen[m.Username] {
			continue
		}
		seen[m.Username] = true
		members = append(members, ref{m.Username, clamped(m.Priority)})
		c.groups = append(c.groups, ref{g.Groupname, clamped(m.Priority)})
	}
	slices.SortFunc(members, func(a, b ref) int { return strings.Compare(a.name, b.name) })
	return members
}

func (v *view) roleRefs(refs []broker.DynsecRoleRef) []ref {
	if len(refs) == 0 {
		return nil
	}
	out := make([]ref, 0, len(refs))
	seen := first{}
	for _, r := range refs {
		if v.roles[r.Rolename] != nil && seen.time(r.Rolename) {
			out = append(out, ref{r.Rolename, clamped(r.Priority)})
		}
	}
	slices.SortFunc(out, decidesFirst)
	return out
}

// first remembers names. Nearly every list has a handful of them, for which a map would cost more than it saves.
type first struct {
	few  []string
	many map[string]bool
}

// time tells whether a name comes for the first time, and remembers it.
func (f *first) time(name string) bool {
	const handful = 8
	if len(f.few) < handful {
		if slices.Contains(f.few, name) {
			return false
		}
		f.few = append(f.few, name)
		return true
	}
	if f.many == nil {
		f.many = make(map[string]bool)
		for _, earlier := range f.few {
			f.many[earlier] = true
		}
	}
	if f.many[name] {
		return false
	}
	f.many[name] = true
	return true
}

func named(name string) func(ref) bool { return func(r ref) bool { return r.name == name } }

// decidesFirst is the order in which the plugin asks roles and groups.
func decidesFirst(a, b ref) int {
	if a.priority != b.priority {
		return b.priority - a.priority
	}
	return strings.Compare(a.name, b.name)
}

func clamped(priority int) int { return max(-maxPriority, min(maxPriority, priority)) }

// inDecisionOrder sorts rules so that two lists by which the broker decides alike become equal: the types apart, in
// each the higher priority first, equal ones in the order of the file. Types are written as the plugin writes them.
// Of two rules with one type and topic the first counts.
func inDecisionOrder(acls []broker.DynsecACL) []broker.DynsecACL {
	type key struct{ acltype, topic string }
	seen := make(map[key]bool, len(acls))
	out := make([]broker.DynsecACL, 0, len(acls))
	for _, a := range acls {
		a.Priority = clamped(a.Priority)
		a.Acltype = plainType(a.Acltype)
		if k := (key{a.Acltype, a.Topic}); !seen[k] {
			seen[k] = true
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b broker.DynsecACL) int {
		return cmp.Or(strings.Compare(a.Acltype, b.Acltype), b.Priority-a.Priority)
	})
	return out
}

// aclTypes are the six types of rules (mosquitto 2.0, plugins/dynamic-security).
func aclTypes() []string {
	return []string{"publishClientSend", "publishClientReceive", "subscribeLiteral", "subscribePattern",
		"unsubscribeLiteral", "unsubscribePattern"}
}

// plainType is the type as it is written usually: the plugin does not tell letters of different case apart.
func plainType(acltype string) string {
	for _, t := range aclTypes() {
		if t == acltype {
			return t
		}
	}
	for _, t := range aclTypes() {
		if folded(t) == folded(acltype) {
			return t
		}
	}
	return acltype
}

func sameACL(a, b broker.DynsecACL) bool {
	return a.Acltype == b.Acltype && a.Topic == b.Topic && a.Priority == b.Priority && a.Allow == b.Allow
}

// allowsWildcards is 2.1's allowwildcardsubs, which is true where the file does not say.
func (r *roleView) allowsWildcards() bool { return r.AllowWildcardSubs == nil || *r.AllowWildcardSubs }

// sameRole leaves keys that we do not know out of account, as the other functions of its kind do.
func sameRole(a, b *roleView) bool {
	return a.Textname == b.Textname && a.Textdescription == b.Textdescription &&
		a.allowsWildcards() == b.allowsWildcards() && slices.EqualFunc(a.acls, b.acls, sameACL)
}

func sameGroup(a, b *groupView) bool {
	return a.Textname == b.Textname && a.Textdescription == b.Textdescription &&
		slices.Equal(a.roles, b.roles) && slices.Equal(a.clients, b.clients)
}

// sameClient leaves the groups out of account, which the file keeps elsewhere.
func sameClient(a, b *clientView) bool {
	return a.Textname == b.Textname && a.Textdescription == b.Textdescription && a.Disabled == b.Disabled &&
		sameBinding(a.ClientID, b.ClientID) && slices.Equal(a.roles, b.roles) && sameHash(a.DynsecClient, b.DynsecClient)
}

func sameBinding(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

// names are the keys of a map in order.
func names[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
