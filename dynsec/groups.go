package dynsec

import (
	"context"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// ClientChoice names a client to be in a group.
type ClientChoice struct {
	Username string `json:"username" doc:"Name of an existing client"`
	Priority *int   `json:"priority,omitempty" minimum:"-100000" maximum:"100000" doc:"The group with the higher one decides first for this client; -1 when left out"`
}

// NewGroup is what a group is created from.
type NewGroup struct {
	Groupname       string       `json:"groupname" doc:"Unique name; any UTF-8 text of up to 65535 bytes but . and .."`
	Textname        *string      `json:"textname,omitempty" doc:"A name for people"`
	Textdescription *string      `json:"textdescription,omitempty" doc:"A description for people"`
	Roles           []RoleChoice `json:"roles,omitempty" nullable:"false" doc:"All roles that the group gives to its clients"`
}

// GroupFields are what can be set at a group. What is absent stays as it is.
type GroupFields struct {
	Textname        *string        `json:"textname,omitempty" doc:"A name for people"`
	Textdescription *string        `json:"textdescription,omitempty" doc:"A description for people"`
	Roles           []RoleChoice   `json:"roles,omitempty" nullable:"false" doc:"All roles that the group gives to its clients"`
	Clients         []ClientChoice `json:"clients,omitempty" nullable:"false" doc:"All clients that are in the group"`
}

func (f GroupFields) roleRefs() []RoleRef { return ClientFields{Roles: f.Roles}.roleRefs() }

func (f GroupFields) clientRefs() []ClientRef {
	refs := make([]ClientRef, len(f.Clients))
	for i, c := range f.Clients {
		refs[i] = ClientRef{Username: c.Username, Priority: priorityOf(c.Priority)}
	}
	return refs
}

func (f GroupFields) check(p *problems, st *State) {
	if f.Textname != nil {
		p.text("body.textname", *f.Textname)
	}
	if f.Textdescription != nil {
		p.text("body.textdescription", *f.Textdescription)
	}
	p.roleRefs("body.roles", f.roleRefs(), st.HasRole)
	p.clientRefs("body.clients", f.clientRefs(), st.HasClient)
}

// over returns a group as it will be, its clients included.
func (f GroupFields) over(g Group) *Group {
	if f.Textname != nil {
		g.Textname = *f.Textname
	}
	if f.Textdescription != nil {
		g.Textdescription = *f.Textdescription
	}
	if f.Roles != nil {
		g.Roles = f.roleRefs()
	}
	if f.Clients != nil {
		g.Clients = f.clientRefs()
	}
	return &g
}

func groupDiffers(want, got *Group) []string {
	if got == nil {
		return []string{"the group is not there"}
	}
	var fields []string
	if want.Textname != got.Textname {
		fields = append(fields, "textname")
	}
	if want.Textdescription != got.Textdescription {
		fields = append(fields, "textdescription")
	}
	if !sameSet(want.Roles, got.Roles) {
		fields = append(fields, "roles")
	}
	if !sameSet(want.Clients, got.Clients) {
		fields = append(fields, "clients")
	}
	return fields
}

// wholeGroup is a group with its clients, nil when there is none.
func (s *State) wholeGroup(groupname string) *Group {
	g, ok := s.Group(groupname)
	if !ok {
		return nil
	}
	whole := *g
	whole.Clients = s.Members(groupname)
	return &whole
}

func (s *Service) groupWrite(action, groupname string, plan func(*State) ([]step, error)) write {
	return write{
		action: action, object: "group/" + groupname, plan: plan,
		view: func(st *State) any {
			if g := st.wholeGroup(groupname); g != nil {
				return *g
			}
			return nil
		},
	}
}

// groupStep is a step after which one group is as wanted.
func (s *Service) groupStep(want *Group, commands ...broker.Command) step {
	return step{
		commands: commands,
		reads:    []broker.Command{getGroup(want.Groupname)},
		apply: func(st *State, reads []broker.Response) (*State, error) {
			if reads[0].Error != "" {
				return st.withoutGroup(want.Groupname), nil
			}
			g, err := newDecoder(s.own).decodeGroup(reads[0].Data)
			if err != nil {
				return nil, err
			}
			return st.withGroup(g), nil
		},
		wanted: func(st *State) []string { return groupDiffers(want, st.wholeGroup(want.Groupname)) },
	}
}

// memberStep is a step that changes whether, or with which priority, one client is in the group.
func (s *Service) memberStep(want *Group, username string, command broker.Command) step {
	change := s.groupStep(want, command)
	change.reads = []broker.Command{getClient(username)}
	change.apply = s.clientStep(&Client{Username: username}).apply
	return change
}

// CreateGroup creates a group. An existing one of the same name is a Conflict and stays as it is.
func (s *Service) CreateGroup(ctx context.Context, in NewGroup) (Group, error) {
	fields := GroupFields{Textname: in.Textname, Textdescription: in.Textdescription, Roles: in.Roles}
	return s.groupAfter(ctx, in.Groupname, s.groupWrite("group.create", in.Groupname, func(st *State) ([]step, error) {
		var p problems
		p.name("body.groupname", in.Groupname)
		fields.check(&p, st)
		if err := p.err(); err != nil {
			return nil, err
		}
		if st.HasGroup(in.Groupname) {
			return nil, fault.New(fault.Conflict, "a group of this name exists already").
				Hint("choose another groupname, or PUT to change it; nothing was changed")
		}
		want := fields.over(Group{Groupname: in.Groupname})
		if err := s.needsAdmin(ctx, st.rolesReach(want.Roles)); err != nil {
			return nil, err
		}
		bare := *want
		bare.Roles = nil
		create := s.groupStep(&bare, broker.Command{"command": "createGroup", "groupname": want.Groupname,
			"textname": want.Textname, "textdescription": want.Textdescription})
		create.undo = []broker.Command{{"command": "deleteGroup", "groupname": want.Groupname}}
		if len(want.Roles) == 0 {
			return []step{create}, nil
		}
		// Like createClient, createGroup forgets to note its roles, so they follow in a message of their own.
		return []step{create, s.groupStep(want, changeGroup(&bare, want)...)}, nil
	}))
}

// UpdateGroup replaces the given fields of a group and keeps the others.
func (s *Service) UpdateGroup(ctx context.Context, groupname string, in GroupFields, ifMatch string) (Group, error) {
	return s.groupAfter(ctx, groupname, s.groupWrite("group.update", groupname, func(st *State) ([]step, error) {
		current, err := s.changeableGroup(ctx, st, groupname, ifMatch)
		if err != nil {
			return nil, err
		}
		var p problems
		in.check(&p, st)
		if err := p.err(); err != nil {
			return nil, err
		}
		want := in.over(*current)
		if err := s.mayHold(ctx, st, current, want); err != nil {
			return nil, err
		}
		return s.updateGroupSteps(current, want), nil
	}))
}

// mayHold checks a group's new roles and clients against what is protected.
func (s *Service) mayHold(ctx context.Context, st *State, current, want *Group) error {
	touches := st.rolesReach(want.Roles)
	was := make(map[string]bool, len(current.Clients))
	for _, c := range current.Clients {
		was[c.Username] = true
	}
	for _, c := range want.Clients {
		if err := s.own.refuseClient(c.Username); err != nil {
			return err
		}
		if client, ok := st.Client(c.Username); ok && !was[c.Username] {
			touches = touches || st.clientReaches(client)
		}
	}
	return s.needsAdmin(ctx, touches)
}

// updateGroupSteps lead from one form of a group to another, in one message, because each change of a group ends the
// sessions of its clients.
func (s *Service) updateGroupSteps(current, want *Group) []step {
	commands := changeGroup(current, want)
	if len(commands) == 0 {
		return nil
	}
	change := s.groupStep(want, commands...)
	if !sameSet(current.Clients, want.Clients) {
		change.reads, change.apply = nil, nil
	}
	change.undo, change.partial = changeGroup(want, current), true
	return []step{change}
}

// changeGroup are the commands that make one form of a group the other; none when nothing differs. Roles are taken
// and given one by one: when modifyGroup replaces them, the plugin forgets to take the group out of the roles that it
// loses, and deleting the group and then such a role crashes the broker (seen with 2.0.11 and 2.1.2).
func changeGroup(from, to *Group) []broker.Command {
	modify := broker.Command{"command": "modifyGroup", "groupname": to.Groupname}
	var commands []broker.Command
	for _, field := range groupDiffers(to, from) {
		switch field {
		case "textname":
			modify[field] = to.Textname
		case "textdescription":
			modify[field] = to.Textdescription
		case "clients":
			modify[field] = append([]ClientRef{}, to.Clients...)
		case "roles":
			for _, r := range from.Roles {
				if !slices.Contains(to.Roles, r) {
					commands = append(commands, broker.Command{"command": "removeGroupRole", "groupname": to.Groupname, "rolename": r.Rolename})
				}
			}
			for _, r := range to.Roles {
				if !slices.Contains(from.Roles, r) {
					commands = append(commands, broker.Command{"command": "addGroupRole", "groupname": to.Groupname,
						"rolename": r.Rolename, "priority": r.Priority})
				}
			}
		}
	}
	if len(modify) > 2 {
		commands = append(commands, modify)
	}
	return commands
}

// changeableGroup returns the group that a write is about, with its clients, or the fault that forbids it.
func (s *Service) changeableGroup(ctx context.Context, st *State, groupname, ifMatch string) (*Group, error) {
	g := st.wholeGroup(groupname)
	if g == nil {
		return nil, noGroup()
	}
	if err := s.own.refuseGroup(st, groupname); err != nil {
		return nil, err
	}
	if err := matches(ifMatch, groupTag(g)); err != nil {
		return nil, err
	}
	return g, s.needsAdmin(ctx, st.rolesReach(g.Roles))
}

func noGroup() error {
	return fault.New(fault.NotFound, "there is no group of this name").Hint("GET /dynsec/groups lists them")
}
