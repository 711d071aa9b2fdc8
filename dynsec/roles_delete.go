package dynsec

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// perCarrier is how long the broker may take to take a role away from one carrier: 2.0 writes its whole file each
// time.
const perCarrier = 500 * time.Millisecond

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

// giveUp are the commands by which all give the role up.
func (c carriedRole) giveUp() []broker.Command {
	var commands []broker.Command
	for _, name := range c.CarriedByClients {
		commands = append(commands, broker.Command{"command": "removeClientRole", "username": name, "rolename": c.Rolename})
	}
	for _, name := range c.CarriedByGroups {
		commands = append(commands, broker.Command{"command": "removeGroupRole", "groupname": name, "rolename": c.Rolename})
	}
	return commands
}

// DeleteRole takes a role away from everybody who carries it and deletes it. Each of them is told to give it up
// first: the plugin forgets to note a role at its carriers when it was given by createClient or createGroup, and
// deleting it then leaves a broken reference (2.0.11 crashes, 2.1.2 hands out another role in its place).
//
// The broker serves nobody else while it works on a message, so many are told in several messages of a size that suits
// it, and other changes get in between. When it fails on the way the fault says so, and doing it again goes on.
func (s *Service) DeleteRole(ctx context.Context, rolename, ifMatch string) error {
	var whole *carriedRole
	if rehearsing(ctx) == nil {
		var err error
		if whole, err = s.stripRole(ctx, rolename, ifMatch); err != nil {
			return s.halfStripped(ctx, rolename, whole, err)
		}
	}
	w := s.roleWrite("role.delete", rolename, func(st *State) ([]step, error) {
		if _, err := s.changeableRole(ctx, st, rolename, ifMatch); err != nil {
			return nil, err
		}
		return []step{deleteRoleStep(carried(st, rolename).(carriedRole))}, nil
	})
	w.view = func(st *State) any { return carried(st, rolename) }
	if whole != nil {
		w.was, ctx = *whole, context.WithoutCancel(ctx)
	}
	_, err := s.write(ctx, w)
	return s.halfStripped(ctx, rolename, whole, err)
}

// deleteRoleStep has all that carry a role give it up, and deletes it.
func deleteRoleStep(from carriedRole) step {
	commands := from.giveUp()
	return step{
		commands: append(commands, broker.Command{"command": "deleteRole", "rolename": from.Rolename}),
		patience: time.Duration(len(commands)) * perCarrier, partial: true,
		reads: []broker.Command{getRole(from.Rolename)},
		apply: func(st *State, reads []broker.Response) (*State, error) {
			if reads[0].Error == "" {
				return st, nil
			}
			return st.withoutRole(from.Rolename), nil
		},
		wanted: func(st *State) []string {
			if st.HasRole(from.Rolename) {
				return []string{"the role is still there"}
			}
			return nil
		},
	}
}

// firstStrip is how many give a role up with the first message. How many do with the next depends on how long that took.
const firstStrip = 5

// stripRole takes a role away from those who carry it until so few are left that one message is enough. whole is the role with
// all who carried it before; nil where there were few from the beginning.
func (s *Service) stripRole(ctx context.Context, rolename, ifMatch string) (whole *carriedRole, err error) {
	begun := false
	for size, tries := firstStrip, 0; ; {
		st, err := s.boundedState(ctx)
		if err != nil {
			return whole, err
		}
		from, there := carried(st, rolename).(carriedRole)
		if !there || len(from.CarriedByClients)+len(from.CarriedByGroups) <= size {
			return whole, nil
		}
		if whole == nil {
			whole = &from
		}
		began := s.o.Clock()
		if _, err = s.write(ctx, s.stripWrite(ctx, rolename, ifMatch, size)); err != nil {
			// Somebody else may have changed one of them, and many others may wait for the broker too.
			if tries++; begun && tries < batchTries && (fault.Is(err, fault.Refused) || fault.Is(err, fault.Unavailable)) {
				continue
			}
			return whole, err
		}
		begun, tries, ctx = true, 0, context.WithoutCancel(ctx)
		size = nextBatch(size, s.o.Clock().Sub(began))
	}
}

// stripWrite takes a role away from some of those who carry it.
func (s *Service) stripWrite(ctx context.Context, rolename, ifMatch string, size int) write {
	w := s.roleWrite("role.delete", rolename, func(st *State) ([]step, error) {
		if _, err := s.changeableRole(ctx, st, rolename, ifMatch); err != nil {
			return nil, err
		}
		commands := carried(st, rolename).(carriedRole).giveUp()
		if len(commands) == 0 {
			return nil, nil
		}
		return []step{s.stripStep(rolename, commands[:min(size, len(commands))])}, nil
	})
	w.part = true
	return w
}

// stripStep has some give a role up, and reads them back.
func (s *Service) stripStep(rolename string, commands []broker.Command) step {
	var reads []broker.Command
	for _, c := range commands {
		if username, ok := c["username"].(string); ok {
			reads = append(reads, getClient(username))
			continue
		}
		groupname, _ := c["groupname"].(string)
		reads = append(reads, getGroup(groupname))
	}
	left := carriersIn(commands)
	return step{
		commands: commands, reads: reads, patience: time.Duration(len(commands)) * perCarrier, partial: true,
		apply: func(st *State, answers []broker.Response) (*State, error) {
			return s.withAnswers(st, reads, answers)
		},
		wanted: func(st *State) []string {
			if left(st, rolename) {
				return []string{"the role is still carried"}
			}
			return nil
		},
	}
}

// withAnswers is a state with the clients and groups as they were read back; one that is not there any more is taken away.
func (s *Service) withAnswers(st *State, reads []broker.Command, answers []broker.Response) (*State, error) {
	d := newDecoder(s.own)
	var clients []*Client
	for i, r := range answers {
		username, isClient := reads[i]["username"].(string)
		groupname, _ := reads[i]["groupname"].(string)
		switch {
		case r.Error != "" && isClient:
			st = st.withoutClient(username)
		case r.Error != "":
			st = st.withoutGroup(groupname)
		case isClient:
			c, _, err := d.decodeClient(r.Data)
			if err != nil {
				return nil, err
			}
			clients = append(clients, c)
		default:
			g, err := d.decodeGroup(r.Data)
			if err != nil {
				return nil, err
			}
			st = st.withGroup(g)
		}
	}
	return st.withClients(clients), nil
}

// halfStripped adds to a fault that a part of those who carried a role do not carry it any more, and records that.
func (s *Service) halfStripped(ctx context.Context, rolename string, whole *carriedRole, err error) error {
	if err == nil || whole == nil {
		return err
	}
	st := s.mirror.latest()
	now := carried(st, rolename)
	if reflect.DeepEqual(now, any(*whole)) {
		return err
	}
	w := s.roleWrite("role.delete", rolename, nil)
	w.was, w.view = *whole, func(*State) any { return now }
	s.recorded(ctx, w, "role.delete.partly", st, st)
	return fault.From(err).Hint("some of those who carried the role have lost it already; DELETE it again to go on")
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
