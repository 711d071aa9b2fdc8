package dynsec

import (
	"context"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// RoleChoice names a role to carry. Without a priority it is DefaultRolePriority.
type RoleChoice struct {
	Rolename string `json:"rolename" doc:"Name of an existing role"`
	Priority *int   `json:"priority,omitempty" minimum:"-100000" maximum:"100000" doc:"The higher one decides first; -1 when left out"`
}

// GroupChoice names a group to be in.
type GroupChoice struct {
	Groupname string `json:"groupname" doc:"Name of an existing group"`
	Priority  *int   `json:"priority,omitempty" minimum:"-100000" maximum:"100000" doc:"The higher one decides first; -1 when left out"`
}

// NewClient is what a client is created from.
type NewClient struct {
	Username string `json:"username" doc:"Unique name; any UTF-8 text of up to 65535 bytes but . and .."`
	ClientFields
}

// ClientFields are what can be set at a client. What is absent stays as it is.
type ClientFields struct {
	Password        *string       `json:"password,omitempty" doc:"Password to log in with, never shown again; without one the client cannot log in"`
	Clientid        *string       `json:"clientid,omitempty" doc:"The only MQTT client id that this account may use; empty lets it use any"`
	Textname        *string       `json:"textname,omitempty" doc:"A name for people"`
	Textdescription *string       `json:"textdescription,omitempty" doc:"A description for people"`
	Disabled        *bool         `json:"disabled,omitempty" doc:"A disabled client cannot log in"`
	Roles           []RoleChoice  `json:"roles,omitempty" nullable:"false" doc:"All roles that the client carries itself"`
	Groups          []GroupChoice `json:"groups,omitempty" nullable:"false" doc:"All groups that the client is in"`
}

func (f ClientFields) roleRefs() []RoleRef {
	refs := make([]RoleRef, len(f.Roles))
	for i, r := range f.Roles {
		refs[i] = RoleRef{Rolename: r.Rolename, Priority: priorityOf(r.Priority)}
	}
	return refs
}

func (f ClientFields) groupRefs() []GroupRef {
	refs := make([]GroupRef, len(f.Groups))
	for i, g := range f.Groups {
		refs[i] = GroupRef{Groupname: g.Groupname, Priority: priorityOf(g.Priority)}
	}
	return refs
}

// check finds what is not acceptable in the given fields.
func (f ClientFields) check(p *problems, st *State) {
	if f.Password != nil {
		p.password("body.password", *f.Password)
	}
	if f.Clientid != nil {
		p.clientid("body.clientid", *f.Clientid)
	}
	if f.Textname != nil {
		p.text("body.textname", *f.Textname)
	}
	if f.Textdescription != nil {
		p.text("body.textdescription", *f.Textdescription)
	}
	p.roleRefs("body.roles", f.roleRefs(), st.HasRole)
	p.groupRefs("body.groups", f.groupRefs(), st.HasGroup)
}

// over returns a client as it will be with the given fields.
func (f ClientFields) over(c Client) *Client {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&c.Clientid, f.Clientid)
	set(&c.Textname, f.Textname)
	set(&c.Textdescription, f.Textdescription)
	if f.Disabled != nil {
		c.Disabled = *f.Disabled
	}
	if f.Roles != nil {
		c.Roles = f.roleRefs()
	}
	if f.Groups != nil {
		c.Groups = f.groupRefs()
	}
	return &c
}

// clientDiffers names the fields in which a client is not as wanted. The order of roles and groups is the broker's.
func clientDiffers(want, got *Client) []string {
	if got == nil {
		return []string{"the client is not there"}
	}
	var fields []string
	differs := func(field string, yes bool) {
		if yes {
			fields = append(fields, field)
		}
	}
	differs("clientid", want.Clientid != got.Clientid)
	differs("textname", want.Textname != got.Textname)
	differs("textdescription", want.Textdescription != got.Textdescription)
	differs("disabled", want.Disabled != got.Disabled)
	differs("roles", !sameSet(want.Roles, got.Roles))
	differs("groups", !sameSet(want.Groups, got.Groups))
	return fields
}

// sameSet compares lists in which nothing occurs twice.
func sameSet[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) < 16 {
		return !slices.ContainsFunc(a, func(v T) bool { return !slices.Contains(b, v) })
	}
	in := make(map[T]bool, len(b))
	for _, v := range b {
		in[v] = true
	}
	return !slices.ContainsFunc(a, func(v T) bool { return !in[v] })
}

// clientWrite is the part that all changes of one client share.
func (s *Service) clientWrite(action, username string, plan func(*State) ([]step, error)) write {
	return write{
		action: action, object: "client/" + username, plan: plan,
		view: func(st *State) any {
			if c, ok := st.Client(username); ok {
				return *c
			}
			return nil
		},
	}
}

