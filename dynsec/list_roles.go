package dynsec

import "context"

// ListRoles returns a page of roles, sorted by name with our own behind all others, and how many others there are.
func (s *Service) ListRoles(ctx context.Context, p Page) (roles []Role, total int, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return nil, 0, err
	}
	page, total := paged(st.Roles, p,
		func(r *Role) bool { return s.own.ownRole(st, r.Rolename) },
		func(r *Role) [2]string { return [2]string{r.Rolename, r.Textname} })
	roles = make([]Role, len(page))
	for i, r := range page {
		roles[i] = shownRole(s.own, st, r)
	}
	return roles, total, nil
}

// GetRole returns one role and its entity tag.
func (s *Service) GetRole(ctx context.Context, rolename string) (Role, string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return Role{}, "", err
	}
	r, ok := st.Role(rolename)
	if !ok {
		return Role{}, "", noRole()
	}
	return shownRole(s.own, st, r), roleTag(r), nil
}

// roleAfter carries a write out and returns the role as it then is.
func (s *Service) roleAfter(ctx context.Context, rolename string, w write) (Role, error) {
	st, err := s.write(ctx, w)
	if err != nil {
		return Role{}, err
	}
	r, ok := st.Role(rolename)
	if !ok {
		return Role{}, noRole()
	}
	return shownRole(s.own, st, r), nil
}

// shownRole is a role as an answer has it: with its counts, and its list never null.
func shownRole(own protected, st *State, r *Role) Role {
	v := *r
	v.ACLs = append([]ACL{}, r.ACLs...)
	v.Clients, v.Groups = st.Carriers(r.Rolename)
	v.Own = own.ownRole(st, r.Rolename)
	return v
}

// ListGroups returns a page of groups, sorted by name, and how many there are.
func (s *Service) ListGroups(ctx context.Context, p Page) (groups []Group, total int, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return nil, 0, err
	}
	page, total := paged(st.Groups, p,
		func(*Group) bool { return false },
		func(g *Group) [2]string { return [2]string{g.Groupname, g.Textname} })
	groups = make([]Group, len(page))
	for i, g := range page {
		groups[i] = shownGroup(st, g)
	}
	return groups, total, nil
}

// GetGroup returns one group and its entity tag.
func (s *Service) GetGroup(ctx context.Context, groupname string) (Group, string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	st, err := s.state(ctx)
	if err != nil {
		return Group{}, "", err
	}
	g, ok := st.Group(groupname)
	if !ok {
		return Group{}, "", noGroup()
	}
	whole := shownGroup(st, g)
	return whole, groupTag(&whole), nil
}

// groupAfter carries a write out and returns the group as it then is.
func (s *Service) groupAfter(ctx context.Context, groupname string, w write) (Group, error) {
	st, err := s.write(ctx, w)
	if err != nil {
		return Group{}, err
	}
	g, ok := st.Group(groupname)
	if !ok {
		return Group{}, noGroup()
	}
	return shownGroup(st, g), nil
}

// shownGroup is a group as an answer has it: with its clients, and its lists never null.
func shownGroup(st *State, g *Group) Group {
	v := *g
	v.Roles = append([]RoleRef{}, g.Roles...)
	v.Clients = append([]ClientRef{}, st.Members(g.Groupname)...)
	return v
}
