package dynsec

import (
	"cmp"
	"context"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// Cut is a user whose sessions a write would end.
type Cut struct {
	Username  string `json:"username" doc:"Empty for sessions without a username"`
	Anonymous bool   `json:"anonymous" doc:"Whether these are the sessions without a username"`
	Sessions  *int   `json:"sessions" doc:"How many there are now, null where nobody can tell"`
	// Certain is false where the broker may forget somebody: it does not end the sessions of those who got a role with
	// the command that created them or their group, until it has been restarted.
	Certain bool `json:"certain" doc:"Whether the broker surely ends them; false where it depends on how a role was given"`
}

// ImpactResult says what a write would do to those who are connected. Users who are known to have no session are left
// out.
type ImpactResult struct {
	Disconnects []Cut `json:"disconnects" nullable:"false"`
	Restart     bool  `json:"restart" doc:"Whether the broker is restarted, which ends every session"`
}

// rehearsal travels in the context of a write that shall only be planned.
type rehearsal struct {
	planned  bool
	state    *State
	commands []broker.Command
	restart  bool
	refused  error // why the write would not be carried out
}

type rehearsalKey struct{}

// rehearsing returns the rehearsal that a context is for, nil when the write is meant.
func rehearsing(ctx context.Context) *rehearsal {
	r, _ := ctx.Value(rehearsalKey{}).(*rehearsal)
	return r
}

// errRehearsed ends a write that was only planned.
var errRehearsed = fault.New(fault.Internal, "the write was only rehearsed")

// plan notes what a write would send, and returns the error that ends it there.
func (r *rehearsal) plan(st *State, steps []step, err error) error {
	if err != nil {
		r.refused = err
		return err
	}
	r.planned, r.state = true, st
	for _, s := range steps {
		r.commands = append(r.commands, s.commands...)
	}
	return errRehearsed
}

// Impact rehearses a write and says whose sessions it would end. carryOut runs the write with the context that it is
// given; whatever would be sent is noted instead. A write that would be refused is refused here with the same fault.
func (s *Service) Impact(ctx context.Context, carryOut func(context.Context) error) (ImpactResult, error) {
	r := &rehearsal{}
	err := carryOut(context.WithValue(ctx, rehearsalKey{}, r))
	switch {
	case r.planned:
	case r.refused != nil:
		return ImpactResult{}, r.refused
	case err != nil:
		return ImpactResult{}, err
	default:
		return ImpactResult{Disconnects: []Cut{}}, nil // nothing that could cut anybody
	}
	a := newAffected(r.state)
	for _, c := range r.commands {
		a.add(c)
	}
	if r.restart {
		a.everybody()
	}
	return ImpactResult{Disconnects: s.counted(ctx, r.state, a), Restart: r.restart}, nil
}

// counted makes the answer, sorted by username, without our own accounts and without those who are not connected.
func (s *Service) counted(ctx context.Context, st *State, a *affected) []Cut {
	var clients []Client
	for username := range a.users {
		if c, ok := st.Client(username); ok && !s.own.client(username) {
			clients = append(clients, *c)
		}
	}
	slices.SortFunc(clients, func(x, y Client) int { return cmp.Compare(x.Username, y.Username) })
	_ = s.countSessions(ctx, st, clients) // who would go is known without how often they are there
	cuts := []Cut{}
	for _, c := range clients {
		if c.Connections == nil || *c.Connections > 0 {
			cuts = append(cuts, Cut{Username: c.Username, Sessions: c.Connections, Certain: a.users[c.Username]})
		}
	}
	if a.anonymous != untouched {
		cuts = append(cuts, Cut{Anonymous: true, Certain: a.anonymous == surely})
	}
	return cuts
}

// certainty says how surely somebody's sessions end.
type certainty uint8

const (
	untouched certainty = iota
	perhaps
	surely
)

// affected gathers whose sessions commands end, as both versions were seen to do it.
type affected struct {
	st        *State
	dialect   dialect
	users     map[string]bool // whether their sessions surely end
	anonymous certainty
}

func newAffected(st *State) *affected {
	return &affected{st: st, dialect: dialectOf(st.Version), users: map[string]bool{}}
}

func (a *affected) user(username string, c certainty) {
	a.users[username] = a.users[username] || c == surely
}

// members are all who are in a group, and those without a username when it is theirs.
func (a *affected) members(groupname string, c certainty) {
	for _, m := range a.st.Members(groupname) {
		a.user(m.Username, c)
	}
	a.withoutName(groupname, c)
}

func (a *affected) withoutName(groupname string, c certainty) {
	if groupname == a.st.Anonymous && groupname != "" {
		a.anonymous = max(a.anonymous, c)
	}
}

// carriers are all who have a role, themselves or through a group.
func (a *affected) carriers(rolename string, c certainty) {
	has := func(r RoleRef) bool { return r.Rolename == rolename }
	for _, client := range a.st.Clients {
		if slices.ContainsFunc(client.Roles, has) {
			a.user(client.Username, c)
		}
	}
	for _, group := range a.st.Groups {
		if slices.ContainsFunc(group.Roles, has) {
			a.members(group.Groupname, c)
		}
	}
}

func (a *affected) everybody() {
	for _, c := range a.st.Clients {
		a.user(c.Username, surely)
	}
	a.anonymous = surely
}

// add takes one command. What is not named here ends no session: createClient, enableClient, setDefaultACLAccess and
// everything that only reads.
func (a *affected) add(c broker.Command) {
	username, _ := c["username"].(string)
	groupname, _ := c["groupname"].(string)
	rolename, _ := c["rolename"].(string)
	switch c.Name() {
	case "modifyClient", "disableClient", "deleteClient", "setClientId", "setClientPassword",
		"addClientRole", "removeClientRole", "addGroupClient", "removeGroupClient":
		a.user(username, surely)
	case "addGroupRole", "removeGroupRole", "deleteGroup":
		a.members(groupname, surely)
	case "modifyGroup":
		a.modifyGroup(groupname, c["clients"])
	case "setAnonymousGroup":
		a.anonymous = surely
	case "modifyRole":
		// 2.0 ends nobody's sessions here, 2.1 only when the ACLs are given.
		if _, given := c["acls"]; given && a.dialect.modern {
			a.carriers(rolename, perhaps)
		}
	case "addRoleACL", "removeRoleACL", "deleteRole":
		a.carriers(rolename, perhaps)
	}
}

// modifyGroup ends the sessions of the members: in 2.0 of those after the change, in 2.1 of those before it, too.
func (a *affected) modifyGroup(groupname string, clients any) {
	after, given := clients.([]ClientRef)
	if !given || a.dialect.modern {
		a.members(groupname, surely)
	}
	for _, m := range after {
		a.user(m.Username, surely)
	}
	a.withoutName(groupname, surely)
}
