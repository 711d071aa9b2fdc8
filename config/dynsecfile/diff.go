package dynsecfile

import (
	"fmt"
	"strconv"

	"github.com/bunkerm/bunkerm/broker"
)

const (
	// maxEntries and maxItems bound what a Diff lists: a file may have 20,000 clients, and a role as many rules.
	maxEntries = 200
	maxItems   = 50
	// maxText bounds one text of a Diff, in bytes.
	maxText = 200
)

// Compare says how two files differ, as the broker takes them: the order of entries, the form of a hash and
// references to what is not there are no difference.
func Compare(before, after *broker.DynsecFile) Diff { return compare(newView(before), newView(after)) }

func compare(a, b *view) Diff {
	d := Diff{
		Clients: entryChanges(a.clients, b.clients, clientChanges),
		Roles:   entryChanges(a.roles, b.roles, roleChanges),
		Groups:  entryChanges(a.groups, b.groups, groupChanges),
	}
	access := &changes{}
	flagsA, flagsB := defaultFlags(&a.file.DefaultACLAccess), defaultFlags(&b.file.DefaultACLAccess)
	for _, key := range names(flagsA) {
		access.field(key, "", allowed(*flagsA[key]), allowed(*flagsB[key]))
	}
	access.unknown(a.file.DefaultACLAccess.Unknown, b.file.DefaultACLAccess.Unknown)
	d.DefaultAccess = access.list()
	if a.anonymous != b.anonymous {
		d.AnonymousGroup = &FieldChange{Field: "anonymousGroup",
			Before: shortened(a.anonymous, maxText), After: shortened(b.anonymous, maxText)}
	}
	other := &changes{}
	other.unknown(a.file.Unknown, b.file.Unknown)
	d.Other = other.list()
	return d
}

// Empty tells whether the files say the same.
func (d Diff) Empty() bool {
	entries := 0
	for _, c := range []EntryChanges{d.Clients, d.Roles, d.Groups} {
		entries += c.AddedTotal + c.ChangedTotal + c.RemovedTotal
	}
	return entries == 0 && len(d.DefaultAccess) == 0 && d.AnonymousGroup == nil && len(d.Other) == 0
}

// Summary is the difference in one line, as in "clients: 3 added, 1 removed; default access changed".
func (d Diff) Summary() string {
	text := ""
	say := func(part string) {
		if text != "" {
			text += "; "
		}
		text += part
	}
	for _, list := range []struct {
		name string
		EntryChanges
	}{{"clients", d.Clients}, {"roles", d.Roles}, {"groups", d.Groups}} {
		part := ""
		for _, count := range []struct {
			n    int
			what string
		}{{list.AddedTotal, "added"}, {list.ChangedTotal, "changed"}, {list.RemovedTotal, "removed"}} {
			if count.n == 0 {
				continue
			}
			if part != "" {
				part += ", "
			}
			part += strconv.Itoa(count.n) + " " + count.what
		}
		if part != "" {
			say(list.name + ": " + part)
		}
	}
	if len(d.DefaultAccess) > 0 {
		say("default access changed")
	}
	if d.AnonymousGroup != nil {
		say("anonymous group changed")
	}
	if len(d.Other) > 0 {
		say("other keys changed")
	}
	if text == "" {
		return "nothing"
	}
	return text
}

func entryChanges[T any](a, b map[string]T, between func(a, b T) *changes) EntryChanges {
	e := EntryChanges{Added: []string{}, Changed: []EntryChange{}, Removed: []string{}}
	for _, name := range names(b) {
		old, both := a[name]
		if !both {
			if e.AddedTotal++; len(e.Added) < maxEntries {
				e.Added = append(e.Added, shortened(name, maxText))
			}
			continue
		}
		c := between(old, b[name])
		if c == nil || c.total == 0 {
			continue
		}
		if e.ChangedTotal++; len(e.Changed) < maxEntries {
			e.Changed = append(e.Changed, EntryChange{Name: shortened(name, maxText), Fields: c.list(), FieldsTotal: c.total})
		}
	}
	for _, name := range names(a) {
		if _, both := b[name]; both {
			continue
		}
		if e.RemovedTotal++; len(e.Removed) < maxEntries {
			e.Removed = append(e.Removed, shortened(name, maxText))
		}
	}
	return e
}

// changes collects the first fields that differ and counts all.
type changes struct {
	fields []FieldChange
	total  int
}

func (c *changes) list() []FieldChange {
	if c.fields == nil {
		return []FieldChange{}
	}
	return c.fields
}

