package dynsec

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// importStep is what one row comes to.
type importStep struct {
	row   *importRow
	after *Client          // how the client shall be
	make  bool             // it does not exist yet
	send  []broker.Command // what makes it so, in order
	// finish is sent once send is known to have worked: nothing harmful may stand behind a createClient in the same
	// message, because the plugin goes on after an error.
	finish []broker.Command
}

// importPlan sorts a file's rows against one state of the broker.
type importPlan struct {
	steps   []importStep
	skipped int
	failed  []ImportFailure
}

// planImport decides what to do with each row. Nothing is sent for rows that fail, and nothing for those that find
// everything as it is wanted.
func (s *Service) planImport(ctx context.Context, st *State, rows []importRow, update bool) importPlan {
	p := importPlan{failed: []ImportFailure{}}
	admin := s.o.Allowed(ctx, PermissionAdmin)
	lines := make(map[string]int, len(rows))
	for i := range rows {
		row := &rows[i]
		first, repeated := lines[row.username]
		if !repeated {
			lines[row.username] = row.line
		}
		reason := ""
		existing, exists := st.Client(row.username)
		switch {
		case row.unreadable != "":
			reason = row.unreadable
		case repeated:
			reason = "repeats the username of line " + strconv.Itoa(first)
		case s.own.client(row.username):
			reason = "is BunkerM's own account, which cannot be changed"
		case exists && !update:
			p.skipped++
			continue
		default:
			reason = s.rowProblem(st, row, existing, admin)
		}
		if reason != "" {
			p.fail(row, reason)
			continue
		}
		step, differs := planRow(row, existing)
		if !differs {
			p.skipped++
			continue
		}
		p.steps = append(p.steps, step)
	}
	return p
}

// rehearsed is the plan as one that only asks for its impact sees it.
func (p *importPlan) rehearsed(o ImportOptions, r *rehearsal) []step {
	if o.DryRun {
		return nil
	}
	r.restart = o.Restart && len(p.steps) > 0
	var all []step
	for _, s := range p.steps {
		all = append(all, step{commands: s.send}, step{commands: s.finish})
	}
	return all
}

func (p *importPlan) fail(row *importRow, reason string) {
	p.failed = append(p.failed, ImportFailure{Line: row.line, Username: shortened(row.username), Reason: reason})
}

// rowProblem says why a row cannot be taken, "" when it can.
func (s *Service) rowProblem(st *State, row *importRow, existing *Client, admin bool) string {
	var p problems
	if existing == nil {
		p.name("username", row.username)
	}
	if row.password != nil {
		p.password("password", *row.password)
	}
	if row.clientid != nil {
		p.clientid("clientid", *row.clientid)
	}
	if row.textname != nil {
		p.text("textname", *row.textname)
	}
	if row.textdescription != nil {
		p.text("textdescription", *row.textdescription)
	}
	if row.roles != nil {
		p.roleRefs("roles", *row.roles, st.HasRole)
	}
	if row.groups != nil {
		p.groupRefs("groups", *row.groups, st.HasGroup)
	}
	if len(p.fields) > 0 {
		return joined(p.fields)
	}
	return s.rowForbidden(st, row, existing, admin)
}

// joined makes one sentence of what is wrong with a row.
func joined(fields []fault.Field) string {
	parts := make([]string, 0, len(fields))
	for _, f := range fields {
		parts = append(parts, f.Location+": "+f.Message)
	}
	return strings.Join(parts, "; ")
}

// rowForbidden says why whoever imports may not do this, "" when they may.
func (s *Service) rowForbidden(st *State, row *importRow, existing *Client, admin bool) string {
	roles, groups := []RoleRef{}, []GroupRef{}
	if row.roles != nil {
		roles = *row.roles
	}
	if row.groups != nil {
		groups = *row.groups
	}
	for _, r := range roles {
		if s.own.role(r.Rolename) {
			return "carries BunkerM's own role, which nobody else may have"
		}
	}
	if admin {
		return ""
	}
	if existing != nil && st.clientReaches(existing) || st.rolesReach(roles) || st.groupsReach(groups) {
		return "concerns rights on $CONTROL, for which the permission " + PermissionAdmin + " is needed"
	}
	return ""
}

