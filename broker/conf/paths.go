package conf

// Path is a file or folder that a setting names.
type Path struct {
	Key   string
	Value string // the path alone, as the file has it: relative to the broker's working directory, or absolute
	Kind  PathKind
	Scope Scope
	File  string
	Line  int
}

// Paths are all files and folders that the settings name, in the order of the settings.
func (c *Config) Paths() []Path { return nil }
