package dynsec

import (
	"fmt"
	"sync"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// TestAnswersThatGetLost cuts the connection when the answer to a write arrives. The write was done, so it must not be
// sent again, and the caller must hear that it was done. Each case has a broker of its own, because a session that
// is cut again and again waits longer each time before it comes back.
func TestAnswersThatGetLost(t *testing.T) {
	for _, c := range []struct {
		lose  string
		times int // how many lines the broker may log about the command; setDefaultACLAccess has one for each kind
		write func(t *testing.T, s *Service) error
	}{
		{"createRole", 2, func(t *testing.T, s *Service) error { // 2: the test itself creates one
			_, err := s.CreateRole(t.Context(), NewRole{Rolename: "new"})
			return err
		}},
		{"createGroup", 2, func(t *testing.T, s *Service) error {
			_, err := s.CreateGroup(t.Context(), NewGroup{Groupname: "new", Roles: []RoleChoice{{Rolename: "r"}}})
			return err
		}},
		{"createClient", 2, func(t *testing.T, s *Service) error {
			c, err := s.CreateClient(t.Context(), NewClient{Username: "new", ClientFields: ClientFields{Roles: []RoleChoice{{Rolename: "r"}}}})
			if err == nil && len(c.Roles) != 1 {
				t.Errorf("created %+v", c)
			}
			return err
		}},
		{"setDefaultACLAccess", 4, func(t *testing.T, s *Service) error {
			_, err := s.SetDefaultAccess(t.Context(), AccessFields{Subscribe: pointer(true)})
			return err
		}},
		{"addClientRole", 1, func(t *testing.T, s *Service) error {
			_, err := s.AddClientRole(t.Context(), "c", RoleChoice{Rolename: "r"}, "")
			return err
		}},
		{"deleteClient", 1, func(t *testing.T, s *Service) error { return s.DeleteClient(t.Context(), "c", "") }},
		{"deleteRole", 1, func(t *testing.T, s *Service) error { return s.DeleteRole(t.Context(), "r", "") }},
		// Nobody can see whether a password was set, so it is set again: that does no harm.
		{"modifyClient", 2, func(t *testing.T, s *Service) error {
			_, err := s.UpdateClient(t.Context(), "c", ClientFields{Password: pointer("second")}, "")
			return err
		}},
	} {
		t.Run(c.lose, func(t *testing.T) {
			h := build(t)
			h.broker.MustControl(t, command("createRole", "rolename", "r"), command("createGroup", "groupname", "g"),
				command("createClient", "username", "c", "password", "first"))
			eventually(t, "the service knows of them", func() bool {
				_, _, err := h.service.GetClient(t.Context(), "c")
				return err == nil
			})
			h.lose(c.lose)
			if err := c.write(t, h.service); err != nil {
				t.Errorf("the write: %v", err)
			}
			h.wantSent(c.lose, c.times)
			if c.lose == "modifyClient" {
				if _, err := h.broker.Connect(t, "c", "second", "c"); err != nil {
					t.Errorf("the new password does not work: %v", err)
				}
			}
			sameAsBroker(t, h)
		})
	}
}

// TestClientsThatStartDisabled loses each of the two answers that such a client takes.
func TestClientsThatStartDisabled(t *testing.T) {
	h := build(t)
	for i, lost := range []string{"", "createClient", "disableClient"} {
		name := fmt.Sprintf("off-%d", i)
		if lost != "" {
			h.lose(lost)
		}
		c, err := h.service.CreateClient(t.Context(), NewClient{Username: name,
			ClientFields: ClientFields{Password: pointer("pw"), Disabled: pointer(true)}})
		if err != nil || !c.Disabled {
			t.Errorf("losing %q: %+v, %v", lost, c, err)
		}
		if _, err := h.broker.Connect(t, name, "pw", name); err == nil {
			t.Errorf("losing %q: the client logs in", lost)
		}
		if _, err := h.service.SetDisabled(t.Context(), name, false, ""); err != nil {
			t.Error(err)
		}
		if _, err := h.broker.Connect(t, name, "pw", name); err != nil {
			t.Errorf("losing %q: the password does not work: %v", lost, err)
		}
	}
}

// TestSomebodyElseWasQuicker changes the broker's state between the check of a write and its sending.
func TestSomebodyElseWasQuicker(t *testing.T) {
	h := build(t)
	ctx := t.Context()
	h.broker.MustControl(t, command("createRole", "rolename", "r"), command("createGroup", "groupname", "g"),
		command("createClient", "username", "c", "textname", "old"))

	h.before(func() { h.broker.MustControl(t, command("createClient", "username", "taken", "password", "theirs")) })
	_, err := h.service.CreateClient(ctx, NewClient{Username: "taken", ClientFields: ClientFields{Password: pointer("ours"), Disabled: pointer(true)}})
	wantKind(t, err, fault.Conflict)
	if _, err := h.broker.Connect(t, "taken", "theirs", "taken"); err != nil {
		t.Errorf("the other one's client was touched: %v", err)
	}

	h.before(func() { h.broker.MustControl(t, command("deleteGroup", "groupname", "g")) })
	_, err = h.service.UpdateClient(ctx, "c", ClientFields{Textname: pointer("new"), Disabled: pointer(true), Groups: []GroupChoice{{Groupname: "g"}}}, "")
	wantKind(t, err, fault.Invalid)
	if c, _, err := h.service.GetClient(ctx, "c"); err != nil || c.Textname != "old" || c.Disabled {
		t.Errorf("a refused change left %+v, %v", c, err)
	}

	h.before(func() { h.broker.MustControl(t, command("deleteRole", "rolename", "r")) })
	_, err = h.service.CreateClient(ctx, NewClient{Username: "late", ClientFields: ClientFields{Roles: []RoleChoice{{Rolename: "r"}}}})
	wantKind(t, err, fault.Refused)
	if _, _, err := h.service.GetClient(ctx, "late"); !fault.Is(err, fault.NotFound) {
		t.Errorf("half a client was left: %v", err)
	}

	h.before(func() { h.broker.MustControl(t, command("deleteClient", "username", "c")) })
	_, err = h.service.SetDisabled(ctx, "c", true, "")
	wantKind(t, err, fault.NotFound)
	sameAsBroker(t, h)
}

// TestBrokerKilledInMidWrite kills the broker after it was sent a command and before it could carry it out.
func TestBrokerKilledInMidWrite(t *testing.T) {
	h := build(t)
	h.broker.Pause()
	result := make(chan error, 1)
	go func() {
		_, err := h.service.CreateClient(t.Context(), NewClient{Username: "c"})
		result <- err
	}()
	// Either the barrier before the write or the write itself is in the frozen broker's hands; both have to end well.
	h.broker.KillBetweenWrites()
	h.broker.Start()
	err := <-result
	switch {
	case err == nil:
	case fault.Is(err, fault.Unavailable), fault.Is(err, fault.Uncertain):
		eventually(t, "the broker can be asked again", func() bool {
			_, err := h.service.CreateClient(t.Context(), NewClient{Username: "c"})
			return err == nil || fault.Is(err, fault.Conflict)
		})
	default:
		t.Fatalf("error = %v", err)
	}
	h.wantSent("createClient", 1)
	sameAsBroker(t, h)
}

// TestPausedBroker sends a hundred requests to a broker that does not answer. Each ends with 503 or 504, and
// none is told anything that is not known.
func TestPausedBroker(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/clients", `{"username":"c"}`)
	h.broker.Pause()
	h.service.mirror.event(broker.Event{Kind: broker.Disconnected}) // what was heard before is no proof of anything now
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			method, path, body := "GET", "/dynsec/clients", ""
			if i%2 == 0 {
				method, body = "POST", fmt.Sprintf(`{"username":"paused-%d"}`, i)
			}
			if r := h.call(method, path, body); r.status != 503 && r.status != 504 {
				t.Errorf("%s: status %d: %s", method, r.status, r.body)
			}
		})
	}
	all.Wait()
	h.broker.Continue()
	eventually(t, "the service answers again", func() bool {
		return h.call("GET", "/dynsec/clients", "").status == 200
	})
	eventually(t, "the mirror is what the broker has", func() bool {
		st, err := h.service.state(t.Context())
		return err == nil && render(t, st) == everything(t, h)
	})
}
