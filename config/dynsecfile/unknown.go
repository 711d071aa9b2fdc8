package dynsecfile

import (
	"strings"

	"github.com/bunkerm/bunkerm/broker"
)

// The functions here gather the keys of an entry that we do not know, at every level of it, into one text that can be
// compared. It is empty for nearly every entry.

type unknowns struct{ text strings.Builder }

func (u *unknowns) add(where string, members []broker.RawMember) {
	if len(members) == 0 {
		return
	}
	u.text.WriteString(where)
	for _, m := range tidy(members) {
		u.text.WriteByte(0)
		u.text.WriteString(m.Key)
		u.text.WriteByte(0)
		u.text.Write(m.Value)
	}
	u.text.WriteByte(1)
}

func (u *unknowns) refs(refs []broker.DynsecRoleRef) {
	for _, r := range tidyRefs(refs) {
		u.add("role "+r.Rolename, r.Unknown)
	}
}

func unknownOfClient(c *broker.DynsecClient) string {
	var u unknowns
	u.add("", c.Unknown)
	if anyUnknown(c.Roles) {
		u.refs(c.Roles)
	}
	return u.text.String()
}

func unknownOfGroup(g *broker.DynsecGroup) string {
	var u unknowns
	u.add("", g.Unknown)
	if anyUnknown(g.Roles) {
		u.refs(g.Roles)
	}
	members := g.Clients
	for i := range members {
		if members[i].Unknown != nil {
			sorted := ordered(members, func(c *broker.DynsecClientRef) string { return c.Username }, func(*broker.DynsecClientRef) {})
			for _, m := range sorted {
				u.add("client "+m.Username, m.Unknown)
			}
			break
		}
	}
	return u.text.String()
}

func unknownOfRole(r *broker.DynsecRole) string {
	var u unknowns
	u.add("", r.Unknown)
	for _, a := range inDecisionOrderIfUnknown(r.ACLs) {
		u.add(a.Acltype+" "+a.Topic, a.Unknown)
	}
	return u.text.String()
}

func anyUnknown(refs []broker.DynsecRoleRef) bool {
	for i := range refs {
		if refs[i].Unknown != nil {
			return true
		}
	}
	return false
}

func inDecisionOrderIfUnknown(acls []broker.DynsecACL) []broker.DynsecACL {
	for i := range acls {
		if acls[i].Unknown != nil {
			return inDecisionOrder(acls)
		}
	}
	return nil
}
