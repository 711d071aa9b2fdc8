package dynsecfile

import (
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// reachesControl reports whether a rule's topic is about $CONTROL. Wildcards in the first level never cover a topic
// that begins with $, and neither do %c and %u there (seen with 2.0.11 and 2.1.2).
func reachesControl(topic string) bool {
	first, rest, _ := strings.Cut(topic, "/")
	if first == "$share" {
		_, shared, _ := strings.Cut(rest, "/")
		first, _, _ = strings.Cut(shared, "/")
	}
	return first == "$CONTROL"
}

func (r *roleView) reachesControl() bool {
	return r != nil && slices.ContainsFunc(r.acls, func(a broker.DynsecACL) bool { return reachesControl(a.Topic) })
}

// control tells of each entry of a view whether it has to do with $CONTROL. A rule that denies counts too, because
// taking it away can open what it closed.
type control struct {
	view          *view
	roles, groups map[string]bool
}

func newControl(v *view) *control {
	c := &control{v, map[string]bool{}, map[string]bool{}}
	for name, r := range v.roles {
		if r.reachesControl() {
			c.roles[name] = true
		}
	}
	for name, g := range v.groups {
		if slices.ContainsFunc(g.roles, func(r ref) bool { return c.roles[r.name] }) {
			c.groups[name] = true
		}
	}
	return c
}

func (c *control) client(name string) bool {
	client := c.view.clients[name]
	return client != nil && (slices.ContainsFunc(client.roles, func(r ref) bool { return c.roles[r.name] }) ||
		slices.ContainsFunc(client.groups, func(g ref) bool { return c.groups[g.name] }))
}

// GrantsControl names what the change adds, changes or takes away that has to do with rights on $CONTROL, as in
// "role admin": whoever may write there is as powerful as the broker's administrator, and whoever may set the password
// of one who may is, too. Who asks needs dynsec:admin when it is not empty. It names at most 20.
func GrantsControl(before, after *broker.DynsecFile) []string {
	return grants(newView(before), newView(after))
}

func grants(a, b *view) []string {
	const atMost = 20
	was, will := newControl(a), newControl(b)
	found := []string{}
	say := func(what, name string) { found = append(found, what+" "+shortened(name, maxText)) }
	differing(a.roles, b.roles, func(name string, old, wanted *roleView) {
		if (was.roles[name] || will.roles[name]) && (old == nil || wanted == nil || !sameRole(old, wanted)) {
			say("role", name)
		}
	})
	differing(a.groups, b.groups, func(name string, old, wanted *groupView) {
		if (was.groups[name] || will.groups[name]) && (old == nil || wanted == nil || !sameGroup(old, wanted)) {
			say("group", name)
		}
	})
	differing(a.clients, b.clients, func(name string, old, wanted *clientView) {
		if (was.client(name) || will.client(name)) && (old == nil || wanted == nil || !sameClient(old, wanted)) {
			say("client", name)
		}
	})
	if a.anonymous != b.anonymous && (was.groups[a.anonymous] || will.groups[b.anonymous]) {
		say("anonymous group", b.anonymous)
	}
	return found[:min(len(found), atMost)]
}

// differing calls fn for every name that one of two maps has; the other's value is then nil.
func differing[T any](a, b map[string]*T, fn func(name string, a, b *T)) {
	for _, name := range names(b) {
		fn(name, a[name], b[name])
	}
	for _, name := range names(a) {
		if b[name] == nil {
			fn(name, a[name], nil)
		}
	}
}

// administrators are the clients that can log in to a broker of this version and send commands to the plugin, those
// that are named left out.
func (v *view) administrators(version string, without []string) []string {
	says := make(map[string]bool, len(v.roles)) // what a role says about it; absent: nothing
	for name, r := range v.roles {
		for _, a := range r.acls {
			if a.Acltype == "publishClientSend" && topicfilter.Match(a.Topic, broker.ControlTopic) {
				says[name] = a.Allow
				break
			}
		}
	}
	decides := func(refs []ref) (allow, decided bool) {
		for _, r := range refs {
			if allow, decided = says[r.name]; decided {
				return allow, true
			}
		}
		return false, false
	}
	var found []string
	for name, c := range v.clients {
		allow, decided := decides(c.roles)
		for _, g := range c.groups {
			if decided {
				break
			}
			allow, decided = decides(v.groups[g.name].roles)
		}
		if allow && canLogIn(c.DynsecClient, version) && !slices.Contains(without, name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}
