package dynsec

import (
	"net/url"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// hostileNames are names that a careless program stumbles over.
var hostileNames = []string{
	"with space", "a/b/c", "//", "colon:semi;at@", `quo"te's`, "🦊 fox", "-leading-dash", ".leading.dot", "...", "100%", "%2F", "%41",
	"?q=1&x#frag", "new?", "<script>alert(1)</script>", `back\slash`, "ünïcødé", "true", "null", "0", "import", "a | b | c", "{id}", "*", "+", "#",
	"$CONTROL", "e\u0301", strings.Repeat("long", 2000),
}

func TestHostileNamesWorkEverywhere(t *testing.T) {
	h := build(t)
	for _, name := range hostileNames {
		in := text(t, name)
		p := url.PathEscape(name)
		h.want(201, "POST", "/dynsec/roles", `{"rolename":`+in+`}`)
		h.want(201, "POST", "/dynsec/groups", `{"groupname":`+in+`,"roles":[{"rolename":`+in+`}]}`)
		r := h.want(201, "POST", "/dynsec/clients", `{"username":`+in+`,"textname":`+in+`,"roles":[{"rolename":`+in+`}],"groups":[{"groupname":`+in+`}]}`)
		if at := r.header.Get("Location"); at != "/dynsec/clients/"+p {
			t.Errorf("Location of %q = %q", name, at)
		}
		c := into[Client](t, h.want(200, "GET", "/dynsec/clients/"+p, ""))
		if c.Username != name || c.Textname != name || c.Roles[0].Rolename != name || c.Groups[0].Groupname != name {
			t.Errorf("client %q came back as %+v", name, c)
		}
		h.want(200, "POST", "/dynsec/clients/"+p+"/disable", "")
		h.want(200, "POST", "/dynsec/clients/"+p+"/disconnect", "")
		h.want(200, "DELETE", "/dynsec/clients/"+p+"/roles/"+p, "")
		h.want(200, "DELETE", "/dynsec/groups/"+p+"/clients/"+p, "")
		h.want(200, "DELETE", "/dynsec/groups/"+p+"/roles/"+p, "")
		if len(name) < 100 { // a longer query does not fit into every server's limits
			list := into[clientList](t, h.want(200, "GET", "/dynsec/clients?q="+url.QueryEscape(name), ""))
			if list.Total < 1 {
				t.Errorf("searching %q finds nothing", name)
			}
		}
	}
	for _, name := range hostileNames {
		p := url.PathEscape(name)
		h.want(204, "DELETE", "/dynsec/clients/"+p, "")
		h.want(204, "DELETE", "/dynsec/groups/"+p, "")
		h.want(204, "DELETE", "/dynsec/roles/"+p, "")
	}
}

// TestBadRequestsChangeNothing sends what is not acceptable and then compares the broker's state.
func TestBadRequestsChangeNothing(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"r"}`)
	h.want(201, "POST", "/dynsec/groups", `{"groupname":"g"}`)
	h.want(201, "POST", "/dynsec/clients", `{"username":"c","password":"canary-1"}`)
	before := everything(t, h)
	for _, c := range []struct {
		status             int
		method, path, body string
		location           string
	}{
		{422, "POST", "/dynsec/clients", `{"username":"","password":"canary-2"}`, "body.username"},
		{422, "POST", "/dynsec/clients", `{"username":".","password":"canary-3"}`, "body.username"},
		{422, "POST", "/dynsec/clients", `{"username":"..","password":"canary-4"}`, "body.username"},
		{422, "POST", "/dynsec/clients", `{"username":"a\u0000b","password":"canary-5"}`, "body.username"},
		{422, "POST", "/dynsec/clients", `{"username":"` + strings.Repeat("x", 65536) + `"}`, "body.username"},
		{422, "POST", "/dynsec/clients", `{"username":"n","password":""}`, "body.password"},
		{422, "POST", "/dynsec/clients", `{"username":"n","password":"canary-6","roles":[{"rolename":"none"}]}`, "body.roles[0].rolename"},
		{422, "POST", "/dynsec/clients", `{"username":"n","password":"canary-7","groups":[{"groupname":"g"},{"groupname":"none"}]}`, "body.groups[1].groupname"},
		{422, "POST", "/dynsec/clients", `{"username":"n","password":"canary-8","roles":[{"rolename":"r"},{"rolename":"r"}]}`, "body.roles[1].rolename"},
		{422, "POST", "/dynsec/clients", `{"username":"n","roles":[{"rolename":"r","priority":100001}]}`, "body.roles[0].priority"},
		{422, "PUT", "/dynsec/clients/c", `{"password":""}`, "body.password"},
		{422, "PUT", "/dynsec/clients/c", `{"password":"canary-9","roles":[{"rolename":"none"}]}`, "body.roles[0].rolename"},
		{404, "PUT", "/dynsec/clients/none", `{"password":"canary-10"}`, ""},
		{404, "POST", "/dynsec/clients/none/disable", "", ""},
		{404, "POST", "/dynsec/clients/none/disconnect", "", ""},
		{404, "POST", "/dynsec/clients/none/roles", `{"rolename":"r"}`, ""},
		{422, "POST", "/dynsec/clients/c/roles", `{"rolename":"none"}`, "body.rolename"},
		{422, "POST", "/dynsec/clients/c/roles", `{"rolename":"r","priority":-100001}`, "body.priority"},
		{422, "POST", "/dynsec/roles", `{"rolename":"n","acls":[{"acltype":"publishClientSend","topic":"a/#/b","allow":true}]}`, "body.acls[0].topic"},
		{422, "POST", "/dynsec/roles", `{"rolename":"n","acls":[{"acltype":"publish","topic":"a","allow":true}]}`, "body.acls[0].acltype"},
		{422, "POST", "/dynsec/roles/r/acls", `{"acltype":"subscribePattern","topic":"a+","allow":true}`, "body.topic"},
		{422, "PUT", "/dynsec/roles/r", `{"textname":"new","acls":[{"acltype":"subscribePattern","topic":"","allow":true}]}`, "body.acls[0].topic"},
		{404, "PUT", "/dynsec/roles/none", `{"acls":[]}`, ""},
		{404, "POST", "/dynsec/roles/none/acls", `{"acltype":"subscribePattern","topic":"a","allow":true}`, ""},
		{404, "DELETE", "/dynsec/roles/none", "", ""},
		{422, "POST", "/dynsec/groups", `{"groupname":"n","roles":[{"rolename":"none"}]}`, "body.roles[0].rolename"},
		{422, "PUT", "/dynsec/groups/g", `{"textname":"new","clients":[{"username":"none"}]}`, "body.clients[0].username"},
		{422, "POST", "/dynsec/groups/g/clients", `{"username":"none"}`, "body.username"},
		{404, "POST", "/dynsec/groups/none/clients", `{"username":"c"}`, ""},
		{404, "DELETE", "/dynsec/groups/none", "", ""},
		{422, "POST", "/dynsec/groups/g/roles", `{"rolename":"none"}`, "body.rolename"},
		{422, "GET", "/dynsec/clients?limit=0", "", "query.limit"},
		{422, "GET", "/dynsec/clients?limit=1001", "", "query.limit"},
		{422, "GET", "/dynsec/clients?offset=-1", "", "query.offset"},
		{422, "GET", "/dynsec/clients?disabled=maybe", "", "query.disabled"},
		{422, "POST", "/dynsec/check", `{"action":"dance","topic":"a"}`, "body.action"},
	} {
		r := h.call(c.method, c.path, c.body)
		shown := r.body
		if len(c.body) < 1000 {
			shown += " for " + c.body
		}
		if r.status != c.status {
			t.Errorf("%s %s: status %d, want %d: %s", c.method, c.path, r.status, c.status, shown)
		}
		if c.location != "" && !strings.Contains(r.body, `"`+c.location+`"`) {
			t.Errorf("%s %s does not name %s: %s", c.method, c.path, c.location, shown)
		}
	}
	if after := everything(t, h); after != before {
		t.Errorf("a refused request changed the state from\n%s\nto\n%s", before, after)
	}
	// Huma repeats bodies in its own complaints; the gateway, which is not part of this test, strips them. Ours never do.
	for where, logged := range map[string]string{"our log": h.log.String(), "the broker's log": h.logged()} {
		if strings.Contains(logged, "canary") {
			t.Errorf("a password is in %s", where)
		}
	}
}

// everything is the broker's whole state as a second manager reads it.
func everything(t testing.TB, h *house) string {
	t.Helper()
	responses := h.broker.MustControl(t,
		command("listClients", "verbose", true), command("listRoles", "verbose", true), command("listGroups", "verbose", true),
		command("getDefaultACLAccess"), command("getAnonymousGroup"))
	var all strings.Builder
	d := newDecoder(h.service.own)
	for i, name := range []string{"listClients", "listRoles", "listGroups", "getDefaultACLAccess", "getAnonymousGroup"} {
		if err := d.add(name, responses[i]); err != nil {
			t.Fatal(err)
		}
	}
	all.WriteString(render(t, newState(d.clients, d.roles, d.groups, d.access, d.anonymous, h.broker.Version())))
	return all.String()
}

// render writes a state in a form in which equal states are equal.
func render(t testing.TB, st *State) string {
	t.Helper()
	var all strings.Builder
	for _, c := range st.Clients {
		all.WriteString("client " + text(t, shownClient(c)) + "\n")
	}
	for _, r := range st.Roles {
		all.WriteString("role " + text(t, shownRole(protected{}, st, r)) + "\n")
	}
	for _, g := range st.Groups {
		all.WriteString("group " + text(t, shownGroup(st, g)) + "\n")
	}
	all.WriteString(text(t, st.Access) + " anonymous " + text(t, st.Anonymous))
	return all.String()
}

func TestUnacceptableServiceCallsAreFaults(t *testing.T) {
	h := build(t)
	_, err := h.service.CreateClient(t.Context(), NewClient{Username: "bad \xff utf8"})
	wantKind(t, err, fault.Invalid)
	_, err = h.service.CreateRole(t.Context(), NewRole{Rolename: "bad \xff utf8"})
	wantKind(t, err, fault.Invalid)
}
