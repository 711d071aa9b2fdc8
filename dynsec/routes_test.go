package dynsec

import (
	"slices"
	"strings"
	"testing"
)

func TestClientRoutes(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"r1"}`)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"r2"}`)
	h.want(201, "POST", "/dynsec/groups", `{"groupname":"g1"}`)

	r := h.want(201, "POST", "/dynsec/clients", `{"username":"lamp","password":"canary-pw","clientid":"lamp-1","textname":"Lamp",
		"textdescription":"in the hall","roles":[{"rolename":"r2","priority":5},{"rolename":"r1"}],"groups":[{"groupname":"g1","priority":7}]}`)
	if at := r.header.Get("Location"); at != "/dynsec/clients/lamp" {
		t.Errorf("Location = %q", at)
	}
	want := `{"username":"lamp","clientid":"lamp-1","textname":"Lamp","textdescription":"in the hall","disabled":false,` +
		`"roles":[{"rolename":"r2","priority":5},{"rolename":"r1","priority":-1}],"groups":[{"groupname":"g1","priority":7}],`
	if !strings.HasPrefix(withoutSchema(r.body), want) {
		t.Errorf("created client\n%s\nwant\n%s…", r.body, want)
	}
	if _, err := h.broker.Connect(t, "lamp", "canary-pw", "lamp-1"); err != nil {
		t.Errorf("the new client cannot log in: %v", err)
	}
	if _, err := h.broker.Connect(t, "lamp", "canary-pw", "other-id"); err == nil {
		t.Error("the clientid is not bound")
	}

	h.want(409, "POST", "/dynsec/clients", `{"username":"lamp","password":"canary-other","disabled":true}`)
	if c := into[Client](t, h.want(200, "GET", "/dynsec/clients/lamp", "")); c.Disabled || c.Textname != "Lamp" {
		t.Errorf("a refused creation changed the client: %+v", c)
	}

	r = h.want(200, "PUT", "/dynsec/clients/lamp", `{"clientid":"","textname":"","password":"canary-second","roles":[]}`)
	c := into[Client](t, r)
	if c.Clientid != "" || c.Textname != "" || len(c.Roles) != 0 || c.Textdescription != "in the hall" || len(c.Groups) != 1 {
		t.Errorf("after PUT: %+v", c)
	}
	if _, err := h.broker.Connect(t, "lamp", "canary-second", "whatever"); err != nil {
		t.Errorf("the new password does not work: %v", err)
	}
	h.want(200, "POST", "/dynsec/clients/lamp/disable", "")
	if _, err := h.broker.Connect(t, "lamp", "canary-second", "whatever"); err == nil {
		t.Error("a disabled client logs in")
	}
	if c := into[Client](t, h.want(200, "PUT", "/dynsec/clients/lamp/enable", "")); c.Disabled {
		t.Error("still disabled after enable")
	}
	if c := into[Client](t, h.want(200, "POST", "/dynsec/clients/lamp/roles", `{"rolename":"r1","priority":3}`)); c.Roles[0] != (RoleRef{"r1", 3}) {
		t.Errorf("roles = %v", c.Roles)
	}
	if c := into[Client](t, h.want(200, "POST", "/dynsec/clients/lamp/roles", `{"rolename":"r1","priority":9}`)); c.Roles[0] != (RoleRef{"r1", 9}) {
		t.Errorf("roles = %v", c.Roles)
	}
	h.want(200, "DELETE", "/dynsec/clients/lamp/roles/r1", "")
	h.want(404, "DELETE", "/dynsec/clients/lamp/roles/r1", "")
	h.want(204, "DELETE", "/dynsec/clients/lamp", "")
	h.want(404, "GET", "/dynsec/clients/lamp", "")
	h.want(404, "DELETE", "/dynsec/clients/lamp", "")
	noCanary(t, h)
}

