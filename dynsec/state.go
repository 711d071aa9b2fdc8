package dynsec

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// State is the whole dynamic security state of the broker at one moment. It never changes after it was made: a
// write makes a new State, which shares with the old one what stayed the same. So readers need no lock, and
// nobody may change a Client, Role or Group that they got from one.
type State struct {
	// Clients, Roles and Groups are sorted by name, bytewise. Roles and groups are referred to in the order in
	// which the broker decides by them. Not filled in here: Client.Connections, Role.Clients and Role.Groups
	// (see Carriers), Role.Own, and Group.Clients (see Members), because a group's priorities stand in its clients.
	Clients []*Client
	Roles   []*Role
	Groups  []*Group

	// Access decides where no ACL does.
	Access DefaultAccess
	// Anonymous is the group of those who log in without a username, "" when there is none.
	Anonymous string
	// Version is the broker's version, as in 2.0.11; "" while it is not known.
	Version string

	indexOnce sync.Once
	index     stateIndex
}

// stateIndex is what follows from a State and is made when it is first asked for.
type stateIndex struct {
	members  map[string][]ClientRef
	carriers map[string]carriers
}

// carriers counts who carries a role directly.
type carriers struct{ clients, groups int }

// Client finds a client by its username.
func (s *State) Client(username string) (*Client, bool) {
	i, found := s.clientAt(username)
	if !found {
		return nil, false
	}
	return s.Clients[i], true
}

// Role finds a role by its name.
func (s *State) Role(rolename string) (*Role, bool) {
	i, found := s.roleAt(rolename)
	if !found {
		return nil, false
	}
	return s.Roles[i], true
}

// Group finds a group by its name.
func (s *State) Group(groupname string) (*Group, bool) {
	i, found := s.groupAt(groupname)
	if !found {
		return nil, false
	}
	return s.Groups[i], true
}

// HasRole reports whether there is a role of this name.
func (s *State) HasRole(rolename string) bool { _, found := s.roleAt(rolename); return found }

// HasGroup reports whether there is a group of this name.
func (s *State) HasGroup(groupname string) bool { _, found := s.groupAt(groupname); return found }

// HasClient reports whether there is a client of this name.
func (s *State) HasClient(username string) bool { _, found := s.clientAt(username); return found }

// Members are the clients of a group with their priorities, sorted by username. The caller must not change the
// slice.
func (s *State) Members(groupname string) []ClientRef {
	s.indexOnce.Do(s.makeIndex)
	return s.index.members[groupname]
}

// Carriers counts the clients and the groups that carry a role directly.
func (s *State) Carriers(rolename string) (clients, groups int) {
	s.indexOnce.Do(s.makeIndex)
	c := s.index.carriers[rolename]
	return c.clients, c.groups
}

func (s *State) makeIndex() {
	s.index.members = make(map[string][]ClientRef, len(s.Groups))
	s.index.carriers = make(map[string]carriers, len(s.Roles))
	for _, c := range s.Clients {
		for _, g := range c.Groups {
			s.index.members[g.Groupname] = append(s.index.members[g.Groupname], ClientRef{Username: c.Username, Priority: g.Priority})
		}
		for _, r := range c.Roles {
			n := s.index.carriers[r.Rolename]
			n.clients++
			s.index.carriers[r.Rolename] = n
		}
	}
	for _, g := range s.Groups {
		for _, r := range g.Roles {
			n := s.index.carriers[r.Rolename]
			n.groups++
			s.index.carriers[r.Rolename] = n
		}
	}
}

// newState takes ownership of the slices and sorts them.
func newState(clients []*Client, roles []*Role, groups []*Group, access DefaultAccess, anonymous, version string) *State {
	slices.SortFunc(clients, func(a, b *Client) int { return cmp.Compare(a.Username, b.Username) })
	slices.SortFunc(roles, func(a, b *Role) int { return cmp.Compare(a.Rolename, b.Rolename) })
	slices.SortFunc(groups, func(a, b *Group) int { return cmp.Compare(a.Groupname, b.Groupname) })
	return &State{Clients: clients, Roles: roles, Groups: groups, Access: access, Anonymous: anonymous, Version: version}
}

func (s *State) clientAt(username string) (int, bool) {
	return slices.BinarySearchFunc(s.Clients, username, func(c *Client, name string) int { return strings.Compare(c.Username, name) })
}

func (s *State) roleAt(rolename string) (int, bool) {
	return slices.BinarySearchFunc(s.Roles, rolename, func(r *Role, name string) int { return strings.Compare(r.Rolename, name) })
}

func (s *State) groupAt(groupname string) (int, bool) {
	return slices.BinarySearchFunc(s.Groups, groupname, func(g *Group, name string) int { return strings.Compare(g.Groupname, name) })
}
