package host

import (
	"bytes"
	"maps"
	"path/filepath"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// keepsPidFile refuses a change with which we would not find the broker's process any more: it would look like one that does not
// run, and be started a second time.
func (s *Site) keepsPidFile(before, change map[string][]byte) error {
	after := maps.Clone(before)
	maps.Copy(after, change)
	if s.o.PidFile == "" || !s.namesPidFile(before) || s.namesPidFile(after) {
		return nil
	}
	return fault.Newf(fault.Invalid, "without pid_file %s BunkerM does not find the broker's process any more", s.o.PidFile).
		Hint("leave the line as it is, or start BunkerM with --broker-reload-command instead of --broker-pid-file")
}

// namesPidFile tells whether a configuration has the broker write the process file that we know.
func (s *Site) namesPidFile(texts map[string][]byte) bool {
	ours, err := filepath.Abs(s.o.PidFile)
	if err != nil {
		return false
	}
	for _, text := range texts {
		for line := range bytes.Lines(text) {
			key, value, _ := strings.Cut(strings.Trim(string(line), " \t\r\n"), " ")
			if key == "pid_file" && s.absolute(strings.Trim(value, " \t")) == ours {
				return true
			}
		}
	}
	return false
}
