package dynsec

import (
	"fmt"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
)

// rolesOfFile puts the roles of a dynamic-security.json in, all of them.
func (m *merging) rolesOfFile() {
	at := m.rolesAt()
	for _, r := range m.fragment.roles {
		i, exists := at[r.Rolename]
		switch {
		case m.own.role(r.Rolename):
			m.find(accessfile.Lost, r.Rolename, "this is BunkerM's own role here, so the one of the files is left out")
		case !exists:
			m.after.Roles = append(m.after.Roles, r)
		case !m.update:
			m.find(accessfile.Note, r.Rolename, "the role exists and keeps its rules")
		default:
			r.Unknown = m.after.Roles[i].Unknown
			m.after.Roles[i] = r
		}
	}
}

func (m *merging) rolesAt() map[string]int {
	at := make(map[string]int, len(m.after.Roles))
	for i := range m.after.Roles {
		at[m.after.Roles[i].Rolename] = i
	}
	return at
}

// rolesOfRules puts the roles in that an acl_file comes to, as far as somebody needs them. One that exists with other
// rules, of an earlier import, is changed if nobody else carries it; else the new one gets another name.
func (m *merging) rolesOfRules() {
	needed, held := m.carried()
	at := m.rolesAt()
	names, used := map[string]string{}, map[string]bool{}
	for _, r := range m.fragment.roles {
		if !needed[r.Rolename] {
			continue
		}
		name := r.Rolename
		for n := 2; ; n++ {
			i, exists := at[name]
			if !exists {
				at[name] = len(m.after.Roles)
				m.after.Roles = append(m.after.Roles, r)
				m.after.Roles[at[name]].Rolename = name
				break
			}
			if sameRules(m.after.Roles[i].ACLs, r.ACLs) {
				break
			}
			if !held[name] && !used[name] {
				m.after.Roles[i].ACLs = r.ACLs
				break
			}
			name = fmt.Sprintf("%s (%d)", r.Rolename, n)
		}
		used[name] = true
		names[r.Rolename] = name
	}
	m.rename(names)
}

// carried tells which roles the imported carry, and which the others.
func (m *merging) carried() (needed, held map[string]bool) {
	needed, held = map[string]bool{}, map[string]bool{}
	mark := func(in map[string]bool, refs []broker.DynsecRoleRef) {
		for _, r := range refs {
			in[r.Rolename] = true
		}
	}
	for i := range m.after.Clients {
		if c := &m.after.Clients[i]; m.taken[c.Username] {
			mark(needed, c.Roles)
		} else {
			mark(held, c.Roles)
		}
	}
	for i := range m.after.Groups {
		if g := &m.after.Groups[i]; m.takesAnonymous && g.Groupname == m.anonymous {
			mark(needed, g.Roles)
		} else {
			mark(held, g.Roles)
		}
	}
	return needed, held
}

// rename gives the imported the roles by the names that these have got.
func (m *merging) rename(names map[string]string) {
	renamed := func(refs []broker.DynsecRoleRef) []broker.DynsecRoleRef {
		refs = slices.Clone(refs)
		for i := range refs {
			if name, ok := names[refs[i].Rolename]; ok {
				refs[i].Rolename = name
			}
		}
		return refs
	}
	for name := range m.taken {
		c := &m.after.Clients[m.at[name]]
		c.Roles = renamed(c.Roles)
	}
	for i := range m.after.Groups {
		if g := &m.after.Groups[i]; m.takesAnonymous && g.Groupname == m.anonymous {
			g.Roles = renamed(g.Roles)
		}
	}
}

// sameRules compares roles as they decide; the broker keeps rules in an order of its own.
func sameRules(a, b []broker.DynsecACL) bool {
	type key struct{ acltype, topic string }
	type what struct {
		priority int
		allow    bool
	}
	rules := make(map[key]what, len(a))
	for _, r := range a {
		rules[key{r.Acltype, r.Topic}] = what{r.Priority, r.Allow}
	}
	return len(a) == len(b) && !slices.ContainsFunc(b, func(r broker.DynsecACL) bool {
		is, there := rules[key{r.Acltype, r.Topic}]
		return !there || is != what{r.Priority, r.Allow}
	})
}
