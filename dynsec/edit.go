package dynsec

import "slices"

// The methods here make the State that follows from a change. What did not change is shared with the old State.

// copy shares everything but the index.
func (s *State) copy() *State {
	return &State{Clients: s.Clients, Roles: s.Roles, Groups: s.Groups, Access: s.Access, Anonymous: s.Anonymous, Version: s.Version}
}

// withClient adds a client or replaces the one of the same name.
func (s *State) withClient(c *Client) *State {
	n := s.copy()
	i, found := s.clientAt(c.Username)
	n.Clients = placed(s.Clients, i, found, c)
	return n
}

// withRole adds a role or replaces the one of the same name.
func (s *State) withRole(r *Role) *State {
	n := s.copy()
	i, found := s.roleAt(r.Rolename)
	n.Roles = placed(s.Roles, i, found, r)
	return n
}

// withGroup adds a group or replaces the one of the same name.
func (s *State) withGroup(g *Group) *State {
	n := s.copy()
	i, found := s.groupAt(g.Groupname)
	n.Groups = placed(s.Groups, i, found, g)
	return n
}

// stripped takes references away from all who have them. Who has none is shared with the old list, and nothing of the
// old list changes.
func stripped[T, R any](all []*T, refs func(*T) *[]R, is func(R) bool) []*T {
	return mapped(all, func(v *T) *T {
		if !slices.ContainsFunc(*refs(v), is) {
			return v
		}
		other := *v
		*refs(&other) = without(*refs(v), is)
		return &other
	})
}

// withoutClient takes a client away, and with it its memberships.
func (s *State) withoutClient(username string) *State {
	i, found := s.clientAt(username)
	if !found {
		return s
	}
	n := s.copy()
	n.Clients = slices.Concat(s.Clients[:i], s.Clients[i+1:])
	return n
}

// withoutRole takes a role away from the broker, and from every client and group that carries it.
func (s *State) withoutRole(rolename string) *State {
	i, found := s.roleAt(rolename)
	if !found {
		return s
	}
	is := func(r RoleRef) bool { return r.Rolename == rolename }
	n := s.copy()
	n.Roles = slices.Concat(s.Roles[:i], s.Roles[i+1:])
	n.Clients = stripped(s.Clients, func(c *Client) *[]RoleRef { return &c.Roles }, is)
	n.Groups = stripped(s.Groups, func(g *Group) *[]RoleRef { return &g.Roles }, is)
	return n
}

// withoutGroup takes a group away from the broker and from its members.
func (s *State) withoutGroup(groupname string) *State {
	i, found := s.groupAt(groupname)
	if !found {
		return s
	}
	is := func(g GroupRef) bool { return g.Groupname == groupname }
	n := s.copy()
	n.Groups = slices.Concat(s.Groups[:i], s.Groups[i+1:])
	n.Clients = stripped(s.Clients, func(c *Client) *[]GroupRef { return &c.Groups }, is)
	return n
}

func (s *State) withAccess(a DefaultAccess) *State {
	n := s.copy()
	n.Access = a
	return n
}

func (s *State) withAnonymous(groupname string) *State {
	n := s.copy()
	n.Anonymous = groupname
	return n
}

// placed returns a copy of list with v at i, in place of what is there or before it.
func placed[T any](list []T, i int, replace bool, v T) []T {
	out := make([]T, 0, len(list)+1)
	out = append(append(out, list[:i]...), v)
	if replace {
		i++
	}
	return append(out, list[i:]...)
}

// without returns the list without what is meant, nil when nothing is left: so equal states stay deeply equal.
func without[T any](list []T, is func(T) bool) []T {
	var out []T
	for _, v := range list {
		if !is(v) {
			out = append(out, v)
		}
	}
	return out
}

func mapped[T any](list []T, f func(T) T) []T {
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
