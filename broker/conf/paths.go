package conf

import "strings"

// Path is a file or folder that a setting names.
type Path struct {
	Key   string
	Value string // the path alone, as the file has it: relative to the broker's working directory, or absolute
	Kind  PathKind
	Scope Scope
	File  string
	Line  int
}

// Paths are all files and folders that the settings name, in the order of the settings: also those that a plugin reads by
// plugin_opt_config_file, and the unix sockets of listeners and the file in which the broker keeps its data.
func (c *Config) Paths() []Path {
	var all []Path
	for i := range c.entries {
		e := &c.entries[i]
		if e.def == nil {
			continue
		}
		if value, kind := pathOf(e); value != "" {
			all = append(all, Path{Key: e.Key, Value: value, Kind: kind, Scope: e.Scope, File: e.File, Line: e.Line})
		}
	}
	return all
}

func pathOf(e *entry) (string, PathKind) {
	switch e.Key {
	case "log_dest":
		if firstWord(e.rest) != "file" {
			return "", NoPath
		}
		return trim(strings.TrimPrefix(strings.TrimLeft(e.rest, " "), "file")), WritesTo
	case "plugin_load":
		return pluginFile(e), RunsFile
	case "include_dir":
		return e.rest, ReadsDir
	case "listener":
		if port, address := listenerWords(e.rest); port == "0" {
			return address, WritesTo
		}
		return "", NoPath
	case "plugin_opt_config_file", "auth_opt_config_file":
		return e.Value, ReadsFile
	}
	if e.def.Path == NoPath {
		return "", NoPath
	}
	return e.Value, e.def.Path
}
