package dynsec

import (
	"context"

	"github.com/bunkerm/bunkerm/broker"
)

// AccessFields are the default access to set. What is absent stays as it is.
type AccessFields struct {
	PublishClientSend    *bool `json:"publishClientSend,omitempty" doc:"Whether clients may publish where no ACL decides"`
	PublishClientReceive *bool `json:"publishClientReceive,omitempty" doc:"Whether clients receive messages where no ACL decides"`
	Subscribe            *bool `json:"subscribe,omitempty" doc:"Whether clients may subscribe where no ACL decides"`
	Unsubscribe          *bool `json:"unsubscribe,omitempty" doc:"Whether clients may unsubscribe where no ACL decides"`
}

func (f AccessFields) over(a DefaultAccess) DefaultAccess {
	set := func(to, from *bool) {
		if from != nil {
			*to = *from
		}
	}
	set(&a.PublishClientSend, f.PublishClientSend)
	set(&a.PublishClientReceive, f.PublishClientReceive)
	set(&a.Subscribe, f.Subscribe)
	set(&a.Unsubscribe, f.Unsubscribe)
	return a
}

// DefaultAccess returns what is allowed where no ACL decides.
func (s *Service) DefaultAccess(ctx context.Context) (DefaultAccess, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return DefaultAccess{}, err
	}
	return st.Access, nil
}

// SetDefaultAccess sets what is allowed where no ACL decides. It holds from the next check on and ends no session.
func (s *Service) SetDefaultAccess(ctx context.Context, in AccessFields) (DefaultAccess, error) {
	st, err := s.write(ctx, write{
		action: "default-access.update", object: "default-access",
		view: func(st *State) any { return st.Access },
		plan: func(st *State) ([]step, error) {
			want := in.over(st.Access)
			if want == st.Access {
				return nil, nil
			}
			acl := func(acltype string, allow bool) map[string]any {
				return map[string]any{"acltype": acltype, "allow": allow}
			}
			return []step{{
				commands: []broker.Command{{"command": "setDefaultACLAccess", "acls": []map[string]any{
					acl("publishClientSend", want.PublishClientSend), acl("publishClientReceive", want.PublishClientReceive),
					acl("subscribe", want.Subscribe), acl("unsubscribe", want.Unsubscribe)}}},
				reads: []broker.Command{{"command": "getDefaultACLAccess"}},
				apply: func(st *State, reads []broker.Response) (*State, error) {
					access, err := decodeAccess(reads[0].Data)
					return st.withAccess(access), err
				},
				wanted: func(st *State) []string {
					if st.Access != want {
						return []string{"the default access"}
					}
					return nil
				},
			}}, nil
		},
	})
	if err != nil {
		return DefaultAccess{}, err
	}
	return st.Access, nil
}

// AnonymousGroup returns the name of the group of those who log in without a username, "" when there is none.
func (s *Service) AnonymousGroup(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return "", err
	}
	return st.Anonymous, nil
}

// SetAnonymousGroup chooses the group of those who log in without a username, and ends their sessions. The plugin has
// no way to choose none again; a group without roles does the same.
func (s *Service) SetAnonymousGroup(ctx context.Context, groupname string) (string, error) {
	st, err := s.write(ctx, write{
		action: "anonymous-group.update", object: "anonymous-group",
		view: func(st *State) any { return st.Anonymous },
		plan: func(st *State) ([]step, error) {
			if groupname == st.Anonymous {
				return nil, nil
			}
			var p problems
			switch {
			case groupname == "":
				p.add("body.groupname", "must not be empty: the broker cannot go back to having no anonymous group; choose one without roles")
			case !st.HasGroup(groupname):
				p.add("body.groupname", "there is no group of this name")
			}
			if err := p.err(); err != nil {
				return nil, err
			}
			if err := s.needsAdmin(ctx, st.groupReaches(groupname) || st.groupReaches(st.Anonymous)); err != nil {
				return nil, err
			}
			return []step{{
				commands: []broker.Command{{"command": "setAnonymousGroup", "groupname": groupname}},
				reads:    []broker.Command{{"command": "getAnonymousGroup"}},
				apply: func(st *State, reads []broker.Response) (*State, error) {
					name, err := decodeAnonymous(reads[0].Data)
					return st.withAnonymous(name), err
				},
				wanted: func(st *State) []string {
					if st.Anonymous != groupname {
						return []string{"the anonymous group"}
					}
					return nil
				},
			}}, nil
		},
	})
	if err != nil {
		return "", err
	}
	return st.Anonymous, nil
}
