package dynsecfile_test

import (
	"math/rand/v2"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
)

// TestAnyFileBecomesAnyOtherLive goes from one random file to the next, over everything that a broker can hold, and
// looks at what the broker says and at what it has on disk. In between, another manager makes and changes things in the
// ways that make the plugin forget its references.
func TestAnyFileBecomesAnyOtherLive(t *testing.T) {
	w := newWorld(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	d := dice{rand.New(rand.NewPCG(seed, 1)), w.file(), w.broker.Version() >= "2.1"}
	for i := range 60 {
		before := w.file()
		wanted := d.file(t, before.AnonymousGroup != "")
		out, err := w.put(wanted)
		if err != nil {
			t.Fatalf("pair %d: %v\nhint %s\nbefore %s\nwanted %s", i, err, hintOf(err), before.Bytes(), wanted.Bytes())
		}
		if out.Effect == dynsecfile.EffectRestart || !out.Applied {
			t.Fatalf("pair %d: %+v", i, out)
		}
		// Kept hashes are in the file and not in what was wanted.
		kept, err := dynsecfile.Read(dynsecfile.Masked(wanted), before)
		if err != nil {
			t.Fatal(err)
		}
		now := w.file()
		if left := dynsecfile.Compare(now, kept); !left.Empty() {
			t.Fatalf("pair %d: the file differs: %+v\nbefore %s\nwanted %s\nnow %s", i, left, before.Bytes(), wanted.Bytes(), now.Bytes())
		}
		if err := dynsecfile.Verify(within(t), w.session, kept, w.broker.Version()); err != nil {
			t.Fatalf("pair %d: %v", i, err)
		}
		w.meddle(d, now)
	}
}

// meddle makes a client and a group with roles in one command each. What replaces the roles of a group as a whole is
// left out: after it a broker cannot be saved, whoever deletes the group and then the role.
func (w *world) meddle(d dice, f *broker.DynsecFile) {
	w.t.Helper()
	var roles []map[string]any
	for _, r := range f.Roles {
		if r.Rolename != "admin" && d.some(2) {
			roles = append(roles, map[string]any{"rolename": r.Rolename, "priority": d.priority()})
		}
	}
	if roles == nil || d.some(2) {
		return
	}
	// What is there already is refused, which is as good.
	commands := []broker.Command{
		{"command": "createClient", "username": "c0", "password": "pw", "roles": roles},
		{"command": "createGroup", "groupname": "g1", "roles": roles},
	}
	w.broker.Control(w.t, commands...)
}