// planRow makes the commands for one row. differs is false when the client is already as wanted; a password cannot
// be compared, so one that is given always counts as a change.
func planRow(row *importRow, existing *Client) (step importStep, differs bool) {
	if existing == nil {
		return planCreate(row), true
	}
	after := *existing
	step = importStep{row: row, after: &after}
	modify := broker.Command{"command": "modifyClient", "username": row.username}
	if row.password != nil {
		modify["password"] = *row.password
	}
	for _, f := range []struct {
		key   string
		given *string
		now   *string
	}{
		{"clientid", row.clientid, &after.Clientid},
		{"textname", row.textname, &after.Textname},
		{"textdescription", row.textdescription, &after.Textdescription},
	} {
		if f.given != nil && *f.given != *f.now {
			modify[f.key] = *f.given
			*f.now = *f.given
		}
	}
	if row.roles != nil {
		if roles := ordered(*row.roles); !slices.Equal(roles, existing.Roles) {
			after.Roles, modify["roles"] = roles, roleCommands(roles)
		}
	}
	if row.groups != nil {
		if groups := orderedGroups(*row.groups); !slices.Equal(groups, existing.Groups) {
			after.Groups, modify["groups"] = groups, groupCommands(groups)
		}
	}
	if row.disabled != nil && *row.disabled && !existing.Disabled {
		step.send = append(step.send, broker.Command{"command": "disableClient", "username": row.username})
	}
	if len(modify) > 2 {
		step.send = append(step.send, modify)
	}
	if row.disabled != nil && !*row.disabled && existing.Disabled {
		step.send = append(step.send, broker.Command{"command": "enableClient", "username": row.username})
	}
	if row.disabled != nil {
		after.Disabled = *row.disabled
	}
	return step, len(step.send) > 0
}

// planCreate makes a client. One that shall be disabled is made without a password, so that it cannot log in
// before it is.
func planCreate(row *importRow) importStep {
	after := &Client{Username: row.username}
	create := broker.Command{"command": "createClient", "username": row.username}
	step := importStep{row: row, after: after, make: true, send: []broker.Command{create}}
	if row.disabled != nil && *row.disabled {
		after.Disabled = true
		step.finish = append(step.finish, broker.Command{"command": "disableClient", "username": row.username})
		if row.password != nil {
			step.finish = append(step.finish,
				broker.Command{"command": "setClientPassword", "username": row.username, "password": *row.password})
		}
	} else if row.password != nil {
		create["password"] = *row.password
	}
	for key, f := range map[string]struct {
		given *string
		now   *string
	}{
		"clientid":        {row.clientid, &after.Clientid},
		"textname":        {row.textname, &after.Textname},
		"textdescription": {row.textdescription, &after.Textdescription},
	} {
		if f.given != nil && *f.given != "" {
			create[key], *f.now = *f.given, *f.given
		}
	}
	if row.roles != nil && len(*row.roles) > 0 {
		after.Roles = ordered(*row.roles)
		create["roles"] = after.Roles
	}
	if row.groups != nil && len(*row.groups) > 0 {
		after.Groups = orderedGroups(*row.groups)
		create["groups"] = after.Groups
	}
	return step
}

// ordered puts roles in the broker's order: priority descending, then name bytewise.
func ordered(refs []RoleRef) []RoleRef {
	return slices.SortedStableFunc(slices.Values(refs), func(a, b RoleRef) int {
		return byPriority(a.Priority, b.Priority, a.Rolename, b.Rolename)
	})
}

// orderedGroups does the same for groups.
func orderedGroups(refs []GroupRef) []GroupRef {
	return slices.SortedStableFunc(slices.Values(refs), func(a, b GroupRef) int {
		return byPriority(a.Priority, b.Priority, a.Groupname, b.Groupname)
	})
}

func byPriority(a, b int, nameA, nameB string) int {
	if a != b {
		return b - a
	}
	return strings.Compare(nameA, nameB)
}

// sameClient reports whether a client is as an import wanted it.
func sameClient(got, want *Client) bool {
	return got.Clientid == want.Clientid && got.Textname == want.Textname && got.Textdescription == want.Textdescription &&
		got.Disabled == want.Disabled && slices.Equal(got.Roles, want.Roles) && slices.Equal(got.Groups, want.Groups)
}
