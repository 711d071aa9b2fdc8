package dynsecfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// TestABrokerThatIsKilledAnywhereEndsWhole kills the managed broker, which its keeper starts again, at any moment of a
// change over $CONTROL: in the middle of writing its file too, which 2.0.11 does in place. In the end the broker holds
// what was wanted, or the fault says what it holds.
func TestABrokerThatIsKilledAnywhereEndsWhole(t *testing.T) {
	w := manage(t)
	for round := range 4 {
		before := w.file()
		wanted := cloned(t, before)
		role := fmt.Sprint("role-", round)
		wanted.Roles = append(wanted.Roles, broker.DynsecRole{Rolename: role})
		for i := range 60 {
			wanted.Clients = append(wanted.Clients, broker.DynsecClient{
				Username: fmt.Sprintf("client-%d-%d", round, i), Roles: []broker.DynsecRoleRef{{Rolename: role, Priority: -1}}})
		}
		o := w.options(before)
		o.Restart = false
		pid := w.broker.Status().BrokerPID
		message := 1 + rand.IntN(5) // there are at least six
		pause := time.Duration(rand.IntN(20_000)) * time.Microsecond
		o.Control = &meddling{Control: w.session, before: map[int]func(){message: func() {
			time.AfterFunc(pause, func() {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Errorf("killing the broker: %v", err)
				}
			})
		}}}
		out, err := dynsecfile.Put(within(t), o, wanted)
		t.Logf("round %d, killed %s after message %d was begun: %v", round, pause, message, err)
		awaitRestart(t, w, pid)
		now, stateErr := dynsecfile.State(within(t), w.session)
		if stateErr != nil {
			t.Fatal(stateErr)
		}
		switch {
		case err == nil:
			if left := dynsecfile.Compare(withHashes(now, w.file()), wanted); !left.Empty() || !out.Applied {
				t.Errorf("it was said that all is done, and this is left: %s", left.Summary())
			}
		case fault.Is(err, fault.Unavailable):
			if done := dynsecfile.Compare(before, withHashes(now, w.file())); !done.Empty() {
				t.Errorf("it was said that nothing is done, and this is: %s", done.Summary())
			}
		default:
			t.Errorf("a broker that comes back is asked what it has: %v", err)
		}
	}
}

// awaitRestart waits until the keeper has another broker and the session is on it.
func awaitRestart(t testing.TB, w *managed, pid int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if now := w.broker.Status(); now.BrokerPID != pid && now.BrokerPID != 0 {
			if _, err := dynsecfile.State(ctx, w.session); err == nil {
				return
			}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	t.Fatalf("the broker does not come back: %+v", w.broker.Status())
}

// withHashes takes the hashes, which no state has, from the file.
func withHashes(state, file *broker.DynsecFile) *broker.DynsecFile {
	for i := range state.Clients {
		if c := file.Client(state.Clients[i].Username); c != nil {
			state.Clients[i].Password, state.Clients[i].EncodedPassword = c.Password, c.EncodedPassword
		}
	}
	return state
}
