package dynsecfile

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// State reads the broker's state over $CONTROL, in one message, which nothing can interrupt. It has everything but the
// hashes and keys that only the file has. The plugin answers within 50 ms for 20,000 clients.
func State(ctx context.Context, control Control) (*broker.DynsecFile, error) {
	commands := make([]broker.Command, 0, 5)
	for _, list := range []string{"listRoles", "listClients", "listGroups"} {
		commands = append(commands, broker.Command{"command": list, "verbose": true, "count": -1, "offset": 0})
	}
	commands = append(commands, broker.Command{"command": "getDefaultACLAccess"}, broker.Command{"command": "getAnonymousGroup"})
	answers, err := control.Do(ctx, commands...)
	if err != nil {
		return nil, err
	}
	var said answer
	for i, a := range answers {
		if a.Error != "" {
			return nil, fault.Newf(fault.Refused, "the broker refused %s: %s", commands[i].Name(), a.Error)
		}
		if err := json.Unmarshal(a.Data, &said); err != nil {
			return nil, fmt.Errorf("reading the answer to %s: %w", commands[i].Name(), err)
		}
	}
	return said.file(), nil
}

// answer is what the plugin says to all the commands of State. Its keys do not overlap but for the group of
// getAnonymousGroup. A priority of -1 is left out, and a group lists its clients without their priorities, so members
// are taken from the clients.
type answer struct {
	Roles []struct {
		Rolename, Textname, Textdescription string
		AllowWildcardSubs                   *bool
		ACLs                                []broker.DynsecACL
	}
	Clients []struct {
		Username, Textname, Textdescription string
		ClientID                            *string
		Disabled                            bool
		Roles                               []said
		Groups                              []said
	}
	Groups []struct {
		Groupname, Textname, Textdescription string
		Roles                                []said
	}
	ACLs []struct {
		Acltype string
		Allow   bool
	}
	Group struct{ Groupname string }
}

// said is a reference in an answer.
type said struct {
	Rolename, Groupname string
	Priority            *int
}

func (s said) priority() int {
	if s.Priority == nil {
		return -1
	}
	return *s.Priority
}

func roleRefs(refs []said) []broker.DynsecRoleRef {
	out := make([]broker.DynsecRoleRef, len(refs))
	for i, r := range refs {
		out[i] = broker.DynsecRoleRef{Rolename: r.Rolename, Priority: r.priority()}
	}
	return out
}

func (a *answer) file() *broker.DynsecFile {
	f := &broker.DynsecFile{AnonymousGroup: a.Group.Groupname}
	for _, acl := range a.ACLs {
		if flag := defaultFlags(&f.DefaultACLAccess)[acl.Acltype]; flag != nil {
			*flag = acl.Allow
		}
	}
	for _, r := range a.Roles {
		f.Roles = append(f.Roles, broker.DynsecRole{Rolename: r.Rolename, Textname: r.Textname,
			Textdescription: r.Textdescription, AllowWildcardSubs: r.AllowWildcardSubs, ACLs: r.ACLs})
	}
	groups := make(map[string]int, len(a.Groups))
	for i, g := range a.Groups {
		groups[g.Groupname] = i
		f.Groups = append(f.Groups, broker.DynsecGroup{Groupname: g.Groupname, Textname: g.Textname,
			Textdescription: g.Textdescription, Roles: roleRefs(g.Roles)})
	}
	for _, c := range a.Clients {
		f.Clients = append(f.Clients, broker.DynsecClient{Username: c.Username, ClientID: c.ClientID, Textname: c.Textname,
			Textdescription: c.Textdescription, Disabled: c.Disabled, Roles: roleRefs(c.Roles)})
		for _, g := range c.Groups {
			if i, ok := groups[g.Groupname]; ok {
				f.Groups[i].Clients = append(f.Groups[i].Clients, broker.DynsecClientRef{Username: c.Username, Priority: g.priority()})
			}
		}
	}
	return f
}

// asStored puts into a state what only the file knows, for every entry that both have: hashes, keys that we do not
// know, and what a broker before 2.1 does not list.
func asStored(state, file *broker.DynsecFile, version string) *broker.DynsecFile {
	f := newView(file)
	state.Unknown, state.DefaultACLAccess.Unknown = file.Unknown, file.DefaultACLAccess.Unknown
	for i := range state.Clients {
		c := &state.Clients[i]
		if stored := f.clients[c.Username]; stored != nil {
			c.Password, c.EncodedPassword, c.Unknown = stored.Password, stored.EncodedPassword, stored.Unknown
			keepUnknown(c.Roles, stored.Roles)
			if c.ClientID != stored.ClientID && binding(c.ClientID) == "the empty one" {
				c.ClientID = nil // answered for none
			}
		}
	}
	for i := range state.Groups {
		g := &state.Groups[i]
		if stored := f.groups[g.Groupname]; stored != nil {
			g.Unknown = stored.Unknown
			keepUnknown(g.Roles, stored.Roles)
			keepMembers(g.Clients, stored.Clients)
		}
	}
	for i := range state.Roles {
		r := &state.Roles[i]
		stored := f.roles[r.Rolename]
		if stored == nil {
			continue
		}
		r.Unknown = stored.Unknown
		if !knows21(version) {
			r.AllowWildcardSubs = stored.AllowWildcardSubs
		}
		type rule struct{ acltype, topic string }
		unknown := map[rule][]broker.RawMember{}
		for _, acl := range stored.acls {
			if acl.Unknown != nil {
				unknown[rule{acl.Acltype, acl.Topic}] = acl.Unknown
			}
		}
		for j := range r.ACLs {
			r.ACLs[j].Unknown = unknown[rule{r.ACLs[j].Acltype, r.ACLs[j].Topic}]
		}
	}
	return state
}

func keepUnknown(refs, stored []broker.DynsecRoleRef) {
	if !anyUnknown(stored) {
		return
	}
	unknown := make(map[string][]broker.RawMember, len(stored))
	for _, r := range stored {
		unknown[r.Rolename] = r.Unknown
	}
	for i := range refs {
		refs[i].Unknown = unknown[refs[i].Rolename]
	}
}

func keepMembers(refs, stored []broker.DynsecClientRef) {
	unknown := map[string][]broker.RawMember{}
	for _, c := range stored {
		if c.Unknown != nil {
			unknown[c.Username] = c.Unknown
		}
	}
	for i := range refs {
		refs[i].Unknown = unknown[refs[i].Username]
	}
}

// Verify reads the state and tells whether it is what the file says, hashes left out. The fault is Refused and says
// what differs.
func Verify(ctx context.Context, control Control, wanted *broker.DynsecFile, version string) error {
	state, err := State(ctx, control)
	if err != nil {
		return err
	}
	left := Compare(asStored(state, wanted, version), wanted)
	if left.Empty() {
		return nil
	}
	return fault.New(fault.Refused, "the broker does not hold what the file says").
		Hint("what is missing: " + left.Summary())
}

// awaitState reads the state as soon as the broker can be asked.
func awaitState(ctx context.Context, control Control, patience time.Duration) (*broker.DynsecFile, error) {
	const pause = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		state, err := State(ctx, control)
		if err == nil || !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Uncertain) {
			return state, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		}
	}
}
