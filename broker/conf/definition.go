package conf

import (
	"slices"
	"strings"
	"sync"
)

// Type is the kind of value that a setting takes.
type Type string

// The types of values.
const (
	Bool   Type = "bool"   // true or false; the broker takes 1 and 0 as well
	Int    Type = "int"    // a whole number in a range
	Enum   Type = "enum"   // one of Values
	String Type = "string" // any text without control characters
	Words  Type = "words"  // several words, each with a meaning of its own: Help says which
)

// PathKind says what the broker does with the file that a setting names.
type PathKind string

// The kinds of paths.
const (
	NoPath    PathKind = ""
	ReadsFile PathKind = "file"      // must exist and be readable
	ReadsDir  PathKind = "directory" // must exist
	RunsFile  PathKind = "plugin"    // is loaded as code
	WritesTo  PathKind = "writes"    // is created or overwritten
	WritesDir PathKind = "writes_in" // files are created in it
	Socket    PathKind = "socket"    // is made anew at every start, and replaces what is there
	Names     PathKind = "names"     // an option of a plugin: what is done with the file, only the plugin knows
)

// Definition is what is known of one setting.
type Definition struct {
	Key          string
	Type         Type
	Min, Max     int64    // of Int, both included, for the newest version; see Range
	Values       []string // of Enum, as they are best written, for the newest version
	Default      *string  // what holds without the line, for the newest version; nil where nothing does; see DefaultIn
	Scopes       []string // global, listener, bridge, plugin
	Many         bool     // each line adds something
	Since        Version  // the first version that knows it; zero: all
	Deprecated   Version  // since when the broker or its manual advises against it; zero: it does not
	DeprecatedBy string   // what to write instead, for people
	Help         string   // one line for people
	Secret       bool     // its value is not shown without permission
	Path         PathKind
	// Dangerous is what runs code or gives files or rights away wherever it points to: it needs --allow-dangerous-settings.
	// Of the others with a Path, it depends on the path.
	Dangerous bool

	place          string // one of the on... constants
	live20, live21 bool
	once           bool     // a second line is refused, though it is no String
	again21        bool     // 2.1 takes a second line in place of the first; otherwise it refuses one of a String
	old            *oldForm // what was different in earlier versions
}

// oldForm is how a setting was before a version.
type oldForm struct {
	before   Version
	min, max int64
	values   []string
	def      *string
}

// form is what holds for a version.
func (d Definition) form(v Version) oldForm {
	if d.old != nil && v.Before(d.old.before) {
		return *d.old
	}
	return oldForm{min: d.Min, max: d.Max, values: d.Values, def: d.Default}
}

// Range is the range of an Int for a version, both ends included.
func (d Definition) Range(v Version) (lowest, highest int64) { f := d.form(v); return f.min, f.max }

// ValuesIn are the values of an Enum for a version.
func (d Definition) ValuesIn(v Version) []string { return d.form(v).values }

// DefaultIn is what holds in a version without the line; nil where nothing does.
func (d Definition) DefaultIn(v Version) *string { return d.form(v).def }

// Live tells whether the broker takes a change of the setting on SIGHUP; otherwise it needs a restart.
//
// The manual promises more than is true: it says of max_keepalive, max_packet_size, max_inflight_*, max_queued_*,
// retain_available and set_tcp_nodelay that they are reloaded, but neither 2.0.11 nor 2.1.2 does.
func (d Definition) Live(v Version) bool {
	if v.Before(v21()) {
		return d.live20
	}
	return d.live21
}

// In tells whether a version knows the setting.
func (d Definition) In(v Version) bool { return !v.Before(d.Since) }

// again tells whether a version takes a second line of a setting that holds one value.
func (d Definition) again(v Version) bool {
	return d.Type != String && !d.once || d.again21 && !v.Before(v21())
}

// Definitions is the catalogue of all settings, by key. The options of plugins, plugin_opt_* and auth_opt_*, are listed
// under these two names.
func Definitions() []Definition {
	return slices.Clone(inOrder())
}

// inOrder is built once, as byKey is.
//
//nolint:gochecknoglobals // a constant that Go cannot write down as one; nothing changes it
var inOrder = sync.OnceValue(func() []Definition {
	all := slices.Concat(security(), tls(), listeners(), queues(), persistence(), logging(), process(), plugins(), bridges(), bridgeTLS())
	slices.SortFunc(all, func(a, b Definition) int { return strings.Compare(a.Key, b.Key) })
	return all
})

// Lookup finds a setting in the catalogue. The options of plugins are plugin_opt_* and auth_opt_*, whatever follows.
func Lookup(key string) (Definition, bool) {
	if d := lookup(key); d != nil {
		found := *d
		found.Key = key
		return found, true
	}
	return Definition{Key: key}, false
}

// byKey is built once: a file of 10,000 lines asks 10,000 times.
//
//nolint:gochecknoglobals // a constant that Go cannot write down as one; nothing changes it
var byKey = sync.OnceValue(func() map[string]*Definition {
	all := inOrder()
	m := make(map[string]*Definition, len(all))
	for i := range all {
		m[all[i].Key] = &all[i]
	}
	return m
})

func lookup(key string) *Definition {
	if d := byKey()[key]; d != nil {
		return d
	}
	for _, prefix := range []string{"plugin_opt_", "auth_opt_"} {
		if strings.HasPrefix(key, prefix) {
			return byKey()[prefix+"*"]
		}
	}
	return nil
}
