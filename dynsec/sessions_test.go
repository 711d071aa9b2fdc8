package dynsec

import (
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// TestSessionsOfANameWithoutAClient ends those of names with a client, without one, and with one that somebody else makes at that
// moment. That it ends sessions is tested where there are certificates to come by.
func TestSessionsOfANameWithoutAClient(t *testing.T) {
	h := build(t)
	h.want(201, "POST", "/dynsec/clients", `{"username":"there","password":"pw"}`)
	for _, name := range []string{"nobody", "there"} {
		before := everything(t, h)
		if err := h.service.EndSessions(t.Context(), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if now := everything(t, h); now != before {
			t.Errorf("%s: the broker has\n%s\nand had\n%s", name, now, before)
		}
	}
	for _, lost := range []string{"createClient", "deleteClient"} {
		before := everything(t, h)
		h.lose(lost)
		if err := h.service.EndSessions(t.Context(), "nobody"); err != nil {
			t.Errorf("losing %s: %v", lost, err)
		}
		if now := everything(t, h); now != before {
			t.Errorf("losing %s: the broker has\n%s\nand had\n%s", lost, now, before)
		}
	}

	h.before(func() { h.broker.MustControl(t, command("createClient", "username", "taken", "password", "theirs")) })
	if err := h.service.EndSessions(t.Context(), "taken"); err != nil {
		t.Error(err)
	}
	if _, err := h.broker.Connect(t, "taken", "theirs", "taken"); err != nil {
		t.Errorf("the other one's client was touched: %v", err)
	}
	wantKind(t, h.service.EndSessions(t.Context(), h.broker.AdminUsername), fault.Conflict)
	wantKind(t, h.service.EndSessions(t.Context(), "a\x00b"), fault.Invalid)
	sameAsBroker(t, h)
}
