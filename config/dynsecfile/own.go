package dynsecfile

import (
	"slices"
	"strconv"

	"github.com/bunkerm/bunkerm/broker"
)

const ownHint = "BunkerM works with it: leave it exactly as GET /config/dynsec shows it; should it be damaged, `bunkerm repair` mends it"

// own finds every change of what BunkerM works with: its accounts, the roles that it names or that they carry, and the
// groups in which they are.
func (c *checker) own(o CheckOptions) {
	a, b := c.current, c.wanted
	roles, groups := map[string]bool{}, map[string]bool{}
	for _, name := range o.OwnRoles {
		roles[name] = true
	}
	for _, v := range []*view{a, b} {
		for _, name := range o.Own {
			client := v.clients[name]
			if client == nil {
				continue
			}
			for _, r := range client.roles {
				roles[r.name] = true
			}
			for _, g := range client.groups {
				groups[g.name] = true
			}
		}
	}
	for name := range groups {
		for _, v := range []*view{a, b} {
			if g := v.groups[name]; g != nil {
				for _, r := range g.roles {
					roles[r.name] = true
				}
			}
		}
	}
	for _, name := range o.Own {
		x, y := a.clients[name], b.clients[name]
		if !present(x, y) || x != nil && (!sameClient(x, y) || !slices.Equal(x.groups, y.groups) ||
			unknownOfClient(x.DynsecClient) != unknownOfClient(y.DynsecClient)) {
			c.conflict(c.at("clients", name), "BunkerM's own account cannot be added, changed or removed", ownHint)
		}
	}
	for _, name := range names(roles) {
		x, y := a.roles[name], b.roles[name]
		if !present(x, y) || x != nil && (!sameRole(x, y) || unknownOfRole(x.DynsecRole) != unknownOfRole(y.DynsecRole)) {
			c.conflict(c.at("roles", name), "a role of BunkerM's own account cannot be added, changed or removed", ownHint)
		}
	}
	for _, name := range names(groups) {
		x, y := a.groups[name], b.groups[name]
		if !present(x, y) || x != nil && (!sameGroup(x, y) || unknownOfGroup(x.DynsecGroup) != unknownOfGroup(y.DynsecGroup)) {
			c.conflict(c.at("groups", name), "a group in which BunkerM's own account is cannot be added, changed or removed", ownHint)
		}
	}
}

// present tells whether both are there, or neither.
func present[T any](a, b *T) bool { return (a == nil) == (b == nil) }

// at is the path of the entry with a name in the wanted file, or of its list when it is not there.
func (c *checker) at(list, name string) string {
	i := -1
	f := c.wanted.file
	switch list {
	case "clients":
		i = slices.IndexFunc(f.Clients, func(x broker.DynsecClient) bool { return x.Username == name })
	case "roles":
		i = slices.IndexFunc(f.Roles, func(x broker.DynsecRole) bool { return x.Rolename == name })
	case "groups":
		i = slices.IndexFunc(f.Groups, func(x broker.DynsecGroup) bool { return x.Groupname == name })
	}
	if i < 0 {
		return list
	}
	return list + "[" + strconv.Itoa(i) + "]"
}

// lastAdministrator finds whether there is nobody left who could mend things without BunkerM.
func (c *checker) lastAdministrator(o CheckOptions) {
	were := c.current.administrators(o.Version, o.Own)
	if len(were) == 0 || len(c.wanted.administrators(o.Version, o.Own)) > 0 {
		return
	}
	c.conflict("clients", "nobody but BunkerM could manage the broker any more: "+
		"no other client that is enabled and has a password may send to $CONTROL/dynamic-security",
		"keep one of: "+some(were))
}
