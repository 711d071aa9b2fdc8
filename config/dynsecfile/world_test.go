package dynsecfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/fault"
)

// patience is how long anything may take before it counts as broken.
const patience = 30 * time.Second

// world is a broker with a session on it.
type world struct {
	t       testing.TB
	broker  *brokertest.Broker
	session *broker.Session
}

func newWorld(t testing.TB, opts ...brokertest.Option) *world {
	t.Helper()
	w := &world{t: t, broker: brokertest.Start(t, opts...)}
	w.session = openSession(t, w.broker.UnixEndpoint())
	return w
}

// openSession opens a session that ends with the test, and waits until it can be used.
func openSession(t testing.TB, e broker.Endpoint) *broker.Session {
	t.Helper()
	s := broker.NewSession(broker.SessionOptions{Endpoint: e})
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := s.Ready(within(t)); err != nil {
		t.Fatal(err)
	}
	return s
}

func hintOf(err error) string { return fault.From(err).HintText }

// within is a context for one step of a test.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// file is what the broker has on disk.
func (w *world) file() *broker.DynsecFile {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.broker.Dir, "dynamic-security.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	return parsed(w.t, data)
}

func parsed(t testing.TB, data []byte) *broker.DynsecFile {
	t.Helper()
	f, err := broker.ParseDynsecFile(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return f
}

// cloned is a copy that shares nothing.
func cloned(t testing.TB, f *broker.DynsecFile) *broker.DynsecFile {
	t.Helper()
	return parsed(t, f.Bytes())
}

func (w *world) options(current *broker.DynsecFile) dynsecfile.Options {
	return dynsecfile.Options{
		Control: w.session, Current: current, Version: w.broker.Version(), Own: []string{w.broker.AdminUsername}, OwnRoles: []string{"admin"},
	}
}

// put reads the wanted file as a request would bring it and puts it.
func (w *world) put(wanted *broker.DynsecFile) (dynsecfile.Outcome, error) {
	w.t.Helper()
	current := w.file()
	f, err := dynsecfile.Read(dynsecfile.Masked(wanted), current)
	if err != nil {
		w.t.Fatal(err)
	}
	return dynsecfile.Put(within(w.t), w.options(current), f)
}

// dice makes random files around what must stay.
type dice struct {
	*rand.Rand
	stays  *broker.DynsecFile // our own account and role
	modern bool               // the broker is 2.1 or later
}

func (d dice) some(n int) bool { return d.IntN(n) == 0 }

func (d dice) text() string {
	return []string{"", "", "a", "Zähler", `quo"te`, "line\nbreak", " "}[d.IntN(7)]
}

func (d dice) priority() int { return []int{-1, -1, 0, 5, 100_000, -7}[d.IntN(6)] }

func (d dice) topic() string {
	return []string{"a", "a/b", "a/+/c", "#", "plant/#", "+/x", "$SYS/#", "ü/ö", "%c/a", "$CONTROL/other/#"}[d.IntN(10)]
}

func names(kind string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s%d", kind, i))
	}
	return append(all, kind+" with spaces", kind+"/ü")
}

func (d dice) chosen(from []string, oneIn int) []string {
	var out []string
	for _, name := range from {
		if d.some(oneIn) {
			out = append(out, name)
		}
	}
	d.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (d dice) refs(roles []string) []broker.DynsecRoleRef {
	var out []broker.DynsecRoleRef
	for _, name := range d.chosen(roles, 3) {
		out = append(out, broker.DynsecRoleRef{Rolename: name, Priority: d.priority()})
	}
	return out
}

// file is a random file. An anonymous group, once there, is never taken away, because no command can.
func (d dice) file(t testing.TB, anonymous bool) *broker.DynsecFile {
	t.Helper()
	f := cloned(t, d.stays)
	f.AnonymousGroup = ""
	roles, clients, groups := d.chosen(names("r", 5), 2), d.chosen(names("c", 8), 2), d.chosen(names("g", 4), 2)
	if anonymous && len(groups) == 0 {
		groups = []string{"g0"}
	}
	for _, name := range roles {
		r := broker.DynsecRole{Rolename: name, Textname: d.text(), Textdescription: d.text()}
		if d.modern && d.some(2) {
			allow := d.some(2)
			r.AllowWildcardSubs = &allow
		}
		for range d.IntN(5) {
			acl := broker.DynsecACL{Topic: d.topic(), Priority: max(-5, d.priority()), Allow: d.some(2),
				Acltype: []string{"publishClientSend", "publishClientReceive", "subscribeLiteral", "subscribePattern",
					"unsubscribeLiteral", "unsubscribePattern"}[d.IntN(6)]}
			if !slices.ContainsFunc(r.ACLs, func(o broker.DynsecACL) bool { return o.Acltype == acl.Acltype && o.Topic == acl.Topic }) {
				r.ACLs = append(r.ACLs, acl)
			}
		}
		f.Roles = append(f.Roles, r)
	}
	for _, name := range clients {
		c := broker.DynsecClient{Username: name, Textname: d.text(), Textdescription: d.text(), Disabled: d.some(3), Roles: d.refs(roles)}
		if d.some(3) {
			id := "id of " + name
			c.ClientID = &id
		}
		f.Clients = append(f.Clients, c)
	}
	for _, name := range groups {
		g := broker.DynsecGroup{Groupname: name, Textname: d.text(), Textdescription: d.text(), Roles: d.refs(roles)}
		for _, member := range d.chosen(clients, 2) {
			g.Clients = append(g.Clients, broker.DynsecClientRef{Username: member, Priority: d.priority()})
		}
		f.Groups = append(f.Groups, g)
	}
	if len(groups) > 0 && (anonymous || d.some(3)) {
		f.AnonymousGroup = groups[d.IntN(len(groups))]
	}
	f.DefaultACLAccess.PublishClientSend, f.DefaultACLAccess.Subscribe = d.some(2), d.some(2)
	f.DefaultACLAccess.PublishClientReceive, f.DefaultACLAccess.Unsubscribe = d.some(2), d.some(2)
	return f
}
