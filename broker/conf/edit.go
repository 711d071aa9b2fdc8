package conf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// Op is what a change does.
type Op string

// The operations.
const (
	OpSet    Op = "set"    // replace the value of the line in that scope, or add the line where there is none
	OpAdd    Op = "add"    // add another line; with the keys listener, connection and plugin: another scope
	OpRemove Op = "remove" // remove the line; with a line that makes a scope, also all lines of the scope
)

// Change is a change of one setting.
type Change struct {
	Op       Op
	Scope    string // as in [Scope]; empty is global
	Key      string
	Value    string
	OldValue string // which of several lines with this key is meant; empty where there is one
	File     string // in which file, where the scope is in several; empty for the first that has it
}

// Edit makes the changes one after the other, each on what the one before has left. Lines that no change names stay byte
// for byte. What cannot be done is a fault of kind Invalid with a field for each change, as in changes[3].value.
//
// A value is taken as it is: whether it is one that the setting may have, [Config.Check] says.
func (c *Config) Edit(changes []Change) (*Config, error) {
	refused := fault.New(fault.Invalid, "the change is not acceptable").Hint("see the fields")
	wrong := 0
	ed := editor{c: c}
	for i, ch := range changes {
		if ch.Scope == "" {
			ch.Scope = string(Global)
		}
		field, why, err := ed.make(ch)
		if err != nil {
			return nil, err
		}
		if why != "" {
			if wrong++; wrong <= 50 {
				refused = refused.At("changes["+strconv.Itoa(i)+"]."+field, why)
			}
		}
	}
	if wrong > 0 {
		return nil, refused
	}
	if err := ed.flush(); err != nil {
		return nil, err
	}
	return ed.c, nil
}

// splice replaces a part of a file's text. One that puts in has from == to.
type splice struct {
	from, to int
	text     string
}

// editor gathers changes that do not touch each other and makes them in one go: reading a large configuration anew for
// each of a thousand changes would take minutes.
type editor struct {
	c       *Config
	splices map[*File][]splice
	touched map[place]bool // what the gathered changes are about
	work    int            // bytes that have been read anew
}

// mostWork bounds what one Edit reads anew, in bytes: some seconds' worth.
const mostWork = 256 << 20

// flush makes the gathered changes.
func (ed *editor) flush() error {
	if len(ed.splices) == 0 {
		return nil
	}
	texts := map[string][]byte{}
	for f, all := range ed.splices {
		slices.SortStableFunc(all, func(a, b splice) int { return a.from - b.from })
		var b strings.Builder
		done := 0
		for _, s := range all {
			b.WriteString(f.text[done:s.from])
			b.WriteString(s.text)
			done = s.to
		}
		b.WriteString(f.text[done:])
		texts[f.Name] = []byte(b.String())
	}
	for _, f := range ed.c.files {
		ed.work += len(f.text)
	}
	if ed.work > mostWork {
		return fault.New(fault.TooLarge, "these are too many changes at once for a configuration of this size").Hint("make them in several steps")
	}
	next, err := ed.c.withTexts(texts)
	if err != nil {
		return err
	}
	ed.c, ed.splices, ed.touched = next, nil, nil
	return nil
}

func (ed *editor) put(f *File, s splice) {
	if ed.splices == nil {
		ed.splices = map[*File][]splice{}
	}
	ed.splices[f] = append(ed.splices[f], s)
}

// make makes one change. It returns the field of the change that is wrong and why, or nothing.
func (ed *editor) make(ch Change) (field, why string, err error) {
	if field, why = ch.acceptable(); why != "" {
		return field, why, nil
	}
	makesScope := opensScope(ch.Key)
	about := place{ed.scope(ch.Scope), canonical(ch.Key)}
	if makesScope || ed.touched[about] || about.scope < 0 {
		if err = ed.flush(); err != nil {
			return "", "", err
		}
		about.scope = ed.scope(ch.Scope)
	}
	switch ch.Op {
	case OpRemove:
		field, why = ed.remove(ch)
	default:
		field, why = ed.write(ch)
	}
	if why != "" {
		return field, why, nil
	}
	if ed.touched == nil {
		ed.touched = map[place]bool{}
	}
	ed.touched[about] = true
	if makesScope {
		err = ed.flush()
	}
	return "", "", err
}