func TestRoleRoutes(t *testing.T) {
	h := build(t)
	acls := `[{"acltype":"publishClientSend","topic":"a/#","priority":2,"allow":true},{"acltype":"publishClientSend","topic":"b","priority":9,"allow":false},
		{"acltype":"publishClientReceive","topic":"+/c","allow":true},{"acltype":"subscribeLiteral","topic":"#","allow":true},
		{"acltype":"subscribePattern","topic":"x/#","priority":-100000,"allow":true},{"acltype":"unsubscribeLiteral","topic":"u","priority":100000,"allow":true},
		{"acltype":"unsubscribePattern","topic":"$share/g/#","allow":false}]`
	r := h.want(201, "POST", "/dynsec/roles", `{"rolename":"all six","textname":"T","acls":`+acls+`}`)
	if at := r.header.Get("Location"); at != "/dynsec/roles/all%20six" {
		t.Errorf("Location = %q", at)
	}
	role := into[Role](t, r)
	if len(role.ACLs) != 7 || role.ACLs[0] != (ACL{PublishClientSend, "b", 9, false}) || role.ACLs[1] != (ACL{PublishClientSend, "a/#", 2, true}) {
		t.Errorf("acls = %+v", role.ACLs)
	}
	h.want(409, "POST", "/dynsec/roles", `{"rolename":"all six"}`)
	before := h.logged()
	h.want(200, "PUT", "/dynsec/roles/all%20six", `{"textname":"T","acls":`+acls+`}`)
	if sent := h.logged()[len(before):]; strings.Contains(sent, "modifyRole") {
		t.Errorf("an unchanged role was sent: %s", sent)
	}
	if got := into[Role](t, h.want(200, "PUT", "/dynsec/roles/all%20six", `{"textname":""}`)); got.Textname != "" || len(got.ACLs) != 7 {
		t.Errorf("after PUT of the textname: %+v", got)
	}
	got := into[Role](t, h.want(200, "POST", "/dynsec/roles/all%20six/acls", `{"acltype":"publishClientSend","topic":"new topic/é","allow":true}`))
	if !slices.Contains(got.ACLs, ACL{PublishClientSend, "new topic/é", 0, true}) {
		t.Errorf("acls = %+v", got.ACLs)
	}
	h.want(409, "POST", "/dynsec/roles/all%20six/acls", `{"acltype":"publishClientSend","topic":"a/#","allow":false}`)
	h.want(200, "DELETE", "/dynsec/roles/all%20six/acls?acltype=publishClientSend&topic=new+topic%2F%C3%A9", "")
	h.want(404, "DELETE", "/dynsec/roles/all%20six/acls?acltype=publishClientSend&topic=new+topic", "")
	h.want(422, "DELETE", "/dynsec/roles/all%20six/acls?acltype=publishClientSend", "")
	if got := into[Role](t, h.want(200, "PUT", "/dynsec/roles/all%20six", `{"acls":[]}`)); len(got.ACLs) != 0 {
		t.Errorf("acls = %+v", got.ACLs)
	}
	list := into[roleList](t, h.want(200, "GET", "/dynsec/roles", ""))
	if list.Total != 1 || len(list.Roles) != 2 || !list.Roles[1].Own {
		t.Errorf("list = %+v", list)
	}
	h.want(204, "DELETE", "/dynsec/roles/all%20six", "")
	h.want(404, "GET", "/dynsec/roles/all%20six", "")
}

func TestGroupRoutes(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"r1"}`)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"r2"}`)
	h.want(201, "POST", "/dynsec/clients", `{"username":"c1"}`)
	h.want(201, "POST", "/dynsec/clients", `{"username":"c2"}`)
	g := into[Group](t, h.want(201, "POST", "/dynsec/groups", `{"groupname":"g/1","textname":"T","roles":[{"rolename":"r1","priority":4}]}`))
	if len(g.Roles) != 1 || g.Roles[0] != (RoleRef{"r1", 4}) || g.Clients == nil {
		t.Errorf("group = %+v", g)
	}
	h.want(409, "POST", "/dynsec/groups", `{"groupname":"g/1"}`)
	h.want(200, "POST", "/dynsec/groups/g%2F1/clients", `{"username":"c1"}`)
	g = into[Group](t, h.want(200, "POST", "/dynsec/groups/g%2F1/clients", `{"username":"c1","priority":8}`))
	if len(g.Clients) != 1 || g.Clients[0] != (ClientRef{"c1", 8}) {
		t.Errorf("clients = %+v", g.Clients)
	}
	before := h.logged()
	h.want(200, "POST", "/dynsec/groups/g%2F1/clients", `{"username":"c1"}`)
	if sent := h.logged()[len(before):]; strings.Contains(sent, "addGroupClient") {
		t.Error("a member was added again")
	}
	g = into[Group](t, h.want(200, "PUT", "/dynsec/groups/g%2F1", `{"clients":[{"username":"c2","priority":1}],"roles":[{"rolename":"r2"}],"textdescription":"D"}`))
	if len(g.Clients) != 1 || g.Clients[0] != (ClientRef{"c2", 1}) || g.Roles[0].Rolename != "r2" || g.Textname != "T" || g.Textdescription != "D" {
		t.Errorf("after PUT: %+v", g)
	}
	if c := into[Client](t, h.want(200, "GET", "/dynsec/clients/c1", "")); len(c.Groups) != 0 {
		t.Errorf("c1 is still in %v", c.Groups)
	}
	h.want(200, "POST", "/dynsec/groups/g%2F1/roles", `{"rolename":"r1","priority":1}`)
	g = into[Group](t, h.want(200, "POST", "/dynsec/groups/g%2F1/roles", `{"rolename":"r1","priority":2}`))
	if !slices.Contains(g.Roles, RoleRef{"r1", 2}) {
		t.Errorf("roles = %v", g.Roles)
	}
	if r := into[Role](t, h.want(200, "GET", "/dynsec/roles/r1", "")); r.Groups != 1 || r.Clients != 0 {
		t.Errorf("counts of r1: %+v", r)
	}
	h.want(200, "DELETE", "/dynsec/groups/g%2F1/roles/r1", "")
	h.want(404, "DELETE", "/dynsec/groups/g%2F1/roles/r1", "")
	h.want(200, "DELETE", "/dynsec/groups/g%2F1/clients/c2", "")
	h.want(404, "DELETE", "/dynsec/groups/g%2F1/clients/c2", "")

	h.want(200, "PUT", "/dynsec/anonymous-group", `{"groupname":"g/1"}`)
	h.want(409, "DELETE", "/dynsec/groups/g%2F1", "")
	h.want(422, "PUT", "/dynsec/anonymous-group", `{"groupname":""}`)
	h.want(422, "PUT", "/dynsec/anonymous-group", `{"groupname":"no such"}`)
	h.want(201, "POST", "/dynsec/groups", `{"groupname":"other"}`)
	h.want(200, "PUT", "/dynsec/anonymous-group", `{"groupname":"other"}`)
	h.want(204, "DELETE", "/dynsec/groups/g%2F1", "")
	if list := into[groupList](t, h.want(200, "GET", "/dynsec/groups?q=OTH", "")); list.Total != 1 {
		t.Errorf("list = %+v", list)
	}
}

