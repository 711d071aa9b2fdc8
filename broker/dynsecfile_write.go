package broker

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// Bytes is the file as it goes to disk: one client, group or ACL a line, in the plugin's own order of keys, so
// that equal states give equal bytes and a person can compare two files. Reading it gives an equal value.
func (f *DynsecFile) Bytes() []byte {
	w := &dynsecWriter{out: make([]byte, 0, 512*(len(f.Clients)+len(f.Groups)+len(f.Roles)+4))}
	w.open('{')
	w.object("defaultACLAccess", &f.DefaultACLAccess)
	writeList(w, "clients", f.Clients, (*DynsecClient).write)
	writeList(w, "groups", f.Groups, (*DynsecGroup).write)
	if f.AnonymousGroup != "" {
		w.line()
		w.text("anonymousGroup", f.AnonymousGroup)
	}
	writeList(w, "roles", f.Roles, (*DynsecRole).write)
	w.unknown(f.Unknown)
	w.close('}')
	return append(w.out, '\n')
}

// dynsecWriter appends JSON. Indentation follows the nesting down to the entries of the three lists.
type dynsecWriter struct {
	out   []byte
	depth int
	first bool // nothing written yet at this level
}

func (w *dynsecWriter) open(bracket byte) {
	w.out = append(w.out, bracket)
	w.depth++
	w.first = true
}

func (w *dynsecWriter) close(bracket byte) {
	w.depth--
	if !w.first && w.depth < 2 {
		w.indent()
	}
	w.out = append(w.out, bracket)
	w.first = false
}

func (w *dynsecWriter) comma() {
	if !w.first {
		w.out = append(w.out, ',')
	}
	w.first = false
}

// line begins a new line at the levels that have their own.
func (w *dynsecWriter) line() {
	if w.depth > 2 {
		return
	}
	if !w.first {
		w.out = append(w.out, ',')
	}
	w.first = true
	w.indent()
}

func (w *dynsecWriter) indent() {
	w.out = append(w.out, '\n')
	for range w.depth {
		w.out = append(w.out, '\t')
	}
}

func (w *dynsecWriter) key(k string) {
	w.comma()
	w.string(k)
	w.out = append(w.out, ':')
}

func (w *dynsecWriter) text(k, v string) { w.key(k); w.string(v) }
func (w *dynsecWriter) number(k string, v int) {
	w.key(k)
	w.out = strconv.AppendInt(w.out, int64(v), 10)
}
func (w *dynsecWriter) flag(k string, v bool) { w.key(k); w.out = strconv.AppendBool(w.out, v) }

func (w *dynsecWriter) textIfAny(k, v string) {
	if v != "" {
		w.text(k, v)
	}
}

// string writes plain text as it is. Whatever needs an escape takes the standard library's way.
func (w *dynsecWriter) string(s string) {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, err := json.Marshal(s)
			if err != nil { // A string always marshals; keep the file valid even so.
				quoted = []byte(`""`)
			}
			w.out = append(w.out, quoted...)
			return
		}
	}
	w.out = append(w.out, '"')
	w.out = append(w.out, s...)
	w.out = append(w.out, '"')
}

func (w *dynsecWriter) unknown(members []RawMember) {
	for _, m := range members {
		w.line()
		w.key(m.Key)
		w.out = append(w.out, m.Value...)
	}
}

func (w *dynsecWriter) object(k string, o interface{ write(*dynsecWriter) }) {
	w.line()
	w.key(k)
	w.entry(o.write)
}

// entry writes one object on one line.
func (w *dynsecWriter) entry(write func(*dynsecWriter)) {
	depth := w.depth
	w.depth = 3
	w.out = append(w.out, '{')
	w.first = true
	write(w)
	w.out = append(w.out, '}')
	w.first = false
	w.depth = depth
}

func writeList[T any](w *dynsecWriter, k string, items []T, write func(*T, *dynsecWriter)) {
	w.line()
	w.key(k)
	w.open('[')
	for i := range items {
		w.line()
		w.comma()
		w.entry(func(w *dynsecWriter) { write(&items[i], w) })
	}
	w.close(']')
}

func (d *DynsecDefaults) write(w *dynsecWriter) {
	w.flag("publishClientSend", d.PublishClientSend)
	w.flag("publishClientReceive", d.PublishClientReceive)
	w.flag("subscribe", d.Subscribe)
	w.flag("unsubscribe", d.Unsubscribe)
	w.unknown(d.Unknown)
}

func (c *DynsecClient) write(w *dynsecWriter) {
	w.text("username", c.Username)
	if c.ClientID != nil {
		w.text("clientid", *c.ClientID)
	}
	w.textIfAny("textname", c.Textname)
	w.textIfAny("textdescription", c.Textdescription)
	if c.Disabled {
		w.flag("disabled", true)
	}
	writeInline(w, "roles", c.Roles, (*DynsecRoleRef).write)
	w.textIfAny("password", c.Password.Hash)
	w.textIfAny("salt", c.Password.Salt)
	if c.Password.Iterations != 0 {
		w.number("iterations", c.Password.Iterations)
	}
	w.textIfAny("encoded_password", c.EncodedPassword)
	w.unknown(c.Unknown)
}

func (r *DynsecRoleRef) write(w *dynsecWriter) {
	w.text("rolename", r.Rolename)
	if r.Priority != defaultPriority {
		w.number("priority", r.Priority)
	}
	w.unknown(r.Unknown)
}

func (g *DynsecGroup) write(w *dynsecWriter) {
	w.text("groupname", g.Groupname)
	w.textIfAny("textname", g.Textname)
	w.textIfAny("textdescription", g.Textdescription)
	writeInline(w, "roles", g.Roles, (*DynsecRoleRef).write)
	writeInline(w, "clients", g.Clients, (*DynsecClientRef).write)
	w.unknown(g.Unknown)
}

func (c *DynsecClientRef) write(w *dynsecWriter) {
	w.text("username", c.Username)
	if c.Priority != defaultPriority {
		w.number("priority", c.Priority)
	}
	w.unknown(c.Unknown)
}

func (r *DynsecRole) write(w *dynsecWriter) {
	w.text("rolename", r.Rolename)
	w.textIfAny("textname", r.Textname)
	w.textIfAny("textdescription", r.Textdescription)
	if r.AllowWildcardSubs != nil {
		w.flag("allowwildcardsubs", *r.AllowWildcardSubs)
	}
	writeInline(w, "acls", r.ACLs, (*DynsecACL).write)
	w.unknown(r.Unknown)
}

func (a *DynsecACL) write(w *dynsecWriter) {
	w.text("acltype", a.Acltype)
	w.text("topic", a.Topic)
	w.number("priority", a.Priority)
	w.flag("allow", a.Allow)
	w.unknown(a.Unknown)
}

// writeInline writes a list inside an entry, which is one line.
func writeInline[T any](w *dynsecWriter, k string, items []T, write func(*T, *dynsecWriter)) {
	w.key(k)
	w.out = append(w.out, '[')
	for i := range items {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.entry(func(w *dynsecWriter) { write(&items[i], w) })
	}
	w.out = append(w.out, ']')
	w.first = false
}
