package dynsec

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// impactWorld is a house with devices: direct carries the role r itself, member through the group g, other through
// nothing; sleeper has an account and no session. Without a username one is in the group nobody, with the role r.
type impactWorld struct {
	*house
	devices map[string]*brokertest.Device // "" is the one without a username
}

func startImpact(t *testing.T) *impactWorld {
	t.Helper()
	w := &impactWorld{house: build(t, brokertest.Anonymous()), devices: map[string]*brokertest.Device{}}
	w.want(201, "POST", "/dynsec/roles", `{"rolename":"r","acls":[{"acltype":"publishClientSend","topic":"a","allow":true}]}`)
	w.want(201, "POST", "/dynsec/roles", `{"rolename":"spare"}`)
	w.want(201, "POST", "/dynsec/groups", `{"groupname":"g","roles":[{"rolename":"r"}]}`)
	w.want(201, "POST", "/dynsec/groups", `{"groupname":"nobody","roles":[{"rolename":"r"}]}`)
	w.want(201, "POST", "/dynsec/groups", `{"groupname":"empty"}`)
	w.want(200, "PUT", "/dynsec/anonymous-group", `{"groupname":"nobody"}`)
	for name, more := range map[string]string{"direct": `,"roles":[{"rolename":"r"}]`, "member": `,"groups":[{"groupname":"g"}]`,
		"other": "", "sleeper": `,"roles":[{"rolename":"r"}]`, "witness": ""} {
		w.want(201, "POST", "/dynsec/clients", `{"username":"`+name+`","password":"pw"`+more+`}`)
	}
	for _, name := range []string{"", "direct", "member", "other", "witness"} {
		password := "pw"
		if name == "" {
			password = ""
		}
		d, err := w.broker.Connect(t, name, password, "device-"+name)
		if err != nil {
			t.Fatalf("connecting %q: %v", name, err)
		}
		w.devices[name] = d
	}
	return w
}

