package dynsec

import (
	"context"
	"slices"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// UpdateClient replaces the given fields of a client and keeps the others. What is as asked already is not sent,
// because every change of a client ends its sessions.
func (s *Service) UpdateClient(ctx context.Context, username string, in ClientFields, ifMatch string) (Client, error) {
	return s.clientAfter(ctx, username, s.clientWrite("client.update", username, func(st *State) ([]step, error) {
		current, err := s.changeable(ctx, st, username, ifMatch)
		if err != nil {
			return nil, err
		}
		var p problems
		in.check(&p, st)
		if err := p.err(); err != nil {
			return nil, err
		}
		want := in.over(*current)
		if err := s.needsAdmin(ctx, st.clientReaches(want)); err != nil {
			return nil, err
		}
		return s.updateSteps(current, want, in.Password), nil
	}))
}

// SetDisabled disables or enables a client. Disabling ends its sessions.
func (s *Service) SetDisabled(ctx context.Context, username string, disabled bool, ifMatch string) (Client, error) {
	action := "client.enable"
	if disabled {
		action = "client.disable"
	}
	return s.clientAfter(ctx, username, s.clientWrite(action, username, func(st *State) ([]step, error) {
		current, err := s.changeable(ctx, st, username, ifMatch)
		if err != nil {
			return nil, err
		}
		want := *current
		want.Disabled = disabled
		return s.updateSteps(current, &want, nil), nil
	}))
}

// updateSteps lead from one form of a client to another: disabling goes first and enabling last, in a message of its
// own, so that the client is never let in with only a part of the change made.
func (s *Service) updateSteps(current, want *Client, password *string) []step {
	named := func(command string) broker.Command {
		return broker.Command{"command": command, "username": want.Username}
	}
	modify, restore := modifyClient(current, want), modifyClient(want, current)
	if password != nil {
		modify["password"] = *password
	}
	var steps []step
	var first, undo []broker.Command
	if want.Disabled && !current.Disabled {
		first, undo = append(first, named("disableClient")), append(undo, named("enableClient"))
	}
	if len(modify) > 2 {
		first = append(first, modify)
	}
	if len(restore) > 2 {
		// The roles go back before the client may come back.
		undo = append([]broker.Command{restore}, undo...)
	}
	if len(first) > 0 {
		intermediate := *want
		intermediate.Disabled = want.Disabled || current.Disabled
		change := s.clientStep(&intermediate, first...)
		change.undo, change.partial, change.blind = undo, true, password != nil
		steps = append(steps, change)
	}
	if current.Disabled && !want.Disabled {
		steps = append(steps, s.clientStep(want, named("enableClient")))
	}
	return steps
}

// modifyClient is the command that makes the fields of one client like those of another, disabled left out. It has
// two keys when nothing differs; sent like that it would end the client's sessions and change nothing.
func modifyClient(from, to *Client) broker.Command {
	modify := broker.Command{"command": "modifyClient", "username": to.Username}
	for _, field := range clientDiffers(to, from) {
		switch field {
		case "clientid":
			modify[field] = to.Clientid
		case "textname":
			modify[field] = to.Textname
		case "textdescription":
			modify[field] = to.Textdescription
		case "roles":
			modify[field] = roleCommands(to.Roles)
		case "groups":
			modify[field] = groupCommands(to.Groups)
		}
	}
	return modify
}

// AddClientRole gives a client a role. Giving it again with the same priority or none changes nothing; with another
// one the priority is changed.
func (s *Service) AddClientRole(ctx context.Context, username string, in RoleChoice, ifMatch string) (Client, error) {
	return s.clientAfter(ctx, username, s.clientWrite("client.role.add", username, func(st *State) ([]step, error) {
		current, err := s.changeable(ctx, st, username, ifMatch)
		if err != nil {
			return nil, err
		}
		want := *current
		ref, added, err := s.chooseRole(ctx, st, &want.Roles, in)
		if err != nil {
			return nil, err
		}
		if added {
			return []step{s.clientStep(&want, broker.Command{"command": "addClientRole", "username": username,
				"rolename": ref.Rolename, "priority": ref.Priority})}, nil
		}
		return s.updateSteps(current, &want, nil), nil
	}))
}

// chooseRole gives one more role to those that a client or a group carries, or one of them another priority. added
// is false when it was there already; roles stays as it is when nothing changes.
func (s *Service) chooseRole(ctx context.Context, st *State, roles *[]RoleRef, in RoleChoice) (ref RoleRef, added bool, err error) {
	ref = RoleRef{Rolename: in.Rolename, Priority: priorityOf(in.Priority)}
	if err := checkChoice(st.HasRole(in.Rolename), "body.rolename", "role", ref.Priority); err != nil {
		return ref, false, err
	}
	if err := s.needsAdmin(ctx, st.roleReaches(in.Rolename)); err != nil {
		return ref, false, err
	}
	at := slices.IndexFunc(*roles, func(r RoleRef) bool { return r.Rolename == in.Rolename })
	if at >= 0 && in.Priority == nil {
		return ref, false, nil
	}
	*roles = slices.Clone(*roles) // the state's own list never changes
	if at < 0 {
		*roles = append(*roles, ref)
		return ref, true, nil
	}
	(*roles)[at] = ref
	return ref, false, nil
}

// checkChoice checks a reference to one other thing that a body names.
func checkChoice(exists bool, location, thing string, priority int) error {
	var p problems
	if !exists {
		p.add(location, "there is no "+thing+" of this name")
	}
	p.priority("body.priority", priority)
	return p.err()
}

// RemoveClientRole takes a role away from a client.
func (s *Service) RemoveClientRole(ctx context.Context, username, rolename, ifMatch string) (Client, error) {
	return s.clientAfter(ctx, username, s.clientWrite("client.role.remove", username, func(st *State) ([]step, error) {
		current, err := s.changeable(ctx, st, username, ifMatch)
		if err != nil {
			return nil, err
		}
		is := func(r RoleRef) bool { return r.Rolename == rolename }
		if !slices.ContainsFunc(current.Roles, is) {
			return nil, fault.New(fault.NotFound, "the client does not carry this role itself").
				Hint("a role that comes from a group is taken away at the group")
		}
		want := *current
		want.Roles = slices.DeleteFunc(slices.Clone(current.Roles), is)
		return []step{s.clientStep(&want, broker.Command{"command": "removeClientRole", "username": username, "rolename": rolename})}, nil
	}))
}

// Disconnect ends the sessions of a user and changes nothing else: the device may come back at once.
func (s *Service) Disconnect(ctx context.Context, username, ifMatch string) (Client, error) {
	return s.clientAfter(ctx, username, s.clientWrite("client.disconnect", username, func(st *State) ([]step, error) {
		current, err := s.changeable(ctx, st, username, ifMatch)
		if err != nil {
			return nil, err
		}
		return []step{s.kickStep(current)}, nil
	}))
}

// kickStep ends the sessions of a client: a modifyClient without a field to modify does exactly this (seen with 2.0.11 and 2.1.2).
func (s *Service) kickStep(c *Client) step {
	kick := s.clientStep(c, broker.Command{"command": "modifyClient", "username": c.Username})
	kick.blind = true
	return kick
}
