package dynsecfile

import (
	"slices"

	"github.com/bunkerm/bunkerm/broker"
)

// touched is what commands have changed, or may have. What somebody else did in the meantime is not undone.
type touched struct {
	clients, groups, roles map[string]bool
	access, anonymous      bool
}

func newTouched() *touched {
	return &touched{clients: map[string]bool{}, groups: map[string]bool{}, roles: map[string]bool{}}
}

func (t *touched) add(commands ...broker.Command) {
	for _, c := range commands {
		t.addOne(c)
	}
}

func (t *touched) addOne(c broker.Command) {
	username, ofClient := c["username"].(string)
	groupname, ofGroup := c["groupname"].(string)
	rolename, ofRole := c["rolename"].(string)
	switch {
	case c.Name() == "setDefaultACLAccess":
		t.access = true
	case c.Name() == "setAnonymousGroup":
		t.anonymous = true
	case ofClient:
		t.clients[username] = true
	case ofGroup:
		t.groups[groupname] = true
	case ofRole:
		t.roles[rolename] = true
	}
}

// back is the state with everything that was touched as it was before.
func (t *touched) back(state, before *broker.DynsecFile) *broker.DynsecFile {
	f := *state
	if t.access {
		f.DefaultACLAccess = before.DefaultACLAccess
	}
	if t.anonymous {
		f.AnonymousGroup = before.AnonymousGroup
	}
	f.Clients = replaced(state.Clients, before.Clients, func(c *broker.DynsecClient) bool { return t.clients[c.Username] })
	f.Roles = replaced(state.Roles, before.Roles, func(r *broker.DynsecRole) bool { return t.roles[r.Rolename] })
	f.Groups = replaced(state.Groups, before.Groups, func(g *broker.DynsecGroup) bool { return t.groups[g.Groupname] })
	// Who is in a group belongs to the client that was touched. A group that is gone took all its members with it.
	now, was := newView(state), newView(before)
	for i := range f.Groups {
		g := &f.Groups[i]
		there := now.groups[g.Groupname]
		old := was.groups[g.Groupname]
		if there == nil {
			continue // as before, with all who were in it
		}
		g.Clients = slices.DeleteFunc(slices.Clone(there.Clients), func(c broker.DynsecClientRef) bool { return t.clients[c.Username] })
		if old == nil {
			continue
		}
		for _, c := range old.Clients {
			if t.clients[c.Username] {
				g.Clients = append(g.Clients, c)
			}
		}
	}
	return &f
}

// replaced takes from one list what is not meant and from another what is.
func replaced[T any](now, before []T, meant func(*T) bool) []T {
	var out []T
	for i := range now {
		if !meant(&now[i]) {
			out = append(out, now[i])
		}
	}
	for i := range before {
		if meant(&before[i]) {
			out = append(out, before[i])
		}
	}
	return out
}
