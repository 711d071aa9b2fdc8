package conf

// Type is the kind of value that a setting takes.
type Type string

// The types of values.
const (
	Bool   Type = "bool"   // true or false; the broker takes 1 and 0 as well
	Int    Type = "int"    // a whole number between Min and Max
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
)

// Definition is what is known of one setting.
type Definition struct {
	Key          string
	Type         Type
	Min, Max     int64    // of Int; both included
	Values       []string // of Enum, as they are best written
	Default      *string  // what holds without the line; nil where nothing does
	Scopes       []string // global, listener, bridge, plugin
	Many         bool     // each line adds something; otherwise the last one of its scope holds, or the broker refuses a second
	Since, Until Version  // the first and the last version that know it; zero: all
	Deprecated   Version  // since when it is; zero: it is not
	DeprecatedBy string   // what to write instead
	Help         string   // one line for people
	Secret       bool     // its value is not shown without permission
	Path         PathKind
	Dangerous    bool // runs code, or reaches files or rights beyond the broker's own: needs --allow-dangerous-settings

	live20, live21 bool
}

// Live tells whether the broker takes a change of the setting on SIGHUP; otherwise it needs a restart.
func (d Definition) Live(v Version) bool {
	if v.Before(Version{2, 1, 0}) {
		return d.live20
	}
	return d.live21
}

// In tells whether a version knows the setting.
func (d Definition) In(v Version) bool {
	return !v.Before(d.Since) && (d.Until == Version{} || !d.Until.Before(v))
}

// Definitions is the catalogue of all settings, by key.
func Definitions() []Definition { return nil }

// Lookup finds a setting in the catalogue. The options of plugins are plugin_opt_* and auth_opt_*, whatever follows.
func Lookup(key string) (Definition, bool) { return Definition{Key: key}, false }
