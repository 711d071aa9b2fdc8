package dynsec

import (
	"context"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// PermissionAdmin is what whoever grants or takes anything that reaches $CONTROL needs: those who may write there
// are as powerful as the broker's administrator.
const PermissionAdmin = "dynsec:admin"

// protected are the names that BunkerM itself works with.
type protected struct {
	clients map[string]bool
	roles   map[string]bool
}

func newProtected(clients, roles []string) protected {
	p := protected{clients: map[string]bool{}, roles: map[string]bool{}}
	for _, name := range clients {
		p.clients[name] = true
	}
	for _, name := range roles {
		p.roles[name] = true
	}
	return p
}

func (p protected) client(username string) bool { return p.clients[username] }
func (p protected) role(rolename string) bool   { return p.roles[rolename] }

// countOthers counts the clients that are not ours.
func (p protected) countOthers(st *State) int {
	n := len(st.Clients)
	for name := range p.clients {
		if st.HasClient(name) {
			n--
		}
	}
	return n
}

// missing names what of ours is not on the broker, "" when all is there.
func (p protected) missing(st *State) string {
	for name := range p.clients {
		if !st.HasClient(name) {
			return "account " + name
		}
	}
	for name := range p.roles {
		if !st.HasRole(name) {
			return "role " + name
		}
	}
	return ""
}

const ownHint = "BunkerM works with it; should it be damaged, `bunkerm repair` mends it"

// refuseClient is a conflict when the client is ours.
func (p protected) refuseClient(username string) error {
	if !p.client(username) {
		return nil
	}
	return fault.New(fault.Conflict, "BunkerM's own account cannot be changed").Hint(ownHint)
}

// ownRole reports whether BunkerM's rights depend on a role: it is named as ours, or one of our accounts carries it,
// itself or through a group.
func (p protected) ownRole(st *State, rolename string) bool {
	if p.role(rolename) {
		return true
	}
	is := func(r RoleRef) bool { return r.Rolename == rolename }
	for name := range p.clients {
		c, ok := st.Client(name)
		if !ok {
			continue
		}
		if slices.ContainsFunc(c.Roles, is) {
			return true
		}
		for _, ref := range c.Groups {
			if g, ok := st.Group(ref.Groupname); ok && slices.ContainsFunc(g.Roles, is) {
				return true
			}
		}
	}
	return false
}

// refuseRole is a conflict when the role is ours.
func (p protected) refuseRole(st *State, rolename string) error {
	if !p.ownRole(st, rolename) {
		return nil
	}
	return fault.New(fault.Conflict, "a role of BunkerM's own account cannot be changed").Hint(ownHint)
}

// refuseGroup is a conflict when one of our accounts is in the group: what changes the group cuts its members off.
func (p protected) refuseGroup(st *State, groupname string) error {
	for name := range p.clients {
		if c, ok := st.Client(name); ok && slices.ContainsFunc(c.Groups, func(g GroupRef) bool { return g.Groupname == groupname }) {
			return fault.New(fault.Conflict, "BunkerM's own account is in this group, so it cannot be changed").
				Hint("somebody else put it there; take it out with mosquitto_ctrl dynsec removeGroupClient")
		}
	}
	return nil
}

// reachesControl reports whether an ACL's topic is about $CONTROL. Wildcards in the first level never cover a topic
// that begins with $, and neither do %c and %u there (seen with 2.0.11 and 2.1.2); a subscription that a wildcard
// does let through delivers nothing, because the default never lets $CONTROL be received.
func reachesControl(topic string) bool {
	first, rest, _ := strings.Cut(topic, "/")
	if first == "$share" {
		_, shared, _ := strings.Cut(rest, "/")
		first, _, _ = strings.Cut(shared, "/")
	}
	return first == "$CONTROL"
}

func anyReachesControl(acls []ACL) bool {
	return slices.ContainsFunc(acls, func(a ACL) bool { return reachesControl(a.Topic) })
}

// roleReaches reports whether a role says anything about $CONTROL. A rule that denies counts too, because taking it
// away can open what it closed.
func (s *State) roleReaches(rolename string) bool {
	r, ok := s.Role(rolename)
	return ok && anyReachesControl(r.ACLs)
}

func (s *State) rolesReach(refs []RoleRef) bool {
	return slices.ContainsFunc(refs, func(r RoleRef) bool { return s.roleReaches(r.Rolename) })
}

func (s *State) groupReaches(groupname string) bool {
	g, ok := s.Group(groupname)
	return ok && s.rolesReach(g.Roles)
}

func (s *State) groupsReach(refs []GroupRef) bool {
	return slices.ContainsFunc(refs, func(g GroupRef) bool { return s.groupReaches(g.Groupname) })
}

// clientReaches reports whether an account has to do with $CONTROL through its roles or groups.
func (s *State) clientReaches(c *Client) bool {
	return s.rolesReach(c.Roles) || s.groupsReach(c.Groups)
}

// needsAdmin refuses what touches $CONTROL unless whoever asks may do that.
func (s *Service) needsAdmin(ctx context.Context, touches bool) error {
	if !touches || s.o.Allowed(ctx, PermissionAdmin) {
		return nil
	}
	return fault.New(fault.Forbidden, "this concerns rights on $CONTROL, which only an administrator may give, change or take").
		Hint("ask for a key or account with the permission " + PermissionAdmin)
}
