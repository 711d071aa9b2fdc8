package dynsec

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// counting is a session that counts what it is told, and does not pass it on from the message with the number breaks on.
type counting struct {
	*broker.Session
	command string

	mu       sync.Mutex
	messages []int // how many of command each had that had any
	breaks   int   // 0: never
}

// Do sends commands on.
func (c *counting) Do(ctx context.Context, commands ...broker.Command) ([]broker.Response, error) {
	n := 0
	for _, sent := range commands {
		if sent.Name() == c.command {
			n++
		}
	}
	c.mu.Lock()
	if n > 0 {
		c.messages = append(c.messages, n)
	}
	broken := c.breaks > 0 && len(c.messages) >= c.breaks && n > 0
	c.mu.Unlock()
	if broken {
		return nil, fault.New(fault.Unavailable, "the broker is away")
	}
	return c.Session.Do(ctx, commands...)
}

// carriedByMany is a house with a role that many clients and groups carry, and what counts how they lose it.
func carriedByMany(t *testing.T, many int) (*house, *counting) {
	t.Helper()
	h := build(t)
	roles := []map[string]any{{"rolename": "r"}}
	commands := []broker.Command{command("createRole", "rolename", "r")}
	for i := range many {
		commands = append(commands, command("createClient", "username", fmt.Sprintf("c-%03d", i), "roles", roles))
	}
	commands = append(commands, command("createGroup", "groupname", "g1", "roles", roles), command("createGroup", "groupname", "g2", "roles", roles))
	h.broker.MustControl(t, commands...)
	eventually(t, "all of them are known", func() bool {
		st, err := h.service.state(t.Context())
		if err != nil {
			return false
		}
		clients, groups := st.Carriers("r")
		return clients == many && groups == 2
	})
	c := &counting{Session: h.session, command: "removeClientRole"}
	h.service.mirror.control = c
	return h, c
}

// TestARoleOfManyIsTakenAwayInPieces wants no message to keep the broker for long, and one entry in the record.
func TestARoleOfManyIsTakenAwayInPieces(t *testing.T) {
	const many = 250
	h, c := carriedByMany(t, many)
	h.want(204, "DELETE", "/dynsec/roles/r", "")
	total := 0
	for _, n := range c.messages {
		total += n
		if n > maxBatch {
			t.Errorf("a message takes it away from %d", n)
		}
	}
	if total != many || len(c.messages) < 4 || c.messages[0] > firstStrip {
		t.Errorf("messages of %v", c.messages)
	}
	if len(h.records) != 1 || h.records[0].action != "role.delete" || h.records[0].after != nil {
		t.Fatalf("%d records: %+v", len(h.records), h.records)
	}
	if before := h.records[0].before.(carriedRole); len(before.CarriedByClients) != many || len(before.CarriedByGroups) != 2 {
		t.Errorf("recorded is a role of %d clients and %d groups", len(before.CarriedByClients), len(before.CarriedByGroups))
	}
	sameAsBroker(t, h)
}

// TestARoleThatIsHalfTakenAway loses the broker on the way.
func TestARoleThatIsHalfTakenAway(t *testing.T) {
	h, c := carriedByMany(t, 40)
	c.breaks = 3
	err := h.service.DeleteRole(t.Context(), "r", "")
	wantKind(t, err, fault.Unavailable)
	if hint := fault.From(err).HintText; hint != "some of those who carried the role have lost it already; DELETE it again to go on" {
		t.Errorf("it says %q", hint)
	}
	if len(h.records) != 1 || h.records[0].action != "role.delete.partly" {
		t.Fatalf("%d records: %+v", len(h.records), h.records)
	}
	left := len(h.records[0].after.(carriedRole).CarriedByClients)
	if left == 0 || left >= 40 {
		t.Errorf("%d are left", left)
	}
	c.mu.Lock()
	c.breaks = 0
	c.mu.Unlock()
	if err := h.service.DeleteRole(t.Context(), "r", ""); err != nil {
		t.Fatal(err)
	}
	if before := h.records[1].before.(carriedRole); len(before.CarriedByClients) != left {
		t.Errorf("the second time it is a role of %d", len(before.CarriedByClients))
	}
	sameAsBroker(t, h)
}
