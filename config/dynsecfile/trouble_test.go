package dynsecfile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// meddling runs something before the message with a number is sent, and changes nothing of it.
type meddling struct {
	dynsecfile.Control
	before map[int]func()
	sent   int
}

func (m *meddling) Do(ctx context.Context, cmds ...broker.Command) ([]broker.Response, error) {
	m.sent++
	if fn := m.before[m.sent]; fn != nil {
		fn()
	}
	return m.Control.Do(ctx, cmds...)
}

// spread is a file with changes at every stage: 60 new clients, roles and groups, others changed and deleted.
func spread(t *testing.T, w *world) *broker.DynsecFile {
	t.Helper()
	w.broker.MustControl(t,
		broker.Command{"command": "createRole", "rolename": "old"},
		broker.Command{"command": "createRole", "rolename": "stays"},
		broker.Command{"command": "createGroup", "groupname": "old"},
		broker.Command{"command": "createClient", "username": "old", "password": "pw", "roles": []map[string]any{{"rolename": "old"}}},
		broker.Command{"command": "createClient", "username": "stays", "password": "pw", "groups": []map[string]any{{"groupname": "old"}}})
	f := w.file()
	f.Roles = slices.DeleteFunc(f.Roles, func(r broker.DynsecRole) bool { return r.Rolename == "old" })
	f.Clients = slices.DeleteFunc(f.Clients, func(c broker.DynsecClient) bool { return c.Username == "old" })
	f.Role("stays").ACLs = []broker.DynsecACL{{Acltype: "publishClientSend", Topic: "a", Allow: true}}
	f.Client("stays").Textname = "changed"
	f.Groups = []broker.DynsecGroup{{Groupname: "new", Roles: []broker.DynsecRoleRef{{Rolename: "stays"}}}}
	for i := range 60 {
		name := fmt.Sprintf("new-%d", i)
		f.Clients = append(f.Clients, broker.DynsecClient{Username: name, Roles: []broker.DynsecRoleRef{{Rolename: "stays"}}})
		f.Groups[0].Clients = append(f.Groups[0].Clients, broker.DynsecClientRef{Username: name})
	}
	return f
}

// TestWhatTheBrokerTurnsDownIsUndone has somebody else delete a role or make a client at the worst of moments.
func TestWhatTheBrokerTurnsDownIsUndone(t *testing.T) {
	for name, meddle := range map[string]broker.Command{
		"a client is there already": {"command": "createClient", "username": "new-59"},
		"a group is there already":  {"command": "createGroup", "groupname": "new"},
		"a client is gone":          {"command": "deleteClient", "username": "new-3"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			wanted := spread(t, w)
			before := w.file()
			o := w.options(before)
			when := 2 // behind reading the state
			if meddle.Name() == "deleteClient" {
				when = 5
			}
			o.Control = &meddling{Control: w.session, before: map[int]func(){when: func() { w.broker.MustControl(t, meddle) }}}
			_, err := dynsecfile.Put(within(t), o, wanted)
			if !fault.Is(err, fault.Refused) || !strings.Contains(hintOf(err), "undone") {
				t.Fatalf("%v: %s", err, hintOf(err))
			}
			// What somebody else made in the meantime stays.
			switch meddle.Name() {
			case "createClient":
				before.Clients = append(before.Clients, broker.DynsecClient{Username: "new-59"})
			case "createGroup":
				before.Groups = append(before.Groups, broker.DynsecGroup{Groupname: "new"})
			}
			if left := dynsecfile.Compare(before, w.file()); !left.Empty() {
				t.Errorf("left of it: %+v", left)
			}
		})
	}
}

// TestWhatCannotBeUndoneIsTold deletes a client with a hash and then fails.
func TestWhatCannotBeUndoneIsTold(t *testing.T) {
	w := newWorld(t)
	wanted := spread(t, w)
	before := w.file()
	o := w.options(before)
	o.Control = meddlingBefore(w.session, "deleteGroup", func() {
		w.broker.MustControl(t, broker.Command{"command": "deleteGroup", "groupname": "old"})
	})
	_, err := dynsecfile.Put(within(t), o, wanted)
	if !fault.Is(err, fault.Refused) || !strings.Contains(hintOf(err), "clients: 60 added, 1 changed, 1 removed") {
		t.Fatalf("%v: %s", err, hintOf(err))
	}
	// The group is gone as well, but that was somebody else.
	if done := dynsecfile.Compare(before, w.file()); !strings.HasPrefix(done.Summary(), "clients: 60 added, 1 changed, 1 removed") {
		t.Errorf("told was %q, done is %q", hintOf(err), done.Summary())
	}
}

