package dynsec

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// sentinel is a topic that every listener of a world receives, so that it knows when it has seen everything.
const sentinel = "the/end/of/the/questions"

// world makes up a dynamic security state that is rich in corner cases: roles shared by clients and groups, equal
// priorities, topics that begin with $, wildcards in literal types, names that sort oddly.
type world struct {
	r *rand.Rand
	// invalid lets some ACLs be no valid filters. 2.0 passes them over; 2.1 stops with an error at some of them, which
	// denies, and ours does not follow it there.
	invalid bool
}

func newWorld(seed uint64, version string) *world {
	return &world{r: rand.New(rand.NewPCG(seed, 2)), invalid: !dialectOf(version).modern}
}

func (w *world) pick(of ...string) string { return of[w.r.IntN(len(of))] }

func (w *world) roleName() string {
	return w.pick("r", "R", "r1", "r10", "r2", "ä", "role with space", "z/+", "é😀", "-", "%u")
}

func (w *world) groupName() string { return w.pick("g", "G", "g1", "g/2", "ü") }

func (w *world) priority() int {
	return []int{-1, -1, -1, 0, 1, 1, 5, -100_000, 100_000 - 1}[w.r.IntN(9)]
}

var worldUsers = []string{"u1", "u2", "u3", "c/d", "+", "#", "ab", "%u", "ü ser", "u4", "u5", "u6", "bound", "disabled"}

// topic is a topic to publish.
func (w *world) topic() string {
	if w.r.IntN(10) == 0 {
		return w.pick("$SYS/broker/connection/b/state", "$SYS/broker/connection/b/c/state", "$SYS/x", "$SYSx", "$CONTROL/a",
			"$CONTROL", "$CONTROLx/a", "$share/g/a", "$share", "$sharex", "$x", "$x/a", "$x/b/c", "$")
	}
	return w.levels("a", "b", "", "ab", "cid", "%c", "%u", "u1", "$x", "c", "d", "A", " ", "ü ser")
}

// filter is a valid filter, with or without wildcards.
func (w *world) filter() string {
	if w.r.IntN(8) == 0 {
		return w.pick("#", "+", "+/#", "/#", "$x/#", "$x/+", "$SYS/#", "$CONTROL/#", "$CONTROL/+", "$share/g/a", "$share/g/#",
			"$share/h/+/a", "%c/#", "%u/+", "a/%u/#", "$SYS/broker/connection/+/state")
	}
	return w.levels("a", "b", "", "ab", "cid", "%c", "%u", "u1", "+", "+", "#", "c", "A", " ")
}

func (w *world) levels(words ...string) string {
	var levels []string
	for range 1 + w.r.IntN(3) {
		word := w.pick(words...)
		levels = append(levels, word)
		if word == "#" {
			break
		}
	}
	if topic := strings.Join(levels, "/"); topic != "" {
		return topic
	}
	return "a"
}

func (w *world) acls() []any {
	acls := []any{}
	for range w.r.IntN(7) {
		topic := w.filter()
		if w.invalid && w.r.IntN(15) == 0 {
			topic = w.pick("a+/b", "a/#/b", "a#", "+a", "#/#") // what only createRole lets through
		}
		acls = append(acls, map[string]any{
			"acltype": w.pick(PublishClientSend, PublishClientReceive, PublishClientReceive, SubscribeLiteral, SubscribePattern,
				SubscribePattern, UnsubscribeLiteral, UnsubscribePattern),
			"topic": topic, "priority": []int{0, 0, 0, 1, -1, 7}[w.r.IntN(6)], "allow": w.r.IntN(2) == 0,
		})
	}
	return acls
}

func (w *world) refs(key string, name func() string) []any {
	refs := []any{}
	seen := map[string]bool{}
	for range w.r.IntN(4) {
		n := name()
		if !seen[n] {
			seen[n] = true
			refs = append(refs, map[string]any{key: n, "priority": w.priority()})
		}
	}
	return refs
}

