package dynsec

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// fill gives the broker n more clients by its file, which is quicker than asking it. They carry the roles.
func fill(t testing.TB, h *house, n int, roles ...string) {
	t.Helper()
	h.broker.Stop()
	path := filepath.Join(h.broker.Dir, "dynamic-security.json")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	clients := file["clients"].([]any)
	carried := []map[string]any{}
	for _, role := range roles {
		carried = append(carried, map[string]any{"rolename": role})
	}
	for i := range n {
		clients = append(clients, map[string]any{"username": fmt.Sprintf("device-%05d", i), "textname": fmt.Sprintf("Pump %d", i), "roles": carried})
	}
	file["clients"] = clients
	if content, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	h.broker.Start()
	eventually(t, "the clients are there", func() bool {
		_, total, err := h.service.ListClients(t.Context(), ClientFilter{Page: Page{Limit: 1}})
		return err == nil && total == n
	})
}

// TestReadingInPages reads more clients than one page holds while somebody else creates and deletes others, so that
// pages shift under the reader.
func TestReadingInPages(t *testing.T) {
	h := build(t)
	fill(t, h, 2*readPage+123)
	sameAsBroker(t, h)
	if lines := h.logged(); !strings.Contains(lines, fmt.Sprintf("offset=%d", 2*readPage)) {
		t.Error("it was not read in pages")
	}
	stop := make(chan struct{})
	var other sync.WaitGroup
	other.Go(func() {
		session := broker.NewSession(broker.SessionOptions{Endpoint: h.broker.Endpoint()})
		if err := session.Start(t.Context()); err != nil {
			t.Errorf("starting the other manager: %v", err)
			return
		}
		defer session.Close(context.Background())
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			// The first in the broker's order and the last, alternately there and not there.
			if _, err := session.Do(t.Context(), command("createClient", "username", "aaa"), command("deleteClient", "username", "aaa"),
				command("createClient", "username", fmt.Sprintf("zzz-%d", i))); err != nil {
				t.Errorf("the other manager: %v", err)
				return
			}
		}
	})
	for range 3 {
		st, err := h.service.state(t.Context())
		if err != nil {
			t.Errorf("reading: %v", err)
			continue
		}
		for i := 1; i < len(st.Clients); i++ {
			if st.Clients[i-1].Username == st.Clients[i].Username {
				t.Errorf("%q was read twice", st.Clients[i].Username)
			}
		}
		for i := range 2*readPage + 123 {
			if !st.HasClient(fmt.Sprintf("device-%05d", i)) {
				t.Errorf("device-%05d was missed", i)
			}
		}
	}
	close(stop)
	other.Wait()
	sameAsBroker(t, h)
}

// TestDeletingARoleOfMany deletes a role that more carry than one message takes.
func TestDeletingARoleOfMany(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"everybody"}`)
	h.want(201, "POST", "/dynsec/groups", `{"groupname":"g","roles":[{"rolename":"everybody"}]}`)
	fill(t, h, 612, "everybody")
	if r := into[Role](t, h.want(200, "GET", "/dynsec/roles/everybody", "")); r.Clients != 612 || r.Groups != 1 {
		t.Errorf("carried by %d clients and %d groups", r.Clients, r.Groups)
	}
	h.want(204, "DELETE", "/dynsec/roles/everybody", "")
	sameAsBroker(t, h)
}

// TestDeletingARoleLeavesNothingBroken deletes a role that another manager gave in a way after which the plugin's own
// deletion leaves a reference to freed memory. The broker must live on, and nobody may find another role in its place.
func TestDeletingARoleLeavesNothingBroken(t *testing.T) {
	h := build(t)
	for i := range 10 {
		role := fmt.Sprintf("role-%d", i)
		given := []RoleRef{{role, 1}}
		h.broker.MustControl(t, command("createRole", "rolename", role),
			command("createClient", "username", fmt.Sprintf("client-%d", i), "roles", given),
			command("createGroup", "groupname", fmt.Sprintf("group-%d", i), "roles", given))
		eventually(t, "the role is known", func() bool {
			r, _, err := h.service.GetRole(t.Context(), role)
			return err == nil && r.Clients == 1 && r.Groups == 1
		})
		h.want(204, "DELETE", "/dynsec/roles/"+role, "")
		h.broker.MustControl(t, command("createRole", "rolename", "churn-"+role))
	}
	sameAsBroker(t, h)
	for _, c := range into[clientList](t, h.want(200, "GET", "/dynsec/clients?q=client-", "")).Clients {
		if len(c.Roles) != 0 {
			t.Errorf("%s carries %v", c.Username, c.Roles)
		}
	}
}

// TestConnections: 2.1 says how many sessions a user has, 2.0 does not, and nobody may be told a guess.
func TestConnections(t *testing.T) {
	h := build(t)
	created := into[Client](t, h.want(201, "POST", "/dynsec/clients", `{"username":"c","password":"pw"}`))
	modern := dialectOf(h.broker.Version()).modern
	if modern && (created.Connections == nil || *created.Connections != 0) || !modern && created.Connections != nil {
		t.Errorf("connections after creation: %v", created.Connections)
	}
	for i := range 2 {
		if _, err := h.broker.Connect(t, "c", "pw", fmt.Sprintf("c-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/dynsec/clients/c", "/dynsec/clients?q=c&limit=1"} {
		body := h.want(200, "GET", path, "").body
		want := `"connections":null`
		if modern {
			want = `"connections":2`
		}
		if !strings.Contains(body, want) {
			t.Errorf("%s: no %s in %s", path, want, body)
		}
	}
	h.service.o.Sessions = func(string) (int, bool) { return 7, true }
	if body := h.want(200, "GET", "/dynsec/clients/c", "").body; !strings.Contains(body, `"connections":7`) {
		t.Errorf("what the sessions are known to be is not shown: %s", body)
	}
}

// TestWritesAreRecorded checks who is told what about a write, and that a caller who goes away takes nothing with it.
func TestWritesAreRecorded(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/roles", `{"rolename":"r"}`)
	h.want(201, "POST", "/dynsec/clients", `{"username":"c","password":"canary","roles":[{"rolename":"r"}]}`)
	h.want(200, "PUT", "/dynsec/clients/c", `{"textname":"T"}`)
	h.want(200, "PUT", "/dynsec/clients/c", `{"textname":"T"}`) // changes nothing
	h.want(409, "POST", "/dynsec/clients", `{"username":"c"}`)
	h.want(204, "DELETE", "/dynsec/roles/r", "")
	ctx, goAway := context.WithCancel(t.Context())
	h.before(goAway)
	began := time.Now()
	if err := h.service.DeleteClient(ctx, "c", ""); err != nil {
		t.Errorf("deleting for somebody who went away: %v after %v", err, time.Since(began))
	}
	var got []string
	for _, r := range h.records {
		got = append(got, fmt.Sprintf("%s %s %v %v", r.action, r.object, r.before != nil, r.after != nil))
	}
	want := []string{"role.create role/r false true", "client.create client/c false true", "client.update client/c true true",
		"role.delete role/r true false", "client.delete client/c true false"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("recorded\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if deleted, ok := h.records[3].before.(carriedRole); !ok || len(deleted.CarriedByClients) != 1 {
		t.Errorf("the record of the deleted role does not say who carried it: %+v", h.records[3].before)
	}
	if log := h.log.String(); !strings.Contains(log, "actor=tester") || !strings.Contains(log, "object=client/c") {
		t.Errorf("our log does not tell who did it:\n%s", log)
	}
	noCanary(t, h)
}
