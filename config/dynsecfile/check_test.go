package dynsecfile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// household is a file with our own account, an administrator, and a device.
func household(t testing.TB) *broker.DynsecFile {
	t.Helper()
	control := broker.DynsecACL{Acltype: "publishClientSend", Topic: "$CONTROL/dynamic-security/#", Allow: true}
	return &broker.DynsecFile{
		Clients: []broker.DynsecClient{hashed(t, "bunkerm", "own", "bunkerm"), hashed(t, "boss", "pw", "admin"), hashed(t, "device", "pw", "sensor")},
		Groups: []broker.DynsecGroup{
			{Groupname: "plant", Roles: []broker.DynsecRoleRef{{Rolename: "sensor", Priority: -1}}, Clients: []broker.DynsecClientRef{{Username: "device", Priority: -1}}},
			{Groupname: "admins", Roles: []broker.DynsecRoleRef{{Rolename: "admin", Priority: -1}}},
		},
		Roles: []broker.DynsecRole{
			{Rolename: "bunkerm", ACLs: []broker.DynsecACL{control}},
			{Rolename: "admin", ACLs: []broker.DynsecACL{control}},
			{Rolename: "sensor", ACLs: []broker.DynsecACL{{Acltype: "publishClientSend", Topic: "plant/#", Allow: true}}},
		},
	}
}

func checked(wanted, current *broker.DynsecFile, version string) []dynsecfile.Problem {
	return dynsecfile.Check(wanted, current, dynsecfile.CheckOptions{Version: version, Own: []string{"bunkerm"}, OwnRoles: []string{"bunkerm"}})
}

// said is a problem as the tests below name it: severity and place.
func said(problems []dynsecfile.Problem) []string {
	var all []string
	for _, p := range problems {
		severity := string(p.Severity)
		if p.Conflict {
			severity = "conflict"
		}
		all = append(all, severity+" "+p.Path)
	}
	slices.Sort(all)
	return all
}