// commands build the world on an empty broker. Every client and group carries the role that lets a listener in.
func (w *world) commands() []broker.Command {
	listen := map[string]any{"rolename": "listen", "priority": 100_000}
	cmds := []broker.Command{
		{"command": "createRole", "rolename": "listen", "acls": []any{
			map[string]any{"acltype": SubscribeLiteral, "topic": "#", "allow": true},
			map[string]any{"acltype": SubscribeLiteral, "topic": "$x/#", "allow": true},
			map[string]any{"acltype": PublishClientReceive, "topic": sentinel, "allow": true},
		}},
		{"command": "createRole", "rolename": "everything", "acls": []any{
			map[string]any{"acltype": PublishClientSend, "topic": "#", "allow": true},
			map[string]any{"acltype": PublishClientSend, "topic": "$x/#", "allow": true},
		}},
		{"command": "createClient", "username": "speaker", "password": "pw", "roles": []any{map[string]any{"rolename": "everything"}}},
	}
	for _, name := range []string{"r", "R", "r1", "r10", "r2", "ä", "role with space", "z/+", "é😀", "-", "%u"} {
		role := broker.Command{"command": "createRole", "rolename": name, "acls": w.acls()}
		if w.r.IntN(8) == 0 {
			role["allowwildcardsubs"] = false
		}
		cmds = append(cmds, role)
	}
	for _, name := range []string{"g", "G", "g1", "g/2", "ü"} {
		cmds = append(cmds, broker.Command{"command": "createGroup", "groupname": name, "roles": w.refs("rolename", w.roleName)})
	}
	cmds = append(cmds,
		broker.Command{"command": "createGroup", "groupname": "nobody", "roles": append(w.refs("rolename", w.roleName), listen)},
		broker.Command{"command": "setAnonymousGroup", "groupname": "nobody"})
	for _, name := range worldUsers {
		client := broker.Command{"command": "createClient", "username": name, "password": "pw",
			"roles": append(w.refs("rolename", w.roleName), listen), "groups": w.refs("groupname", w.groupName)}
		if name == "bound" {
			client["clientid"] = "cid"
		}
		cmds = append(cmds, client)
	}
	var access []any
	for _, acltype := range []string{"publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"} {
		access = append(access, map[string]any{"acltype": acltype, "allow": w.r.IntN(2) == 0})
	}
	return append(cmds,
		broker.Command{"command": "disableClient", "username": "disabled"},
		broker.Command{"command": "setDefaultACLAccess", "acls": access})
}

// readState asks the broker for everything it holds, in a way of its own, so that the tests that use it do not
// rest on the mirror.
func readState(t testing.TB, b *brokertest.Broker) *State {
	t.Helper()
	answers := b.MustControl(t,
		broker.Command{"command": "listClients", "verbose": true}, broker.Command{"command": "listRoles", "verbose": true},
		broker.Command{"command": "listGroups", "verbose": true}, broker.Command{"command": "getDefaultACLAccess"},
		broker.Command{"command": "getAnonymousGroup"})
	type ref struct {
		Rolename, Groupname string
		Priority            *int
	}
	var clients struct {
		Clients []struct {
			Username, Clientid, Textname, Textdescription string
			Disabled                                      bool
			Roles, Groups                                 []ref
		}
	}
	var roles struct {
		Roles []struct {
			Rolename, Textname, Textdescription string
			AllowWildcardSubs                   *bool
			ACLs                                []ACL
		}
	}
	var groups struct {
		Groups []struct {
			Groupname, Textname, Textdescription string
			Roles                                []ref
		}
	}
	var access struct {
		ACLs []struct {
			Acltype string
			Allow   bool
		}
	}
	var anonymous struct{ Group struct{ Groupname string } }
	for i, into := range []any{&clients, &roles, &groups, &access, &anonymous} {
		if err := json.Unmarshal(answers[i].Data, into); err != nil {
			t.Fatalf("reading the broker's answer %d: %v", i, err)
		}
	}
	priority := func(p *int) int {
		if p == nil {
			return DefaultRolePriority
		}
		return *p
	}
	roleRefs := func(refs []ref) []RoleRef {
		out := []RoleRef{}
		for _, r := range refs {
			out = append(out, RoleRef{r.Rolename, priority(r.Priority)})
		}
		return out
	}
	var cs []*Client
	for _, c := range clients.Clients {
		client := &Client{Username: c.Username, Clientid: c.Clientid, Textname: c.Textname, Textdescription: c.Textdescription,
			Disabled: c.Disabled, Roles: roleRefs(c.Roles), Groups: []GroupRef{}}
		for _, g := range c.Groups {
			client.Groups = append(client.Groups, GroupRef{g.Groupname, priority(g.Priority)})
		}
		cs = append(cs, client)
	}
	var rs []*Role
	for _, r := range roles.Roles {
		rs = append(rs, &Role{Rolename: r.Rolename, Textname: r.Textname, Textdescription: r.Textdescription, ACLs: r.ACLs,
			NoWildcardSubs: r.AllowWildcardSubs != nil && !*r.AllowWildcardSubs})
	}
	var gs []*Group
	for _, g := range groups.Groups {
		gs = append(gs, &Group{Groupname: g.Groupname, Textname: g.Textname, Textdescription: g.Textdescription, Roles: roleRefs(g.Roles)})
	}
	var d DefaultAccess
	for _, a := range access.ACLs {
		switch a.Acltype {
		case "publishClientSend":
			d.PublishClientSend = a.Allow
		case "publishClientReceive":
			d.PublishClientReceive = a.Allow
		case "subscribe":
			d.Subscribe = a.Allow
		case "unsubscribe":
			d.Unsubscribe = a.Allow
		default:
			t.Fatal(fmt.Errorf("unknown default access %q", a.Acltype))
		}
	}
	return newState(cs, rs, gs, d, anonymous.Group.Groupname, b.Version())
}