// meddlingBefore runs fn once before the first message with the command.
func meddlingBefore(c dynsecfile.Control, command string, fn func()) dynsecfile.Control {
	return controlFunc(func(ctx context.Context, cmds ...broker.Command) ([]broker.Response, error) {
		if fn != nil && cmds[0].Name() == command {
			fn()
			fn = nil
		}
		return c.Do(ctx, cmds...)
	})
}

type controlFunc func(context.Context, ...broker.Command) ([]broker.Response, error)

func (f controlFunc) Do(ctx context.Context, cmds ...broker.Command) ([]broker.Response, error) {
	return f(ctx, cmds...)
}

func TestABrokerThatIsKilledInTheMiddle(t *testing.T) {
	w := newWorld(t)
	wanted := spread(t, w)
	o := w.options(w.file())
	o.Patience = 300 * time.Millisecond
	o.Control = meddlingBefore(w.session, "modifyRole", w.broker.KillBetweenWrites)
	confirmed := 0
	o.Progress = func(done, _ int) { confirmed = done }
	out, err := dynsecfile.Put(within(t), o, wanted)
	if !fault.Is(err, fault.Uncertain) || out.Applied {
		t.Fatalf("%v %+v", err, out)
	}
	for _, word := range []string{"outcome: unknown", fmt.Sprintf("%d of ", confirmed), "1 command sent last"} {
		if !strings.Contains(hintOf(err), word) {
			t.Errorf("the hint does not say %q: %s", word, hintOf(err))
		}
	}
	if confirmed != 61 {
		t.Errorf("%d commands were confirmed, of one new group and 60 new clients", confirmed)
	}
}

func TestABrokerThatComesBackIsBroughtToTheEnd(t *testing.T) {
	for _, at := range []string{"createGroup", "modifyRole", "modifyClient", "deleteClient", "deleteRole"} {
		t.Run(at, func(t *testing.T) {
			w := newWorld(t)
			wanted := spread(t, w)
			o := w.options(w.file())
			o.Control = meddlingBefore(w.session, at, func() { w.broker.KillBetweenWrites(); w.broker.Start() })
			out, err := dynsecfile.Put(within(t), o, wanted)
			if err != nil || !out.Applied {
				t.Fatalf("%v: %s", err, hintOf(err))
			}
			if left := dynsecfile.Compare(w.file(), wanted); !left.Empty() {
				t.Errorf("left: %+v", left)
			}
		})
	}
}

func TestNothingIsSentToABrokerThatIsAway(t *testing.T) {
	w := newWorld(t)
	wanted := spread(t, w)
	o := w.options(w.file())
	w.broker.KillBetweenWrites()
	if _, err := dynsecfile.Put(within(t), o, wanted); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
}

// TestOfManyWritersOneAtATimeWins has ten who read the same file, as the service lets them in: each with the tag of
// what it read.
func TestOfManyWritersOneAtATimeWins(t *testing.T) {
	w := newWorld(t)
	const writers, rounds = 10, 3
	for round := range rounds {
		read := w.file()
		tag := dynsecfile.ETag(read)
		var turn sync.Mutex
		var wg sync.WaitGroup
		won := make(chan string, writers)
		for i := range writers {
			wg.Go(func() {
				name := fmt.Sprintf("client-%d-%d", round, i)
				wanted := cloned(t, read)
				wanted.Clients = append(wanted.Clients, broker.DynsecClient{Username: name})
				turn.Lock()
				defer turn.Unlock()
				current := w.file()
				if dynsecfile.ETag(current) != tag {
					return
				}
				if _, err := dynsecfile.Put(within(t), w.options(current), wanted); err != nil {
					t.Error(err)
				}
				won <- name
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Fatalf("%d of %d writers won", len(won), writers)
		}
		if f := w.file(); len(f.Clients) != len(read.Clients)+1 || f.Client(<-won) == nil {
			t.Errorf("not what the winner wanted: %s", f.Bytes())
		}
	}
}
