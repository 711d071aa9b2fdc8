package dynsec

import (
	"context"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// NewRole is what a role is created from.
type NewRole struct {
	Rolename string `json:"rolename" doc:"Unique name; any UTF-8 text of up to 65535 bytes but . and .."`
	RoleFields
}

// RoleFields are what can be set at a role. What is absent stays as it is.
type RoleFields struct {
	Textname        *string  `json:"textname,omitempty" doc:"A name for people"`
	Textdescription *string  `json:"textdescription,omitempty" doc:"A description for people"`
	ACLs            []NewACL `json:"acls,omitempty" nullable:"false" doc:"All rules of the role; one for each type and topic"`
}

// NewACL is what a rule is made from.
type NewACL struct {
	Acltype  string `json:"acltype" enum:"publishClientSend,publishClientReceive,subscribeLiteral,subscribePattern,unsubscribeLiteral,unsubscribePattern" doc:"What the rule is about"`
	Topic    string `json:"topic" doc:"Topic filter; in the literal types it is compared as it stands"`
	Priority *int   `json:"priority,omitempty" minimum:"-100000" maximum:"100000" doc:"The higher one decides first; 0 when left out"`
	Allow    bool   `json:"allow" doc:"Whether the rule allows or denies"`
}

func (a NewACL) acl() ACL {
	acl := ACL{Acltype: a.Acltype, Topic: a.Topic, Allow: a.Allow}
	if a.Priority != nil {
		acl.Priority = *a.Priority
	}
	return acl
}

func (f RoleFields) acls() []ACL {
	acls := make([]ACL, len(f.ACLs))
	for i, a := range f.ACLs {
		acls[i] = a.acl()
	}
	return acls
}

func (f RoleFields) check(p *problems) {
	if f.Textname != nil {
		p.text("body.textname", *f.Textname)
	}
	if f.Textdescription != nil {
		p.text("body.textdescription", *f.Textdescription)
	}
	p.acls("body.acls", f.acls())
}

func (f RoleFields) over(r Role) *Role {
	if f.Textname != nil {
		r.Textname = *f.Textname
	}
	if f.Textdescription != nil {
		r.Textdescription = *f.Textdescription
	}
	if f.ACLs != nil {
		r.ACLs = f.acls()
	}
	return &r
}

// inDecisionOrder sorts rules so that two lists by which the broker decides alike become equal: the types apart, in
// each the higher priority first, equal ones in the order in which they were given (seen with 2.0.11 and 2.1.2).
func inDecisionOrder(acls []ACL) []ACL {
	sorted := slices.Clone(acls)
	slices.SortStableFunc(sorted, func(a, b ACL) int {
		if a.Acltype != b.Acltype {
			return strings.Compare(a.Acltype, b.Acltype)
		}
		return b.Priority - a.Priority
	})
	return sorted
}

func roleDiffers(want, got *Role) []string {
	if got == nil {
		return []string{"the role is not there"}
	}
	var fields []string
	if want.Textname != got.Textname {
		fields = append(fields, "textname")
	}
	if want.Textdescription != got.Textdescription {
		fields = append(fields, "textdescription")
	}
	if !slices.Equal(inDecisionOrder(want.ACLs), inDecisionOrder(got.ACLs)) {
		fields = append(fields, "acls")
	}
	return fields
}

func (s *Service) roleWrite(action, rolename string, plan func(*State) ([]step, error)) write {
	return write{
		action: action, object: "role/" + rolename, plan: plan,
		view: func(st *State) any {
			if r, ok := st.Role(rolename); ok {
				return *r
			}
			return nil
		},
	}
}

// roleStep is a step after which one role is as wanted.
func (s *Service) roleStep(want *Role, commands ...broker.Command) step {
	return step{
		commands: commands,
		reads:    []broker.Command{getRole(want.Rolename)},
		apply: func(st *State, reads []broker.Response) (*State, error) {
			if reads[0].Error != "" {
				return st.withoutRole(want.Rolename), nil
			}
			r, err := newDecoder(s.own).decodeRole(reads[0].Data)
			if err != nil {
				return nil, err
			}
			return st.withRole(r), nil
		},
		wanted: func(st *State) []string {
			got, _ := st.Role(want.Rolename)
			return roleDiffers(want, got)
		},
	}
}

// CreateRole creates a role. An existing one of the same name is a Conflict and stays as it is.
func (s *Service) CreateRole(ctx context.Context, in NewRole) (Role, error) {
	return s.roleAfter(ctx, in.Rolename, s.roleWrite("role.create", in.Rolename, func(st *State) ([]step, error) {
		var p problems
		p.name("body.rolename", in.Rolename)
		in.check(&p)
		if err := p.err(); err != nil {
			return nil, err
		}
		if err := s.own.refuseRole(st, in.Rolename); err != nil {
			return nil, err
		}
		if st.HasRole(in.Rolename) {
			return nil, fault.New(fault.Conflict, "a role of this name exists already").
				Hint("choose another rolename, or PUT to change it; nothing was changed")
		}
		want := in.over(Role{Rolename: in.Rolename})
		if err := s.needsAdmin(ctx, anyReachesControl(want.ACLs)); err != nil {
			return nil, err
		}
		create := s.roleStep(want, broker.Command{"command": "createRole", "rolename": want.Rolename,
			"textname": want.Textname, "textdescription": want.Textdescription, "acls": aclCommands(want.ACLs)})
		create.undo = []broker.Command{{"command": "deleteRole", "rolename": want.Rolename}}
		return []step{create}, nil
	}))
}

// UpdateRole replaces the given fields of a role and keeps the others; acls are replaced all together.
func (s *Service) UpdateRole(ctx context.Context, rolename string, in RoleFields, ifMatch string) (Role, error) {
	return s.roleAfter(ctx, rolename, s.roleWrite("role.update", rolename, func(st *State) ([]step, error) {
		current, err := s.changeableRole(ctx, st, rolename, ifMatch)
		if err != nil {
			return nil, err
		}
		var p problems
		in.check(&p)
		if err := p.err(); err != nil {
			return nil, err
		}
		want := in.over(*current)
		if err := s.needsAdmin(ctx, anyReachesControl(want.ACLs)); err != nil {
			return nil, err
		}
		modify := modifyRole(current, want)
		if len(modify) == 2 {
			return nil, nil
		}
		change := s.roleStep(want, modify)
		change.undo, change.partial = []broker.Command{modifyRole(want, current)}, true
		return []step{change}, nil
	}))
}

// modifyRole is the command that makes one form of a role the other. It has two keys when nothing differs.
func modifyRole(from, to *Role) broker.Command {
	modify := broker.Command{"command": "modifyRole", "rolename": to.Rolename}
	for _, field := range roleDiffers(to, from) {
		switch field {
		case "textname":
			modify[field] = to.Textname
		case "textdescription":
			modify[field] = to.Textdescription
		case "acls":
			modify[field] = aclCommands(to.ACLs)
		}
	}
	return modify
}

// changeableRole returns the role that a write is about, or the fault that forbids it.
func (s *Service) changeableRole(ctx context.Context, st *State, rolename, ifMatch string) (*Role, error) {
	if err := s.own.refuseRole(st, rolename); err != nil {
		return nil, err
	}
	r, ok := st.Role(rolename)
	if !ok {
		return nil, noRole()
	}
	if err := matches(ifMatch, roleTag(r)); err != nil {
		return nil, err
	}
	return r, s.needsAdmin(ctx, anyReachesControl(r.ACLs))
}

func noRole() error {
	return fault.New(fault.NotFound, "there is no role of this name").Hint("GET /dynsec/roles lists them")
}

// AddACL adds a rule to a role. A rule of the same type and topic is a Conflict.
func (s *Service) AddACL(ctx context.Context, rolename string, in NewACL, ifMatch string) (Role, error) {
	return s.roleAfter(ctx, rolename, s.roleWrite("role.acl.add", rolename, func(st *State) ([]step, error) {
		acl := in.acl()
		current, err := s.changeableRole(ctx, st, rolename, ifMatch)
		if err != nil {
			return nil, err
		}
		var p problems
		p.acl("body", acl)
		if err := p.err(); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(current.ACLs, sameRule(acl.Acltype, acl.Topic)) {
			return nil, fault.New(fault.Conflict, "the role has an ACL of this type and topic already").
				Hint("DELETE that one first, or PUT the whole list; nothing was changed")
		}
		if err := s.needsAdmin(ctx, reachesControl(acl.Topic)); err != nil {
			return nil, err
		}
		want := *current
		want.ACLs = append(slices.Clone(current.ACLs), acl)
		return []step{s.roleStep(&want, broker.Command{"command": "addRoleACL", "rolename": rolename, "acltype": acl.Acltype,
			"topic": acl.Topic, "priority": acl.Priority, "allow": acl.Allow})}, nil
	}))
}

// RemoveACL takes a rule out of a role.
func (s *Service) RemoveACL(ctx context.Context, rolename, acltype, topic, ifMatch string) (Role, error) {
	return s.roleAfter(ctx, rolename, s.roleWrite("role.acl.remove", rolename, func(st *State) ([]step, error) {
		current, err := s.changeableRole(ctx, st, rolename, ifMatch)
		if err != nil {
			return nil, err
		}
		is := sameRule(acltype, topic)
		if !slices.ContainsFunc(current.ACLs, is) {
			return nil, fault.New(fault.NotFound, "the role has no ACL of this type and topic")
		}
		want := *current
		want.ACLs = slices.DeleteFunc(slices.Clone(current.ACLs), is)
		return []step{s.roleStep(&want, broker.Command{"command": "removeRoleACL", "rolename": rolename, "acltype": acltype, "topic": topic})}, nil
	}))
}

func sameRule(acltype, topic string) func(ACL) bool {
	return func(a ACL) bool { return a.Acltype == acltype && a.Topic == topic }
}