// gone lists whose session ended. Sessions are ended in the order of the commands, so that once the witness, whose
// turn comes last, is gone, all others are who will be.
func (w *impactWorld) gone(t *testing.T) []string {
	t.Helper()
	w.want(200, "POST", "/dynsec/clients/witness/disconnect", "")
	select {
	case <-w.devices["witness"].Done:
	case <-time.After(30 * time.Second):
		t.Fatal("the witness is not disconnected")
	}
	names := []string{}
	for name, d := range w.devices {
		if name == "witness" {
			continue
		}
		// A round trip settles whether a session is there: one that is being ended does not answer any more.
		if _, err := d.Subscribe("is/there/anybody"); err != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestImpactIsWhatHappens(t *testing.T) {
	const file = "username,password,textname\nnew,pw,\nother,,changed\nmember,,\n"
	for _, c := range []struct {
		method, path, body string
		gone               string // space-separated; _ is the device without a username
		gone20             string // where 2.0 ends other sessions
	}{
		{"POST", "/clients", `{"username":"x","password":"pw","roles":[{"rolename":"r"}],"groups":[{"groupname":"g"}]}`, "", ""},
		{"PUT", "/clients/direct", `{"textname":"x"}`, "direct", ""},
		{"PUT", "/clients/direct", `{"roles":[{"rolename":"r"}],"textname":""}`, "", ""},
		{"PUT", "/clients/direct", `{"password":"new"}`, "direct", ""},
		{"PUT", "/clients/sleeper", `{"password":"new"}`, "", ""},
		{"PUT", "/clients/direct", `{"disabled":true}`, "direct", ""},
		{"PUT", "/clients/direct", `{"disabled":false}`, "", ""},
		{"DELETE", "/clients/other", "", "other", ""},
		{"POST", "/clients/other/disable", "", "other", ""},
		{"POST", "/clients/other/enable", "", "", ""},
		{"POST", "/clients/other/disconnect", "", "other", ""},
		{"POST", "/clients/other/roles", `{"rolename":"r"}`, "other", ""},
		{"POST", "/clients/direct/roles", `{"rolename":"r"}`, "", ""},
		{"POST", "/clients/direct/roles", `{"rolename":"r","priority":5}`, "direct", ""},
		{"DELETE", "/clients/direct/roles/r", "", "direct", ""},
		{"POST", "/roles", `{"rolename":"x"}`, "", ""},
		{"PUT", "/roles/r", `{"textname":"x"}`, "", ""},
		{"PUT", "/roles/r", `{"acls":[{"acltype":"publishClientSend","topic":"a","allow":true}]}`, "", ""},
		{"PUT", "/roles/spare", `{"acls":[{"acltype":"publishClientSend","topic":"a","allow":true}]}`, "", ""},
		{"PUT", "/roles/r", `{"acls":[]}`, "_ direct member", "-"},
		{"POST", "/roles/r/acls", `{"acltype":"publishClientSend","topic":"b","allow":true}`, "_ direct member", ""},
		{"DELETE", "/roles/r/acls?acltype=publishClientSend&topic=a", "", "_ direct member", ""},
		{"DELETE", "/roles/r", "", "_ direct member", ""},
		{"DELETE", "/roles/spare", "", "", ""},
		{"POST", "/groups", `{"groupname":"x","roles":[{"rolename":"r"}]}`, "", ""},
		{"PUT", "/groups/g", `{"textname":"x"}`, "member", ""},
		{"PUT", "/groups/g", `{"roles":[]}`, "member", ""},
		{"PUT", "/groups/nobody", `{"roles":[]}`, "_", ""},
		{"POST", "/groups/g/clients", `{"username":"other"}`, "other", ""},
		{"POST", "/groups/g/clients", `{"username":"member"}`, "", ""},
		{"DELETE", "/groups/g/clients/member", "", "member", ""},
		{"POST", "/groups/g/roles", `{"rolename":"spare"}`, "member", ""},
		{"POST", "/groups/nobody/roles", `{"rolename":"spare"}`, "_", ""},
		{"DELETE", "/groups/g/roles/r", "", "member", ""},
		{"DELETE", "/groups/g", "", "member", ""},
		{"DELETE", "/groups/empty", "", "", ""},
		{"PUT", "/default-access", `{"subscribe":true}`, "", ""},
		{"PUT", "/anonymous-group", `{"groupname":"empty"}`, "_", ""},
		{"PUT", "/anonymous-group", `{"groupname":"nobody"}`, "", ""},
		{"POST", "/clients/import?existing=update", file, "other", ""},
		{"POST", "/clients/import", file, "", ""},
		{"POST", "/clients/import?existing=update&dry_run=true", file, "", ""},
	} {
		t.Run(c.method+" "+c.path+" "+c.body, func(t *testing.T) {
			w := startImpact(t)
			modern := dialectOf(w.broker.Version()).modern
			path := "/dynsec" + c.path
			planned := map[string]any{"method": c.method, "path": "/api" + path}
			var headers []string
			switch {
			case strings.HasPrefix(c.body, "{"):
				planned["body"] = json.RawMessage(c.body)
			case c.body != "":
				planned["body"] = c.body
				headers = []string{"Content-Type", "text/csv"}
			}
			before := readState(t, w.broker)
			r := into[ImpactResult](t, w.want(200, "POST", "/dynsec/impact", text(t, planned)))
			if diff := diffStates(before, readState(t, w.broker)); diff != "" {
				t.Fatalf("asking for the impact changed something: %s", diff)
			}
			if answer := w.call(c.method, path, c.body, headers...); answer.status >= 300 {
				t.Fatalf("the write itself: %d %s", answer.status, answer.body)
			}
			gone := w.gone(t)

			want := strings.Fields(c.gone)
			if !modern && c.gone20 != "" {
				want = strings.Fields(strings.Trim(c.gone20, "-"))
			}
			for i, name := range want {
				want[i] = strings.Trim(name, "_")
			}
			for _, name := range gone {
				if !slices.Contains(want, name) {
					t.Errorf("%q was disconnected, which is new", name)
				}
			}
			for _, name := range want {
				if !slices.Contains(gone, name) {
					t.Errorf("%q was not disconnected, which is new", name)
				}
			}
			compareImpact(t, r, gone, modern)
		})
	}
}

// compareImpact checks that whoever went was named, and whoever was surely to go went.
func compareImpact(t *testing.T, r ImpactResult, gone []string, modern bool) {
	t.Helper()
	named := map[string]bool{}
	for _, cut := range r.Disconnects {
		named[cut.Username] = true
		if cut.Certain && cut.Username != "sleeper" && !slices.Contains(gone, cut.Username) {
			t.Errorf("%q was named as certain and was not disconnected", cut.Username)
		}
		switch {
		case cut.Anonymous != (cut.Username == ""):
			t.Errorf("cut = %+v", cut)
		case modern && !cut.Anonymous && (cut.Sessions == nil || *cut.Sessions != 1):
			t.Errorf("%q has one session, the answer says %v", cut.Username, fmt.Sprint(cut.Sessions))
		case !modern && cut.Sessions != nil:
			t.Errorf("2.0 does not tell sessions, the answer says %d", *cut.Sessions)
		}
	}
	for _, name := range gone {
		if !named[name] {
			t.Errorf("%q was disconnected and not named in %+v", name, r.Disconnects)
		}
	}
	if modern && named["sleeper"] {
		t.Error("sleeper has no session and is named")
	}
}

func TestImpactRefusesWhatTheWriteWouldBe(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/clients", `{"username":"a/b é"}`)
	ask := func(status int, method, path, body string) reply {
		t.Helper()
		planned := map[string]any{"method": method, "path": path}
		if body != "" {
			planned["body"] = json.RawMessage(body)
		}
		return h.want(status, "POST", "/dynsec/impact", text(t, planned))
	}
	ask(200, "DELETE", "/dynsec/clients/"+url.PathEscape("a/b é"), "")
	ask(404, "DELETE", "/dynsec/clients/missing", "")
	ask(409, "POST", "/dynsec/clients", `{"username":"a/b é"}`)
	ask(422, "POST", "/dynsec/clients", `{"username":"b","password":"`+canary+`","roles":[{"rolename":"none"}]}`)
	ask(409, "DELETE", "/dynsec/clients/admin", "")
	ask(422, "POST", "/dynsec/check", `{"action":"publish","topic":"a"}`)
	ask(422, "DELETE", "/config/broker", "")
	ask(422, "DELETE", "//elsewhere/dynsec/clients/a", "")
	ask(422, "GET", "/dynsec/clients", "")
	ask(422, "POST", "/dynsec/impact", `{}`)
	h.as(false)
	ask(403, "POST", "/dynsec/roles", `{"rolename":"c","acls":[{"acltype":"publishClientSend","topic":"$CONTROL/#","allow":true}]}`)
	if strings.Contains(h.log.String()+h.seen.String(), canary) {
		t.Error("a password is shown")
	}
	if len(h.records) != 1 {
		t.Errorf("rehearsals were recorded: %+v", h.records)
	}
}
