package accessfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
)

// Names of what is made. All begin alike, so that they do not meet others and are found again by a second import.
const (
	prefix        = "imported "
	roleAnonymous = prefix + "anonymous"
	rolePatterns  = prefix + "patterns"
	roleAll       = prefix + "everything"
	roleRest      = prefix + "rest"
	// GroupAnonymous is the group of clients without a username.
	GroupAnonymous = prefix + "anonymous"
)

// Priorities of roles: a user's own rules, the patterns, a role that is alone, what the default access would say.
const (
	ownPriority      = 1
	patternsPriority = 0
	onlyPriority     = -1 // the plugin's own default
	restPriority     = -2
)

// slowRole is how many rules of a role make the start of 2.0 noticeably longer: it takes 7 s for 100,000.
const slowRole = 20_000

func itoa(n int) string { return strconv.Itoa(n) }

// roles makes the roles and gives them out. The own rules and the patterns of a user are two roles where others share one
// of them, and one role where nobody does.
func (t *translator) roles(out *Translation) {
	owners, sharers := map[string][]*identity{}, map[string][]*identity{}
	for _, p := range t.people {
		owners[p.ownKey] = append(owners[p.ownKey], p)
		sharers[p.patternsKey] = append(sharers[p.patternsKey], p)
	}
	m := &roleMaker{out: out, made: map[string]string{}, taken: map[string]bool{}}
	for _, p := range t.people {
		switch {
		case p.ownKey != "" && p.patternsKey != "" && len(sharers[p.patternsKey]) == 1:
			m.give(p, onlyPriority, p.ownKey+"\x00"+p.patternsKey, nameFor([]*identity{p}), rules(p.own, p.patterns))
			continue
		case p.patternsKey != "":
			sharing := sharers[p.patternsKey]
			name := nameFor(sharing)
			if len(sharing) > 1 {
				name = rolePatterns
			}
			m.give(p, patternsPriority, "patterns\x00"+p.patternsKey, name, rules(nil, p.patterns))
		}
		if p.ownKey != "" {
			m.give(p, ownPriority, p.ownKey, nameFor(owners[p.ownKey]), rules(p.own, nil))
		}
	}
	for _, r := range out.Roles {
		if len(r.ACLs) > slowRole {
			t.add(0, Note, r.Rolename, "the role has so many rules that Mosquitto 2.0 takes seconds to start, because it looks for the place of each among all; fewer rules with wildcards are better")
		}
	}
	for _, p := range t.people {
		if len(p.roles) == 1 {
			p.roles[0].Priority = onlyPriority
		}
	}
	anonymous := t.people[len(t.people)-1]
	if len(anonymous.roles) > 0 {
		out.AnonymousGroup = GroupAnonymous
		out.Groups = []broker.DynsecGroup{{Groupname: GroupAnonymous, Textname: "Clients without a username", Roles: anonymous.roles}}
		t.add(0, Note, "", "rules for clients without a username go to the group "+GroupAnonymous+"; whether they may log in at all stays a setting of the broker, allow_anonymous")
	}
}

// roleMaker makes each role once.
type roleMaker struct {
	out   *Translation
	made  map[string]string // the name of the role for a key
	taken map[string]bool
}

func (m *roleMaker) give(p *identity, priority int, key, name string, acls []broker.DynsecACL) {
	made, there := m.made[key]
	if !there {
		made = name
		for n := 2; m.taken[made]; n++ {
			made = fmt.Sprintf("%s (%d)", name, n)
		}
		m.made[key], m.taken[made] = made, true
		m.out.Roles = append(m.out.Roles, broker.DynsecRole{Rolename: made, Textname: "From acl_file", ACLs: acls})
	}
	p.roles = append(p.roles, broker.DynsecRoleRef{Rolename: made, Priority: priority})
}

// nameFor names a role after the first of those who carry it.
func nameFor(people []*identity) string {
	const longest = 60 // runes of a username
	i := slices.IndexFunc(people, func(p *identity) bool { return p.username != nil })
	if i < 0 {
		return roleAnonymous
	}
	name := []rune(*people[i].username)
	text := string(name[:min(len(name), longest)])
	if len(people) > 1 {
		text += fmt.Sprintf(" and %d more", len(people)-1)
	}
	return prefix + strings.TrimSpace(text)
}

// everything is what Mosquitto gives to everybody where there is no acl_file.
func (t *translator) everything(out *Translation) {
	role := broker.DynsecRole{Rolename: roleAll, Textname: "No acl_file"}
	for _, topic := range []string{"#", "$SYS/#"} {
		for _, acltype := range []string{typeSend, typeReceive, typeSubscribe, typeUnsubscribe} {
			if topic == "#" || acltype != typeSend {
				role.ACLs = append(role.ACLs, broker.DynsecACL{Acltype: acltype, Topic: topic, Allow: true})
			}
		}
	}
	out.Roles = []broker.DynsecRole{role}
	for _, p := range t.people {
		p.roles = []broker.DynsecRoleRef{{Rolename: roleAll, Priority: onlyPriority}}
	}
	t.add(0, Note, "", "without an acl_file Mosquitto lets everybody do everything; the role "+roleAll+" does the same, but for topics other than $SYS that begin with $")
}
