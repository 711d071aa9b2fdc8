package dynsec

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
)

// stateOf is the state that a translation comes to, as our own decisions take it.
func stateOf(tr *accessfile.Translation, version string, access broker.DynsecDefaults) *State {
	if tr.Access != nil {
		access = *tr.Access
	}
	refs := func(from []broker.DynsecRoleRef) []RoleRef {
		to := make([]RoleRef, len(from))
		for i, r := range from {
			to[i] = RoleRef{Rolename: r.Rolename, Priority: r.Priority}
		}
		return ordered(to)
	}
	var clients []*Client
	for _, c := range tr.Clients {
		clients = append(clients, &Client{Username: c.Username, Clientid: boundID(c.Username), Roles: refs(c.Roles)})
	}
	var roles []*Role
	for _, r := range tr.Roles {
		role := &Role{Rolename: r.Rolename}
		for _, a := range r.ACLs {
			role.ACLs = append(role.ACLs, ACL{Acltype: a.Acltype, Topic: a.Topic, Priority: a.Priority, Allow: a.Allow})
		}
		slices.SortStableFunc(role.ACLs, func(a, b ACL) int { return b.Priority - a.Priority })
		roles = append(roles, role)
	}
	var groups []*Group
	for _, g := range tr.Groups {
		groups = append(groups, &Group{Groupname: g.Groupname, Roles: refs(g.Roles)})
	}
	return newState(clients, roles, groups, DefaultAccess{PublishClientSend: access.PublishClientSend, PublishClientReceive: access.PublishClientReceive,
		Subscribe: access.Subscribe, Unsubscribe: access.Unsubscribe}, tr.AnonymousGroup, version)
}

// TestTranslationsDecideAsTheFiles compares our two simulations, each of which is proven against a real broker, for files
// of either version that come to a broker of either version.
func TestTranslationsDecideAsTheFiles(t *testing.T) {
	t.Parallel()
	versions := map[bool]string{false: "2.0.11", true: "2.1.2"}
	questions := 0
	for seed := range uint64(400) {
		w := &oldWorld{r: rand.New(rand.NewPCG(seed, 23))}
		from, to := seed%2 == 0, seed%4 < 2
		w.clients = seed%3 == 0
		text := w.rules()
		files := &accessfile.Files{Rules: accessfile.ReadRules(text), Modern: from}
		tr, err := accessfile.Translate(files, accessfile.Options{Modern: to, ClientID: boundID})
		if err != nil {
			t.Fatal(err)
		}
		kept := seed%5 == 0
		if kept {
			tr.KeepAccess(broker.DynsecDefaults{PublishClientReceive: true})
		}
		st := stateOf(tr, versions[to], broker.DynsecDefaults{PublishClientReceive: true})
		for _, c := range tr.Clients {
			f := withoutLost(files, tr.Findings, c.Username)
			for range 40 {
				questions++
				q := accessfile.Question{Username: &c.Username, ClientID: w.pick("cid", "alice"), Topic: w.topic(),
					Action: accessfile.Action(w.pick("publish", "receive", "subscribe", "unsubscribe"))}
				if c.Username == "bound" {
					q.ClientID = "cid"
				}
				if strings.HasPrefix(q.Topic, "$CONTROL") || kept && strings.HasPrefix(q.Topic, "$") {
					continue
				}
				d := st.decide(Question{Username: q.Username, Clientid: q.ClientID, Action: string(q.Action), Topic: q.Topic})
				if want := f.Allows(q); d.Allow != want && !strings.HasPrefix(q.Topic, "$share") {
					t.Fatalf("seed %d, from %s to %s: %q as %q %s %q: the files say %v, the translation %v by way of %s\n%s\n%+v", seed, versions[from], versions[to],
						c.Username, q.ClientID, q.Action, q.Topic, want, d.Allow, way(d.Considered), text, tr.Findings)
				}
			}
		}
	}
	t.Logf("%d questions", questions)
}
