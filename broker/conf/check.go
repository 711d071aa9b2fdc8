package conf

// Severity says how bad a problem is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the broker does not start with it, or BunkerM cannot manage one that does
	Warning Severity = "warning" // the broker starts, and does what is hardly meant
	Notice  Severity = "notice"  // good to know
)

// Problem is something to be said about a line.
type Problem struct {
	File     string // empty where it is about the whole
	Line     int    // from 1; 0 where no line is meant
	Severity Severity
	Key      string
	Message  string // never repeats the value of a secret
	Hint     string
}

// Check says what the text shows to be wrong, for a broker of that version, in the order of the files and lines. What
// needs the file system or the network is not looked at: see [Config.Paths].
func (c *Config) Check(v Version) []Problem { return append([]Problem{}, c.problems...) }
