package dynsec

import (
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// TestNoRouteChangesOurOwn tries every write on the account and role that the service itself works with. The broker's
// admin account plays that part.
func TestNoRouteChangesOurOwn(t *testing.T) {
	h := build(t)
	h.broker.MustControl(t,
		command("createRole", "rolename", "other"), command("createGroup", "groupname", "free"),
		command("createGroup", "groupname", "ours"), command("addGroupRole", "groupname", "ours", "rolename", "other"),
		command("createClient", "username", "dev"), command("addGroupClient", "groupname", "ours", "username", "dev"))
	// This cuts our own session, on 2.0.11 before the answer.
	if _, err := h.session.Do(t.Context(), command("addGroupClient", "groupname", "ours", "username", "admin")); err != nil {
		wantKind(t, err, fault.Uncertain)
	}
	eventually(t, "our account is seen in the group", func() bool {
		g, _, err := h.service.GetGroup(t.Context(), "ours")
		return err == nil && len(g.Clients) == 2
	})
	before := h.logged()
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/dynsec/clients", `{"username":"admin","password":"x"}`},
		{"PUT", "/dynsec/clients/admin", `{"password":"x"}`},
		{"PUT", "/dynsec/clients/admin", `{"clientid":"x"}`},
		{"PUT", "/dynsec/clients/admin", `{"roles":[]}`},
		{"PUT", "/dynsec/clients/admin", `{"groups":[]}`},
		{"PUT", "/dynsec/clients/admin", `{"disabled":true}`},
		{"PUT", "/dynsec/clients/admin", `{}`},
		{"DELETE", "/dynsec/clients/admin", ""},
		{"POST", "/dynsec/clients/admin/enable", ""},
		{"POST", "/dynsec/clients/admin/disable", ""},
		{"PUT", "/dynsec/clients/admin/disable", ""},
		{"POST", "/dynsec/clients/admin/disconnect", ""},
		{"POST", "/dynsec/clients/admin/roles", `{"rolename":"other"}`},
		{"DELETE", "/dynsec/clients/admin/roles/admin", ""},
		{"POST", "/dynsec/roles", `{"rolename":"admin"}`},
		{"PUT", "/dynsec/roles/admin", `{"textname":"x"}`},
		{"PUT", "/dynsec/roles/admin", `{"acls":[]}`},
		{"DELETE", "/dynsec/roles/admin", ""},
		{"POST", "/dynsec/roles/admin/acls", `{"acltype":"publishClientSend","topic":"x","allow":false}`},
		{"DELETE", "/dynsec/roles/admin/acls?acltype=publishClientSend&topic=%23", ""},
		{"POST", "/dynsec/groups/free/clients", `{"username":"admin"}`},
		{"PUT", "/dynsec/groups/free", `{"clients":[{"username":"admin"}]}`},
		{"DELETE", "/dynsec/groups/ours/clients/admin", ""},
		// What changes a group that our account is in changes our account's rights or cuts it off.
		{"PUT", "/dynsec/groups/ours", `{"clients":[]}`},
		{"PUT", "/dynsec/groups/ours", `{"textname":"x"}`},
		{"DELETE", "/dynsec/groups/ours", ""},
		{"POST", "/dynsec/groups/ours/roles", `{"rolename":"admin"}`},
		{"DELETE", "/dynsec/groups/ours/roles/other", ""},
		{"PUT", "/dynsec/roles/other", `{"acls":[]}`},
		{"DELETE", "/dynsec/roles/other", ""},
	} {
		r := h.call(c.method, c.path, c.body)
		if r.status != 409 {
			t.Errorf("%s %s %s: status %d: %s", c.method, c.path, c.body, r.status, r.body)
		}
	}
	for line := range strings.SplitSeq(h.logged()[len(before):], "\n") {
		if strings.Contains(line, "dynsec: ") && !strings.Contains(line, "| list") && !strings.Contains(line, "| get") {
			t.Errorf("something was sent: %s", line)
		}
	}
	list := into[clientList](t, h.want(200, "GET", "/dynsec/clients", ""))
	if list.Total != 1 || len(list.Clients) != 2 || list.Clients[0].Own || !list.Clients[1].Own {
		t.Errorf("list = %+v", list)
	}
}