func (c *changes) field(field, item, before, after string) {
	if before == after {
		return
	}
	if c.total++; len(c.fields) < maxItems {
		c.fields = append(c.fields, FieldChange{Field: field, Item: shortened(item, maxText),
			Before: shortened(before, maxText), After: shortened(after, maxText)})
	}
}

// unknown says that a key has changed and not to what: nobody knows what it may hold.
func (c *changes) unknown(a, b []broker.RawMember) {
	if sameMembers(a, b, changeIndex) {
		return
	}
	values := func(members []broker.RawMember) map[string]string {
		m := map[string]string{}
		for _, member := range tidy(members, changeIndex) {
			m[member.Key] = string(member.Value)
		}
		return m
	}
	c.each(values(a), values(b), func(key, before, after string) {
		switch {
		case before == "":
			c.field(key, "", "", "a value")
		case after == "":
			c.field(key, "", "a value", "")
		default:
			c.field(key, "", "a value", "another value")
		}
	})
}

// each goes over what two maps have differently, in order.
func (c *changes) each(a, b map[string]string, differs func(key, before, after string)) {
	all := make(map[string]bool, len(a)+len(b))
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	for _, key := range names(all) {
		if a[key] != b[key] {
			differs(key, a[key], b[key])
		}
	}
}

func (c *changes) refs(field string, a, b []ref) {
	text := func(refs []ref) map[string]string {
		m := make(map[string]string, len(refs))
		for _, r := range refs {
			m[r.name] = "priority " + strconv.Itoa(r.priority)
		}
		return m
	}
	c.each(text(a), text(b), func(name, before, after string) { c.field(field, name, before, after) })
}

func clientChanges(a, b *clientView) *changes {
	known := unknownOfClient(a.DynsecClient) == unknownOfClient(b.DynsecClient)
	if known && sameClient(a, b) {
		return nil
	}
	c := &changes{}
	c.field("clientid", "", binding(a.ClientID), binding(b.ClientID))
	c.field("textname", "", a.Textname, b.Textname)
	c.field("textdescription", "", a.Textdescription, b.Textdescription)
	c.field("disabled", "", strconv.FormatBool(a.Disabled), strconv.FormatBool(b.Disabled))
	c.refs("roles", a.roles, b.roles)
	if !sameHash(a.DynsecClient, b.DynsecClient) {
		before, after := "set", "changed"
		if !a.HasPassword() {
			before, after = "", "set"
		} else if !b.HasPassword() {
			after = ""
		}
		c.field("password", "", before, after)
	}
	c.unknown(a.Unknown, b.Unknown)
	if !known && c.total == 0 {
		c.field("roles", "", "", "other keys changed")
	}
	return c
}

func binding(id *string) string {
	switch {
	case id == nil:
		return "any"
	case *id == "":
		return "the empty one"
	}
	return *id
}

func groupChanges(a, b *groupView) *changes {
	known := unknownOfGroup(a.DynsecGroup) == unknownOfGroup(b.DynsecGroup)
	if known && sameGroup(a, b) {
		return nil
	}
	c := &changes{}
	c.field("textname", "", a.Textname, b.Textname)
	c.field("textdescription", "", a.Textdescription, b.Textdescription)
	c.refs("roles", a.roles, b.roles)
	c.refs("clients", a.clients, b.clients)
	c.unknown(a.Unknown, b.Unknown)
	if !known && c.total == 0 {
		c.field("clients", "", "", "other keys changed")
	}
	return c
}

func roleChanges(a, b *roleView) *changes {
	known := unknownOfRole(a.DynsecRole) == unknownOfRole(b.DynsecRole)
	if known && sameRole(a, b) {
		return nil
	}
	c := &changes{}
	c.field("textname", "", a.Textname, b.Textname)
	c.field("textdescription", "", a.Textdescription, b.Textdescription)
	c.field("allowwildcardsubs", "", strconv.FormatBool(a.allowsWildcards()), strconv.FormatBool(b.allowsWildcards()))
	text := func(acls []broker.DynsecACL) map[string]string {
		m := make(map[string]string, len(acls))
		for _, acl := range acls {
			m[acl.Acltype+" "+acl.Topic] = fmt.Sprintf("%s, priority %d", allowed(acl.Allow), acl.Priority)
		}
		return m
	}
	c.each(text(a.acls), text(b.acls), func(rule, before, after string) { c.field("acls", rule, before, after) })
	c.unknown(a.Unknown, b.Unknown)
	if c.total == 0 {
		// Among equal priorities the order decides.
		c.field("acls", "", "in another order", "in the order of the file")
	}
	return c
}

func allowed(allow bool) string {
	if allow {
		return "allow"
	}
	return "deny"
}