func TestDefaultAccessRoutes(t *testing.T) {
	h := build(t)
	if got := into[DefaultAccess](t, h.want(200, "GET", "/dynsec/default-access", "")); got != (DefaultAccess{PublishClientReceive: true, Unsubscribe: true}) {
		t.Errorf("access = %+v", got)
	}
	got := into[DefaultAccess](t, h.want(200, "PUT", "/dynsec/default-access", `{"subscribe":true,"unsubscribe":false}`))
	if got != (DefaultAccess{PublishClientReceive: true, Subscribe: true}) {
		t.Errorf("access = %+v", got)
	}
	if got := into[AnonymousGroup](t, h.want(200, "GET", "/dynsec/anonymous-group", "")); got.Groupname != "" {
		t.Errorf("anonymous group = %+v", got)
	}
}

func TestETagsGuardAgainstLostUpdates(t *testing.T) {
	h := build(t)
	first := h.want(201, "POST", "/dynsec/clients", `{"username":"c"}`).header.Get("ETag")
	if got := h.want(200, "GET", "/dynsec/clients/c", "").header.Get("ETag"); got != first || first == "" {
		t.Errorf("ETag %q after creation, %q after reading", first, got)
	}
	second := h.want(200, "PUT", "/dynsec/clients/c", `{"textname":"x"}`, "If-Match", first).header.Get("ETag")
	h.want(412, "PUT", "/dynsec/clients/c", `{"textname":"y"}`, "If-Match", first)
	h.want(412, "DELETE", "/dynsec/clients/c", "", "If-Match", first)
	if got := into[Client](t, h.want(200, "GET", "/dynsec/clients/c", "")); got.Textname != "x" {
		t.Errorf("textname = %q", got.Textname)
	}
	h.want(204, "DELETE", "/dynsec/clients/c", "", "If-Match", `"other", `+second)
}

// withoutSchema drops the link that huma puts first unless the gateway turns it off.
func withoutSchema(body string) string {
	if rest, found := strings.CutPrefix(body, `{"$schema":`); found {
		_, rest, _ = strings.Cut(rest, ",")
		return "{" + rest
	}
	return body
}

// noCanary checks that no password came back or was logged, by us or by the broker.
func noCanary(t *testing.T, h *house) {
	t.Helper()
	for where, text := range map[string]string{"an answer": h.seen.String(), "our log": h.log.String(), "the broker's log": h.logged(), "the records": text(t, recordTexts(h))} {
		if strings.Contains(text, "canary") {
			t.Errorf("a password is in %s", where)
		}
	}
}

func recordTexts(h *house) []any {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []any
	for _, r := range h.records {
		all = append(all, r.action, r.object, r.before, r.after)
	}
	return all
}

func TestQuestionAndImportRoutes(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"r","acls":[{"acltype":"publishClientSend","topic":"a/#","allow":true}]}`)
	r := h.want(200, "POST", "/dynsec/clients/import?dry_run=true", "username,password,roles\nc,canary,r\n", "Content-Type", "text/csv")
	if got := into[ImportResult](t, r); got.Created != 1 || !got.DryRun {
		t.Errorf("dry run: %+v", got)
	}
	h.want(404, "GET", "/dynsec/clients/c", "")
	r = h.want(200, "POST", "/dynsec/clients/import", `[{"username":"c","password":"canary","roles":[{"rolename":"r"}]},{"username":""}]`)
	if got := into[ImportResult](t, r); got.Created != 1 || len(got.Failed) != 1 || got.Failed[0].Line != 2 {
		t.Errorf("import: %+v", got)
	}
	h.want(409, "POST", "/dynsec/clients/import?method=restart", "username\nx\n", "Content-Type", "text/csv; charset=utf-8")
	h.want(422, "POST", "/dynsec/clients/import?existing=replace", "username\nx\n", "Content-Type", "text/csv")
	for topic, allowed := range map[string]bool{"a/b": true, "b": false} {
		got := into[Decision](t, h.want(200, "POST", "/dynsec/check", `{"username":"c","action":"publish","topic":"`+topic+`"}`))
		if got.Allow != allowed {
			t.Errorf("publishing to %s: %+v", topic, got)
		}
	}
	h.want(200, "POST", "/dynsec/check", `{"action":"subscribe","topic":"#"}`)
	noCanary(t, h)
}