// clientStep is a step after which one client is as wanted.
func (s *Service) clientStep(want *Client, commands ...broker.Command) step {
	return step{
		commands: commands,
		reads:    []broker.Command{getClient(want.Username)},
		apply: func(st *State, reads []broker.Response) (*State, error) {
			if reads[0].Error != "" {
				return st.withoutClient(want.Username), nil
			}
			c, _, err := newDecoder(s.own).decodeClient(reads[0].Data)
			if err != nil {
				return nil, err
			}
			return st.withClient(c), nil
		},
		wanted: func(st *State) []string {
			got, _ := st.Client(want.Username)
			return clientDiffers(want, got)
		},
	}
}

// CreateClient creates a client. An existing one of the same name is a Conflict and stays as it is.
func (s *Service) CreateClient(ctx context.Context, in NewClient) (Client, error) {
	plan := func(st *State) ([]step, error) {
		var p problems
		p.name("body.username", in.Username)
		in.check(&p, st)
		if err := p.err(); err != nil {
			return nil, err
		}
		if err := s.own.refuseClient(in.Username); err != nil {
			return nil, err
		}
		if st.HasClient(in.Username) {
			return nil, fault.New(fault.Conflict, "a client of this name exists already").
				Hint("choose another username, or PUT to change it; nothing was changed")
		}
		want := in.over(Client{Username: in.Username})
		return s.createSteps(want, in.Password), s.needsAdmin(ctx, st.clientReaches(want))
	}
	return s.clientAfter(ctx, in.Username, s.clientWrite("client.create", in.Username, plan))
}

// createSteps are the steps that create a client. One message is enough for most. A client that is to start disabled
// or with roles is created without a password, so that it cannot log in, and completed in a second message once it
// is certain that it is ours: behind a createClient that fails, the rest of a message would hit an existing client.
// Roles wait for the second message because createClient forgets to note them at the role, and the role's deletion
// by somebody else would then leave a broken reference (2.0.11 crashes, 2.1.2 gives the client another role).
func (s *Service) createSteps(want *Client, password *string) []step {
	create := broker.Command{"command": "createClient", "username": want.Username}
	for field, text := range map[string]string{"clientid": want.Clientid, "textname": want.Textname, "textdescription": want.Textdescription} {
		if text != "" {
			create[field] = text
		}
	}
	if len(want.Groups) > 0 {
		create["groups"] = want.Groups
	}
	undo := []broker.Command{{"command": "deleteClient", "username": want.Username}}
	if !want.Disabled && len(want.Roles) == 0 {
		if password != nil {
			create["password"] = *password
		}
		only := s.clientStep(want, create)
		only.undo = undo
		return []step{only}
	}
	bare := *want
	bare.Disabled, bare.Roles = false, nil
	first := s.clientStep(&bare, create)
	first.undo = undo

	var complete []broker.Command
	if want.Disabled {
		complete = append(complete, broker.Command{"command": "disableClient", "username": want.Username})
	}
	modify := broker.Command{"command": "modifyClient", "username": want.Username, "roles": roleCommands(want.Roles)}
	if password != nil {
		modify["password"] = *password
	}
	second := s.clientStep(want, append(complete, modify)...)
	second.blind = password != nil
	return []step{first, second}
}

// DeleteClient deletes a client and ends its sessions. ifMatch is the value of If-Match, empty for any.
func (s *Service) DeleteClient(ctx context.Context, username, ifMatch string) error {
	_, err := s.write(ctx, s.clientWrite("client.delete", username, func(st *State) ([]step, error) {
		if _, err := s.changeable(ctx, st, username, ifMatch); err != nil {
			return nil, err
		}
		return []step{s.deleteStep(username)}, nil
	}))
	return err
}

// deleteStep is a step after which there is no client of a name.
func (s *Service) deleteStep(username string) step {
	gone := s.clientStep(&Client{Username: username}, broker.Command{"command": "deleteClient", "username": username})
	gone.wanted = func(st *State) []string {
		if st.HasClient(username) {
			return []string{"the client is still there"}
		}
		return nil
	}
	return gone
}

// changeable returns the client that a write is about, or the fault that forbids it.
func (s *Service) changeable(ctx context.Context, st *State, username, ifMatch string) (*Client, error) {
	if err := s.own.refuseClient(username); err != nil {
		return nil, err
	}
	c, ok := st.Client(username)
	if !ok {
		return nil, noClient()
	}
	if err := matches(ifMatch, clientTag(c)); err != nil {
		return nil, err
	}
	return c, s.needsAdmin(ctx, st.clientReaches(c))
}

func noClient() error {
	return fault.New(fault.NotFound, "there is no client of this name").Hint("GET /dynsec/clients lists them")
}
