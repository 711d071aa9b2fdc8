package keeper

import (
	"bytes"
	"slices"
	"strings"
)

// silent tells that a broker with this configuration does not say what it does: information is not among its log_type, or none of
// its log_dest leads to us. As mosquitto does it, each line adds one, and none takes all away that stood before.
func (s snapshot) silent() bool {
	var types, dests []string
	typed, led := false, false
	for line := range s.inOrder {
		key, value := setting(line)
		value, _, _ = strings.Cut(value, " ")
		switch key {
		case "log_type":
			typed, types = true, addOrNone(types, value)
		case "log_dest":
			led, dests = true, addOrNone(dests, value)
		}
	}
	hears := func(words []string, ours ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(ours, w) })
	}
	return typed && !hears(types, "all", "information") || led && !hears(dests, "stdout", "stderr")
}

func addOrNone(words []string, word string) []string {
	if word == "none" {
		return nil
	}
	return append(words, word)
}

// inOrder gives the lines in the order in which the broker reads them.
func (s snapshot) inOrder(yield func([]byte) bool) {
	for i, line := range bytes.Split(s.main, []byte("\n")) {
		if !yield(line) {
			return
		}
		for _, inc := range s.includes {
			if inc.line != i {
				continue
			}
			for _, f := range inc.files {
				for line := range bytes.Lines(f.data) {
					if !yield(line) {
						return
					}
				}
			}
		}
	}
}