// TestControlNeedsAnAdministrator tries what an operator must not do: whoever reaches $CONTROL rules the broker.
func TestControlNeedsAnAdministrator(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"ruler","acls":[{"acltype":"publishClientSend","topic":"$CONTROL/dynamic-security/v1","allow":true}]}`)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"plain","acls":[{"acltype":"publishClientSend","topic":"#","allow":true}]}`)
	h.want(201, "POST", "/dynsec/clients", `{"username":"boss","password":"x","roles":[{"rolename":"ruler"}]}`)
	h.want(201, "POST", "/dynsec/clients", `{"username":"dev","password":"x","roles":[{"rolename":"plain"}]}`)
	h.want(201, "POST", "/dynsec/groups", `{"groupname":"rulers","roles":[{"rolename":"ruler"}]}`)
	h.want(201, "POST", "/dynsec/groups", `{"groupname":"crowd"}`)
	h.want(201, "POST", "/dynsec/clients", `{"username":"deputy","groups":[{"groupname":"rulers"}]}`)
	h.as(false)
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/dynsec/roles", `{"rolename":"x","acls":[{"acltype":"publishClientSend","topic":"$CONTROL/#","allow":true}]}`},
		{"POST", "/dynsec/roles", `{"rolename":"x","acls":[{"acltype":"subscribePattern","topic":"$share/g/$CONTROL/+/v1/response","allow":true}]}`},
		{"PUT", "/dynsec/roles/plain", `{"acls":[{"acltype":"publishClientSend","topic":"$CONTROL","allow":true}]}`},
		{"POST", "/dynsec/roles/plain/acls", `{"acltype":"publishClientReceive","topic":"$CONTROL/+/v1","allow":true}`},
		{"PUT", "/dynsec/roles/ruler", `{"acls":[]}`},
		{"DELETE", "/dynsec/roles/ruler", ""},
		{"DELETE", "/dynsec/roles/ruler/acls?acltype=publishClientSend&topic=%24CONTROL%2Fdynamic-security%2Fv1", ""},
		{"POST", "/dynsec/clients", `{"username":"x","roles":[{"rolename":"ruler"}]}`},
		{"POST", "/dynsec/clients", `{"username":"x","groups":[{"groupname":"rulers"}]}`},
		{"PUT", "/dynsec/clients/dev", `{"roles":[{"rolename":"ruler"}]}`},
		{"PUT", "/dynsec/clients/dev", `{"groups":[{"groupname":"rulers"}]}`},
		{"POST", "/dynsec/clients/dev/roles", `{"rolename":"ruler"}`},
		{"POST", "/dynsec/clients/dev/roles", `{"rolename":"admin"}`},
		{"PUT", "/dynsec/clients/boss", `{"password":"mine"}`},
		{"PUT", "/dynsec/clients/boss", `{"clientid":"mine"}`},
		{"PUT", "/dynsec/clients/deputy", `{"password":"mine"}`},
		{"POST", "/dynsec/clients/boss/enable", ""},
		{"DELETE", "/dynsec/clients/boss/roles/ruler", ""},
		{"DELETE", "/dynsec/clients/boss", ""},
		{"POST", "/dynsec/groups", `{"groupname":"x","roles":[{"rolename":"ruler"}]}`},
		{"PUT", "/dynsec/groups/crowd", `{"roles":[{"rolename":"ruler"}]}`},
		{"PUT", "/dynsec/groups/crowd", `{"clients":[{"username":"boss"}]}`},
		{"POST", "/dynsec/groups/crowd/roles", `{"rolename":"ruler"}`},
		{"POST", "/dynsec/groups/rulers/clients", `{"username":"dev"}`},
		{"PUT", "/dynsec/groups/rulers", `{"clients":[{"username":"dev"}]}`},
		{"PUT", "/dynsec/anonymous-group", `{"groupname":"rulers"}`},
	} {
		if r := h.call(c.method, c.path, c.body); r.status != 403 {
			t.Errorf("%s %s %s: status %d: %s", c.method, c.path, c.body, r.status, r.body)
		}
	}
	h.want(200, "PUT", "/dynsec/clients/dev", `{"password":"new","textname":"still allowed"}`)
	h.want(200, "POST", "/dynsec/roles/plain/acls", `{"acltype":"subscribePattern","topic":"+/#","allow":true}`)
	h.as(true)
	h.want(200, "POST", "/dynsec/clients/dev/roles", `{"rolename":"ruler"}`)
}

// TestWildcardsDoNotReachControl holds the fact on which reachesControl rests against the real broker.
func TestWildcardsDoNotReachControl(t *testing.T) {
	h := build(t)
	for i, topic := range []string{"#", "+/#", "+/dynamic-security/v1", "%c/#", "%u/#", "$%c/#", "$CONTROL/#", "$CONTROL/+/v1"} {
		name := "user" + string(rune('a'+i))
		roles := []map[string]any{{"rolename": name}}
		h.broker.MustControl(t,
			command("createRole", "rolename", name, "acls", []ACL{{PublishClientSend, topic, 0, true}}),
			command("createClient", "username", "$CONTROL"+name, "password", "x"),
			command("modifyClient", "username", "$CONTROL"+name, "roles", roles))
		device, err := h.broker.Connect(t, "$CONTROL"+name, "x", "$CONTROL")
		if err != nil {
			t.Fatal(err)
		}
		code, err := device.Publish("$CONTROL/dynamic-security/v1", `{"commands":[]}`)
		if err != nil {
			t.Fatal(err)
		}
		if reached := code < 0x80; reached != reachesControl(topic) {
			t.Errorf("a rule for %q lets $CONTROL be reached: %v, reachesControl says %v", topic, reached, !reached)
		}
	}
}

func TestStatusNamesWhatOfOursIsMissing(t *testing.T) {
	h := build(t)
	h.service.own = newProtected([]string{"admin", "gone"}, nil)
	if err := h.service.reloadIfStale(t.Context()); err != nil {
		t.Fatal(err)
	}
	status := h.service.Status()
	if status.Ready || !strings.Contains(status.Detail, "gone") || !strings.Contains(status.Hint, "bunkerm repair") {
		t.Errorf("status = %+v", status)
	}
	h.broker.KillBetweenWrites()
	eventually(t, "the status tells that the broker is away", func() bool {
		s := h.service.Status()
		return !s.Ready && s.Detail != "" && !strings.Contains(s.Detail, "gone")
	})
	_, _, err := h.service.GetClient(t.Context(), "admin")
	wantKind(t, err, fault.Unavailable)
}
