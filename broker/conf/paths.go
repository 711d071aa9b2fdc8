package conf

import (
	"path"
	"strings"
)

// Path is a file or folder that a setting names.
type Path struct {
	Key   string
	Value string // the path alone, as the file has it: relative to the broker's working directory, or absolute
	Kind  PathKind
	Scope Scope
	File  string
	Line  int
}

// Paths are all files and folders that the settings name, in the order of the settings: also the unix sockets of
// listeners, and those that plugins are given by their options. persistence_file comes with its folder.
func (c *Config) Paths() []Path {
	var all []Path
	location := ""
	for i := range c.entries {
		if e := &c.entries[i]; e.key == "persistence_location" {
			location = e.Value
		}
	}
	for i := range c.entries {
		e := &c.entries[i]
		if e.def == nil {
			continue
		}
		value, kind := pathOf(e)
		if e.key == "persistence_file" && value != "" {
			value = path.Join(location, value)
		}
		if value != "" {
			all = append(all, Path{Key: e.key, Value: value, Kind: kind, Scope: e.Scope, File: e.File, Line: e.Line})
		}
	}
	return all
}

func pathOf(e *entry) (string, PathKind) {
	switch e.key {
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
			return address, Socket
		}
		return "", NoPath
	}
	if e.def.place == onPlugin && e.def.Secret && looksLikePath(e) {
		return e.Value, Names
	}
	if e.def.Path == NoPath {
		return "", NoPath
	}
	return e.Value, e.def.Path
}

// looksLikePath tells by name and value whether a plugin's option names a file.
func looksLikePath(e *entry) bool {
	for _, start := range []string{"/", "./", "../"} {
		if strings.HasPrefix(e.Value, start) {
			return true
		}
	}
	for _, end := range []string{"_file", "_path", "_dir"} {
		if strings.HasSuffix(e.key, end) {
			return true
		}
	}
	return false
}