// scope finds a scope by name, -1 where there is none.
func (ed *editor) scope(name string) int {
	return slices.IndexFunc(ed.c.scopes, func(s scope) bool { return string(s.name) == name })
}

// opensScope are the keys whose line makes a scope.
func opensScope(key string) bool {
	switch key {
	case "listener", "connection", "plugin", "auth_plugin", "global_plugin", "plugin_load":
		return true
	}
	return false
}

// find is the line that a change is about, nil where there is none.
func (ed *editor) find(ch Change) (e *entry, field, why string) {
	var found []*entry
	for i := range ed.c.entries {
		e := &ed.c.entries[i]
		key := e.key
		if e.def == nil && ch.Op == OpRemove {
			key = e.Key // so that a line with a tab in its key can be taken out
		}
		if string(e.Scope) == ch.Scope && canonical(key) == canonical(ch.Key) &&
			(ch.File == "" || e.File == ch.File) && (ch.OldValue == "" || ch.OldValue == Unchanged || e.Value == ch.OldValue) {
			found = append(found, e)
		}
	}
	// Where the same setting goes by two names, the line with the name that was asked for comes first.
	if exact := slices.DeleteFunc(slices.Clone(found), func(e *entry) bool { return e.Key != ch.Key }); len(exact) > 0 {
		found = exact
	}
	switch {
	case len(found) == 0 && ch.OldValue != "":
		return nil, "old_value", "there is no such line"
	case len(found) == 0:
		return nil, "", ""
	case len(found) == 1 || found[0].def != nil && !found[0].def.Many && ch.Op == OpSet:
		return found[len(found)-1], "", "" // of several lines, the last one holds
	}
	if ch.OldValue != "" {
		return found[0], "", ""
	}
	return nil, "old_value", "there are several lines of " + ch.Key + ": say which one is meant"
}

// remove takes a line out, with all that belongs to it.
func (ed *editor) remove(ch Change) (field, why string) {
	e, field, why := ed.find(ch)
	if why != "" {
		return field, why
	}
	if e == nil {
		return "key", "is not set there"
	}
	if !opensScope(e.key) || e.def == nil {
		ed.cut(e)
		return "", ""
	}
	for i := range ed.c.entries {
		if other := &ed.c.entries[i]; other.scope == e.scope {
			ed.cut(other)
		}
	}
	return "", ""
}

func (ed *editor) cut(e *entry) {
	from, to := e.file.span(e.Line)
	ed.put(e.file, splice{from: from, to: to})
}

// write replaces a value or adds a line.
func (ed *editor) write(ch Change) (field, why string) {
	e, field, why := ed.find(ch)
	switch {
	case ch.Op == OpAdd && ch.OldValue != "":
		return "old_value", "has no meaning for a line that is added"
	case ch.Op == OpAdd && opensScope(ch.Key):
		return ed.addScope(ch)
	case ch.Op == OpAdd && e != nil && !e.def.Many:
		return "key", "is set there already"
	case ch.Op == OpAdd && e == nil && field == "old_value":
		// There are several, and one more comes.
	case why != "":
		return field, why
	}
	if ch.Op == OpSet && e != nil {
		ed.replace(e, ch.Value)
		return "", ""
	}
	if ch.Value == Unchanged {
		return "value", "there is no secret that could stay"
	}
	if opensScope(ch.Key) {
		return "key", "is not there; add it"
	}
	if field, why = ed.fits(ch); why != "" {
		return field, why
	}
	return ed.insert(ch)
}

// replace writes another value into a line, and leaves indentation, key and the space between as they are.
func (ed *editor) replace(e *entry, value string) {
	if value == Unchanged && Secret(e.key) {
		return
	}
	st := e.file.statements[e.statement]
	lead := len(st.rest) - len(strings.TrimLeft(st.rest, " "))
	if st.key == "include_dir" || lead == len(st.rest) {
		lead = 0 // the broker would take the space as a part of the name
	}
	from, to := st.at+lead, st.at+len(st.rest)
	if key := st.keyAt + len(st.key); st.at == key || e.file.text[key] != ' ' {
		from, to, value = key, key, " "+value // a key alone
	}
	ed.put(e.file, splice{from, to, value})
}
