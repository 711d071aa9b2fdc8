package dynsec

import (
	"context"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// AddGroupClient puts a client into a group. Doing it again with the same priority or none changes nothing; with
// another one the priority is changed.
func (s *Service) AddGroupClient(ctx context.Context, groupname string, in ClientChoice, ifMatch string) (Group, error) {
	return s.groupAfter(ctx, groupname, s.groupWrite("group.client.add", groupname, func(st *State) ([]step, error) {
		ref := ClientRef{Username: in.Username, Priority: priorityOf(in.Priority)}
		current, client, err := s.changeableMember(ctx, st, groupname, in.Username, ifMatch)
		if err != nil {
			return nil, err
		}
		if err := checkChoice(client != nil, "body.username", "client", ref.Priority); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(current.Clients, func(c ClientRef) bool { return c.Username == in.Username })
		want := *current
		if at < 0 {
			want.Clients = append(slices.Clone(current.Clients), ref)
			return []step{s.memberStep(&want, in.Username, broker.Command{"command": "addGroupClient", "groupname": groupname,
				"username": ref.Username, "priority": ref.Priority})}, nil
		}
		if in.Priority == nil || current.Clients[at] == ref {
			return nil, nil
		}
		// The plugin refuses to add a member again, so the client's whole list is replaced.
		groups := slices.Clone(client.Groups)
		groups[slices.IndexFunc(groups, func(g GroupRef) bool { return g.Groupname == groupname })].Priority = ref.Priority
		want.Clients = slices.Clone(current.Clients)
		want.Clients[at] = ref
		return []step{s.memberStep(&want, in.Username,
			broker.Command{"command": "modifyClient", "username": in.Username, "groups": groups})}, nil
	}))
}

// RemoveGroupClient takes a client out of a group.
func (s *Service) RemoveGroupClient(ctx context.Context, groupname, username, ifMatch string) (Group, error) {
	return s.groupAfter(ctx, groupname, s.groupWrite("group.client.remove", groupname, func(st *State) ([]step, error) {
		current, _, err := s.changeableMember(ctx, st, groupname, username, ifMatch)
		if err != nil {
			return nil, err
		}
		is := func(c ClientRef) bool { return c.Username == username }
		if !slices.ContainsFunc(current.Clients, is) {
			return nil, fault.New(fault.NotFound, "the client is not in this group")
		}
		want := *current
		want.Clients = slices.DeleteFunc(slices.Clone(current.Clients), is)
		return []step{s.memberStep(&want, username, broker.Command{"command": "removeGroupClient", "groupname": groupname, "username": username})}, nil
	}))
}

// changeableMember returns the group and the client that a change of membership is about; the client is nil when
// there is none.
func (s *Service) changeableMember(ctx context.Context, st *State, groupname, username, ifMatch string) (*Group, *Client, error) {
	if err := s.own.refuseClient(username); err != nil {
		return nil, nil, err
	}
	current := st.wholeGroup(groupname)
	if current == nil {
		return nil, nil, noGroup()
	}
	if err := matches(ifMatch, groupTag(current)); err != nil {
		return nil, nil, err
	}
	client, ok := st.Client(username)
	if !ok {
		return current, nil, s.needsAdmin(ctx, st.rolesReach(current.Roles))
	}
	return current, client, s.needsAdmin(ctx, st.rolesReach(current.Roles) || st.clientReaches(client))
}

// AddGroupRole gives a group a role. Giving it again with the same priority or none changes nothing; with another one
// the priority is changed.
func (s *Service) AddGroupRole(ctx context.Context, groupname string, in RoleChoice, ifMatch string) (Group, error) {
	return s.groupAfter(ctx, groupname, s.groupWrite("group.role.add", groupname, func(st *State) ([]step, error) {
		current, err := s.changeableGroup(ctx, st, groupname, ifMatch)
		if err != nil {
			return nil, err
		}
		want := *current
		ref, added, err := s.chooseRole(ctx, st, &want.Roles, in)
		if err != nil {
			return nil, err
		}
		if added {
			return []step{s.groupStep(&want, broker.Command{"command": "addGroupRole", "groupname": groupname,
				"rolename": ref.Rolename, "priority": ref.Priority})}, nil
		}
		return s.updateGroupSteps(current, &want), nil
	}))
}

// RemoveGroupRole takes a role away from a group.
func (s *Service) RemoveGroupRole(ctx context.Context, groupname, rolename, ifMatch string) (Group, error) {
	return s.groupAfter(ctx, groupname, s.groupWrite("group.role.remove", groupname, func(st *State) ([]step, error) {
		current, err := s.changeableGroup(ctx, st, groupname, ifMatch)
		if err != nil {
			return nil, err
		}
		is := func(r RoleRef) bool { return r.Rolename == rolename }
		if !slices.ContainsFunc(current.Roles, is) {
			return nil, fault.New(fault.NotFound, "the group does not carry this role")
		}
		want := *current
		want.Roles = slices.DeleteFunc(slices.Clone(current.Roles), is)
		return []step{s.groupStep(&want, broker.Command{"command": "removeGroupRole", "groupname": groupname, "rolename": rolename})}, nil
	}))
}

// DeleteGroup deletes a group; its clients stay. The anonymous group cannot be deleted: 2.0.11 would do it and crash.
func (s *Service) DeleteGroup(ctx context.Context, groupname, ifMatch string) error {
	_, err := s.write(ctx, s.groupWrite("group.delete", groupname, func(st *State) ([]step, error) {
		if _, err := s.changeableGroup(ctx, st, groupname, ifMatch); err != nil {
			return nil, err
		}
		if st.Anonymous == groupname {
			return nil, fault.New(fault.Conflict, "the group of anonymous clients cannot be deleted").
				Hint("PUT another group to /dynsec/anonymous-group first")
		}
		gone := s.groupStep(&Group{Groupname: groupname}, broker.Command{"command": "deleteGroup", "groupname": groupname})
		gone.wanted = func(st *State) []string {
			if st.HasGroup(groupname) {
				return []string{"the group is still there"}
			}
			return nil
		}
		return []step{gone}, nil
	}))
	return err
}
