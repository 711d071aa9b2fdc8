package dynsec

import (
	"context"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// perCarrier is how long the broker may take to take a role away from one carrier: 2.0 writes its whole file each
// time.
const perCarrier = 100 * time.Millisecond

// carriedRole is a role with everybody who carries it, which is what deleting it changes.
type carriedRole struct {
	Role
	CarriedByClients []string `json:"carried_by_clients"`
	CarriedByGroups  []string `json:"carried_by_groups"`
}

func carried(st *State, rolename string) any {
	r, ok := st.Role(rolename)
	if !ok {
		return nil
	}
	c := carriedRole{Role: *r}
	is := func(r RoleRef) bool { return r.Rolename == rolename }
	for _, client := range st.Clients {
		if slices.ContainsFunc(client.Roles, is) {
			c.CarriedByClients = append(c.CarriedByClients, client.Username)
		}
	}
	for _, group := range st.Groups {
		if slices.ContainsFunc(group.Roles, is) {
			c.CarriedByGroups = append(c.CarriedByGroups, group.Groupname)
		}
	}
	return c
}

// DeleteRole takes a role away from everybody who carries it and deletes it. Each of them is told to give it up
// first: the plugin forgets to note a role at its carriers when it was given by createClient or createGroup, and
// deleting it then leaves a broken reference (2.0.11 crashes, 2.1.2 hands out another role in its place).
func (s *Service) DeleteRole(ctx context.Context, rolename, ifMatch string) error {
	w := s.roleWrite("role.delete", rolename, func(st *State) ([]step, error) {
		if _, err := s.changeableRole(ctx, st, rolename, ifMatch); err != nil {
			return nil, err
		}
		return s.deleteRoleSteps(rolename, carried(st, rolename).(carriedRole)), nil
	})
	w.view = func(st *State) any { return carried(st, rolename) }
	_, err := s.write(ctx, w)
	return err
}

// deleteRoleSteps sends what takes the role away in messages that do not block the broker for too long each.
func (s *Service) deleteRoleSteps(rolename string, from carriedRole) []step {
	const perMessage = 500
	var commands []broker.Command
	for _, name := range from.CarriedByClients {
		commands = append(commands, broker.Command{"command": "removeClientRole", "username": name, "rolename": rolename})
	}
	for _, name := range from.CarriedByGroups {
		commands = append(commands, broker.Command{"command": "removeGroupRole", "groupname": name, "rolename": rolename})
	}
	patience := time.Duration(len(commands)) * perCarrier
	commands = append(commands, broker.Command{"command": "deleteRole", "rolename": rolename})
	var steps []step
	for part := range slices.Chunk(commands, perMessage) {
		left := carriersIn(part)
		steps = append(steps, step{commands: part, patience: patience, partial: true, wanted: func(st *State) []string {
			if left(st, rolename) {
				return []string{"the role is still carried"}
			}
			return nil
		}})
	}
	last := &steps[len(steps)-1]
	last.reads = []broker.Command{getRole(rolename)}
	last.apply = func(st *State, reads []broker.Response) (*State, error) {
		if reads[0].Error == "" {
			return st, nil
		}
		return st.withoutRole(rolename), nil
	}
	last.wanted = func(st *State) []string {
		if st.HasRole(rolename) {
			return []string{"the role is still there"}
		}
		return nil
	}
	return steps
}

// carriersIn returns a function that reports whether anybody named in the commands carries a role in a state.
func carriersIn(commands []broker.Command) func(st *State, rolename string) bool {
	return func(st *State, rolename string) bool {
		is := func(r RoleRef) bool { return r.Rolename == rolename }
		return slices.ContainsFunc(commands, func(cmd broker.Command) bool {
			if username, ok := cmd["username"].(string); ok {
				c, ok := st.Client(username)
				return ok && slices.ContainsFunc(c.Roles, is)
			}
			groupname, _ := cmd["groupname"].(string)
			g, ok := st.Group(groupname)
			return ok && slices.ContainsFunc(g.Roles, is)
		})
	}
}