func TestEveryMistakeIsFoundWhereItIs(t *testing.T) {
	long := strings.Repeat("x", 65_536)
	for name, c := range map[string]struct {
		change func(f *broker.DynsecFile)
		want   []string
	}{
		"nothing":      {func(*broker.DynsecFile) {}, nil},
		"unknown role": {func(f *broker.DynsecFile) { f.Clients[2].Roles[0].Rolename = "no" }, []string{"error clients[2].roles[0].rolename"}},
		"role is gone": {func(f *broker.DynsecFile) { f.Roles = f.Roles[:2] }, []string{"error clients[2].roles[0].rolename", "error groups[0].roles[0].rolename"}},
		"role twice":   {func(f *broker.DynsecFile) { f.Clients[2].Roles = append(f.Clients[2].Roles, f.Clients[2].Roles[0]) }, []string{"error clients[2].roles[1].rolename"}},
		"client gone":  {func(f *broker.DynsecFile) { f.Clients = f.Clients[:2] }, []string{"error groups[0].clients[0].username"}},
		"member twice": {func(f *broker.DynsecFile) { f.Groups[0].Clients = append(f.Groups[0].Clients, f.Groups[0].Clients[0]) }, []string{"error groups[0].clients[1].username"}},
		"client twice": {func(f *broker.DynsecFile) { f.Clients = append(f.Clients, f.Clients[2]) }, []string{"error clients[3].username"}},
		"role there":   {func(f *broker.DynsecFile) { f.Roles = append(f.Roles, f.Roles[2]) }, []string{"error roles[3].rolename"}},
		"group twice":  {func(f *broker.DynsecFile) { f.Groups = append(f.Groups, f.Groups[0]) }, []string{"error groups[2].groupname"}},
		"no group":     {func(f *broker.DynsecFile) { f.AnonymousGroup = "no" }, []string{"error anonymousGroup"}},
		"priorities": {func(f *broker.DynsecFile) {
			f.Clients[2].Roles[0].Priority = 100_001
			f.Groups[0].Clients[0].Priority = -100_001
			f.Roles[2].ACLs[0].Priority = 1 << 30
		}, []string{"error clients[2].roles[0].priority", "error groups[0].clients[0].priority", "error roles[2].acls[0].priority"}},
		"names": {func(f *broker.DynsecFile) {
			f.Clients = append(f.Clients, broker.DynsecClient{}, broker.DynsecClient{Username: ".."}, broker.DynsecClient{Username: "a\nb"}, broker.DynsecClient{Username: long})
		}, []string{"error clients[3].username", "error clients[4].username", "error clients[5].username", "error clients[6].username"}},
		"texts":        {func(f *broker.DynsecFile) { f.Clients[2].Textname = long; f.Roles[2].Textdescription = long }, []string{"error clients[2].textname", "error roles[2].textdescription"}},
		"unknown type": {func(f *broker.DynsecFile) { f.Roles[2].ACLs[0].Acltype = "publish" }, []string{"error roles[2].acls[0].acltype"}},
		"topics": {func(f *broker.DynsecFile) {
			f.Roles[2].ACLs = []broker.DynsecACL{{Acltype: "publishClientSend", Topic: "a/#/b"}, {Acltype: "publishClientSend", Topic: "a+"}, {Acltype: "publishClientSend"}, {Acltype: "publishClientSend", Topic: strings.Repeat("/", 201)}}
		}, []string{"error roles[2].acls[0].topic", "error roles[2].acls[1].topic", "error roles[2].acls[2].topic", "error roles[2].acls[3].topic"}},
		"rule twice": {func(f *broker.DynsecFile) {
			f.Roles[2].ACLs = append(f.Roles[2].ACLs, broker.DynsecACL{Acltype: "publishClientSend", Topic: "plant/#"})
		}, []string{"error roles[2].acls[1].topic"}},
		"2.1 only": {func(f *broker.DynsecFile) {
			f.Roles[2].AllowWildcardSubs = new(bool)
			f.Clients[2].Password = broker.PasswordHash{}
			f.Clients[2].EncodedPassword = encoded
			f.Roles[2].ACLs[0].Topic = "plant/%c"
		}, []string{"warning clients[2].encoded_password", "warning roles[2].acls[0].topic", "warning roles[2].allowwildcardsubs"}},
		"another salt":        {func(f *broker.DynsecFile) { f.Clients[2].Password.Salt = "AAAA" }, []string{"error clients[2].salt"}},
		"nobody's name":       {func(f *broker.DynsecFile) { f.Clients[2].ClientID = new(string) }, []string{"warning clients[2].clientid"}},
		"own account is gone": {func(f *broker.DynsecFile) { f.Clients = f.Clients[1:] }, []string{"conflict clients"}},
		"own account":         {func(f *broker.DynsecFile) { f.Clients[0].Disabled = true }, []string{"conflict clients[0]"}},
		"own client id":       {func(f *broker.DynsecFile) { f.Clients[0].ClientID = &f.Clients[0].Username }, []string{"conflict clients[0]"}},
		"own password":        {func(f *broker.DynsecFile) { f.Clients[0].SetHash(f.Clients[1].Password) }, []string{"conflict clients[0]"}},
		"own roles": {func(f *broker.DynsecFile) {
			f.Clients[0].Roles = append(f.Clients[0].Roles, broker.DynsecRoleRef{Rolename: "sensor", Priority: 5})
		}, []string{"conflict clients[0]"}},
		"own group": {func(f *broker.DynsecFile) {
			f.Groups[0].Clients = append(f.Groups[0].Clients, broker.DynsecClientRef{Username: "bunkerm"})
		}, []string{"conflict clients[0]", "conflict groups[0]"}},
		"own rules":          {func(f *broker.DynsecFile) { f.Roles[0].ACLs[0].Allow = false }, []string{"conflict roles[0]"}},
		"own role is gone":   {func(f *broker.DynsecFile) { f.Roles = f.Roles[1:] }, []string{"conflict clients[0]", "conflict roles", "error clients[0].roles[0].rolename"}},
		"last administrator": {func(f *broker.DynsecFile) { f.Clients[1].Disabled = true }, []string{"conflict clients"}},
		"its role":           {func(f *broker.DynsecFile) { f.Clients[1].Roles = nil }, []string{"conflict clients"}},
		"its rule":           {func(f *broker.DynsecFile) { f.Roles[1].ACLs[0].Acltype = "publishClientReceive" }, []string{"conflict clients"}},
		"its password":       {func(f *broker.DynsecFile) { f.Clients[1].Password = broker.PasswordHash{} }, []string{"conflict clients"}},
		"a rule above it": {func(f *broker.DynsecFile) {
			f.Roles[1].ACLs = append(f.Roles[1].ACLs, broker.DynsecACL{Acltype: "publishClientSend", Topic: "$CONTROL/#", Priority: 1})
		}, []string{"conflict clients"}},
		"another one": {func(f *broker.DynsecFile) {
			f.Clients[1].Disabled = true
			f.Groups[1].Clients = append(f.Groups[1].Clients, broker.DynsecClientRef{Username: "device"})
		}, nil},
	} {
		current := household(t)
		wanted := cloned(t, current)
		c.change(wanted)
		got := checked(wanted, current, "2.0.11")
		if !slices.Equal(said(got), c.want) {
			t.Errorf("%s: %q, want %q", name, said(got), c.want)
		}
		for _, p := range got {
			if p.Message == "" {
				t.Errorf("%s: %+v says nothing", name, p)
			}
		}
		if !dynsecfile.HasErrors(got) {
			continue
		}
		_, err := dynsecfile.Put(t.Context(), dynsecfile.Options{Current: current, Version: "2.0.11", Own: []string{"bunkerm"}, OwnRoles: []string{"bunkerm"}, Restart: true}, wanted)
		kind := fault.Invalid
		if slices.ContainsFunc(c.want, func(s string) bool { return strings.HasPrefix(s, "conflict") }) {
			kind = fault.Conflict
		}
		if !fault.Is(err, kind) || len(fault.From(err).Fields) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsWrongAlreadyNeedNotBeMended(t *testing.T) {
	current := household(t)
	current.Roles[2].ACLs[0].Topic = "a/#/b"
	current.Clients[2].Username = "a\nb"
	current.Groups[0].Clients[0].Username = "nobody"
	wanted := cloned(t, current)
	wanted.Roles = append(wanted.Roles, broker.DynsecRole{Rolename: "new"})
	want := []string{"warning clients[2].username", "warning groups[0].clients[0].username", "warning roles[2].acls[0].topic"}
	if got := said(checked(wanted, current, "2.0.11")); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	wanted.Roles[2].Textname = "touched"
	if got := said(checked(wanted, current, "2.0.11")); !slices.Contains(got, "error roles[2].acls[0].topic") {
		t.Errorf("%q", got)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	current := household(t)
	wanted := cloned(t, current)
	for range 1000 {
		wanted.Roles = append(wanted.Roles, broker.DynsecRole{Rolename: "a\n", AllowWildcardSubs: new(bool)})
	}
	if got := checked(wanted, current, "2.0.11"); len(got) != 402 || !strings.Contains(got[200].Message, "more") {
		t.Errorf("%d problems", len(got))
	}
}

func TestWhoeverGainsControlIsNamed(t *testing.T) {
	current := household(t)
	current.AnonymousGroup = "plant"
	for name, c := range map[string]struct {
		change func(f *broker.DynsecFile)
		want   []string
	}{
		"nothing":                {func(f *broker.DynsecFile) { f.Clients[2].Textname = "x"; f.Roles[2].ACLs[0].Topic = "#" }, []string{}},
		"a rule":                 {func(f *broker.DynsecFile) { f.Roles[2].ACLs[0].Topic = "$CONTROL/#" }, []string{"role sensor"}},
		"a shared subscription":  {func(f *broker.DynsecFile) { f.Roles[2].ACLs[0].Topic = "$share/x/$CONTROL/#" }, []string{"role sensor"}},
		"a role of a client":     {func(f *broker.DynsecFile) { f.Clients[2].Roles[0].Rolename = "admin" }, []string{"client device"}},
		"a role of a group":      {func(f *broker.DynsecFile) { f.Groups[0].Roles[0].Rolename = "admin" }, []string{"group plant"}},
		"a member":               {func(f *broker.DynsecFile) { f.Groups[1].Clients = f.Groups[0].Clients }, []string{"group admins"}},
		"anybody":                {func(f *broker.DynsecFile) { f.AnonymousGroup = "admins" }, []string{"anonymous group admins"}},
		"the boss's password":    {func(f *broker.DynsecFile) { f.Clients[1].SetHash(f.Clients[2].Password) }, []string{"client boss"}},
		"a new boss":             {func(f *broker.DynsecFile) { c := f.Clients[1]; c.Username = "boss 2"; f.Clients = append(f.Clients, c) }, []string{"client boss 2"}},
		"a rule that closes one": {func(f *broker.DynsecFile) { f.Roles[1].ACLs[0].Allow = false }, []string{"role admin"}},
	} {
		wanted := cloned(t, current)
		c.change(wanted)
		if got := dynsecfile.GrantsControl(current, wanted); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestDiffIsReadableAndBounded(t *testing.T) {
	before := household(t)
	after := cloned(t, before)
	after.Clients[2].Textname, after.Clients[2].Disabled = "D", true
	after.Clients[2].SetHash(after.Clients[1].Password)
	after.Clients[2].Roles[0].Priority = 5
	after.Roles[2].ACLs = []broker.DynsecACL{{Acltype: "publishClientSend", Topic: "plant/#"}, {Acltype: "subscribeLiteral", Topic: "a", Allow: true}}
	after.DefaultACLAccess.Subscribe = true
	after.AnonymousGroup = "plant"
	for i := range 1000 {
		after.Clients = append(after.Clients, broker.DynsecClient{Username: strings.Repeat("ü", i)})
	}
	d := dynsecfile.Compare(before, after)
	wantClient := []dynsecfile.FieldChange{
		{Field: "textname", After: "D"}, {Field: "disabled", Before: "false", After: "true"},
		{Field: "roles", Item: "sensor", Before: "priority -1", After: "priority 5"}, {Field: "password", Before: "set", After: "changed"}}
	if len(d.Clients.Changed) != 1 || !slices.Equal(d.Clients.Changed[0].Fields, wantClient) {
		t.Errorf("clients: %+v", d.Clients.Changed)
	}
	wantRole := []dynsecfile.FieldChange{
		{Field: "acls", Item: "publishClientSend plant/#", Before: "allow, priority 0", After: "deny, priority 0"},
		{Field: "acls", Item: "subscribeLiteral a", After: "allow, priority 0"}}
	if len(d.Roles.Changed) != 1 || !slices.Equal(d.Roles.Changed[0].Fields, wantRole) {
		t.Errorf("roles: %+v", d.Roles.Changed)
	}
	if len(d.DefaultAccess) != 1 || d.DefaultAccess[0] != (dynsecfile.FieldChange{Field: "subscribe", Before: "deny", After: "allow"}) {
		t.Errorf("default access: %+v", d.DefaultAccess)
	}
	if d.AnonymousGroup == nil || d.AnonymousGroup.After != "plant" {
		t.Errorf("anonymous group: %+v", d.AnonymousGroup)
	}
	if len(d.Clients.Added) != 200 || d.Clients.AddedTotal != 1000 {
		t.Errorf("%d of %d", len(d.Clients.Added), d.Clients.AddedTotal)
	}
	for _, name := range d.Clients.Added {
		if len(name) > 210 || !strings.HasPrefix(strings.Repeat("ü", 1000), strings.TrimSuffix(name, "…")) {
			t.Errorf("%q", name)
		}
	}
	if want := "clients: 1000 added, 1 changed; roles: 1 changed; default access changed; anonymous group changed"; d.Summary() != want {
		t.Errorf("%q", d.Summary())
	}
	back := dynsecfile.Compare(after, before)
	if back.Clients.RemovedTotal != 1000 || back.Clients.ChangedTotal != 1 || back.Empty() {
		t.Errorf("the way back: %q", back.Summary())
	}
}
