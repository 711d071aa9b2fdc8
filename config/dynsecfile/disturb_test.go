package dynsecfile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
)

// TestOnlyTheClientsConcernedAreDisturbed connects a device for every client, makes one change after the other, and
// looks at who was cut off: exactly those of whom it was said before.
func TestOnlyTheClientsConcernedAreDisturbed(t *testing.T) {
	w := newWorld(t)
	usernames := []string{"by-role", "by-group", "alone", "bystander"}
	w.broker.MustControl(t,
		broker.Command{"command": "createRole", "rolename": "sensor", "acls": []map[string]any{
			{"acltype": "publishClientSend", "topic": "#", "allow": true}}},
		broker.Command{"command": "createRole", "rolename": "r"},
		broker.Command{"command": "createRole", "rolename": "spare"},
		broker.Command{"command": "createGroup", "groupname": "g"},
		broker.Command{"command": "addGroupRole", "groupname": "g", "rolename": "r"})
	for _, name := range usernames {
		w.broker.MustControl(t, broker.Command{"command": "createClient", "username": name, "password": "pw"},
			broker.Command{"command": "addClientRole", "username": name, "rolename": "sensor"})
	}
	w.broker.MustControl(t, broker.Command{"command": "addClientRole", "username": "by-role", "rolename": "r"},
		broker.Command{"command": "addGroupClient", "username": "by-group", "groupname": "g"})

	modern := w.broker.Version() >= "2.1" // 2.0.11 disconnects nobody when a role changes
	steps := []struct {
		name   string
		change func(f *broker.DynsecFile)
		cut    []string
	}{
		{"texts of a role", func(f *broker.DynsecFile) { f.Role("r").Textname = "R" }, nil},
		{"default access", func(f *broker.DynsecFile) { f.DefaultACLAccess.Subscribe = !f.DefaultACLAccess.Subscribe }, nil},
		{"a new role, client and group", func(f *broker.DynsecFile) {
			f.Roles = append(f.Roles, broker.DynsecRole{Rolename: "new", ACLs: []broker.DynsecACL{{Acltype: "subscribeLiteral", Topic: "a"}}})
			f.Clients = append(f.Clients, broker.DynsecClient{Username: "new", Roles: []broker.DynsecRoleRef{{Rolename: "new"}}})
			f.Groups = append(f.Groups, broker.DynsecGroup{Groupname: "new", Clients: []broker.DynsecClientRef{{Username: "new"}}})
			f.AnonymousGroup = "new"
		}, nil},
		{"a role that nobody carries is deleted", func(f *broker.DynsecFile) {
			f.Roles = slices.DeleteFunc(f.Roles, func(r broker.DynsecRole) bool { return r.Rolename == "spare" })
		}, nil},
		{"rules of a role", func(f *broker.DynsecFile) {
			f.Role("r").ACLs = []broker.DynsecACL{{Acltype: "subscribeLiteral", Topic: "x", Allow: true}}
		}, map[bool][]string{true: {"by-group", "by-role"}}[modern]},
		{"text of a client", func(f *broker.DynsecFile) { f.Client("alone").Textname = "A" }, []string{"alone"}},
		{"a role of a group", func(f *broker.DynsecFile) {
			group(f, "g").Roles = append(group(f, "g").Roles, broker.DynsecRoleRef{Rolename: "new", Priority: 1})
		}, []string{"by-group"}},
		{"a member more", func(f *broker.DynsecFile) {
			group(f, "g").Clients = append(group(f, "g").Clients, broker.DynsecClientRef{Username: "alone"})
		}, []string{"alone"}},
		{"disabled", func(f *broker.DynsecFile) { f.Client("alone").Disabled = true }, []string{"alone"}},
		{"enabled again", func(f *broker.DynsecFile) { f.Client("alone").Disabled = false }, nil},
		{"a role is deleted", func(f *broker.DynsecFile) {
			f.Roles = slices.DeleteFunc(f.Roles, func(r broker.DynsecRole) bool { return r.Rolename == "r" })
			f.Client("by-role").Roles = []broker.DynsecRoleRef{{Rolename: "sensor", Priority: -1}}
			group(f, "g").Roles = group(f, "g").Roles[:0]
		}, []string{"alone", "by-group", "by-role"}},
		{"a group is deleted", func(f *broker.DynsecFile) {
			f.Groups = slices.DeleteFunc(f.Groups, func(g broker.DynsecGroup) bool { return g.Groupname == "g" })
		}, []string{"alone", "by-group"}},
		{"a client is deleted", func(f *broker.DynsecFile) {
			f.Clients = slices.DeleteFunc(f.Clients, func(c broker.DynsecClient) bool { return c.Username == "by-role" })
		}, []string{"by-role"}},
	}
	devices := map[string]*brokertest.Device{}
	for _, step := range steps {
		wanted := w.file()
		for _, name := range usernames {
			if c := wanted.Client(name); devices[name] == nil && c != nil && !c.Disabled {
				d, err := w.broker.Connect(t, name, "pw", name)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				devices[name] = d
			}
		}
		step.change(wanted)
		out, err := w.put(wanted)
		if err != nil || out.Effect != dynsecfile.EffectLive {
			t.Fatalf("%s: %v %s %+v", step.name, err, hintOf(err), out)
		}
		if !slices.Equal(out.Disconnects, step.cut) && len(out.Disconnects)+len(step.cut) > 0 || out.DisconnectsTotal != len(step.cut) {
			t.Errorf("%s: it was said that %q would be cut off, want %q", step.name, out.Disconnects, step.cut)
		}
		for name, d := range devices {
			if !slices.Contains(step.cut, name) {
				if code, err := d.Publish("x", "1"); err != nil || code >= 128 {
					t.Errorf("%s: %s was disturbed: %d %v", step.name, name, code, err)
				}
				continue
			}
			select {
			case <-d.Done:
			case <-time.After(patience):
				t.Errorf("%s: %s is still connected", step.name, name)
			}
			delete(devices, name)
		}
	}
}

func group(f *broker.DynsecFile, name string) *broker.DynsecGroup {
	for i := range f.Groups {
		if f.Groups[i].Groupname == name {
			return &f.Groups[i]
		}
	}
	return nil
}
