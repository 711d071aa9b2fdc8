// Package dynsecfile changes dynamic-security.json as a whole. It says what is wrong with a file that somebody wants,
// shows how it differs from the one that is there, makes the broker's state be that in the gentlest way, and proves
// that it is: over $CONTROL wherever the plugin has a command for it, which disturbs only the clients concerned, and
// else through the file, which takes a restart. Password hashes never leave it but in the file itself.
//
// It may import broker, fault, store, query and stream, as its room may.
package dynsecfile

import (
	"strconv"
	"strings"
)

// Unchanged stands where a password hash would be. Whoever puts it back keeps the hash that is stored.
const Unchanged = "«unchanged»"

// MaxBytes is the largest file that is read: about 100,000 clients.
const MaxBytes = 64 << 20

// atLeast tells whether a version such as 2.0.11 is at least the given one. What cannot be read as a version is
// taken for the oldest that we support, because what that takes every other one takes too.
func atLeast(version string, major, minor, patch int) bool {
	have := []int{2, 0, 0}
	for i, part := range strings.SplitN(version, ".", 3) {
		end := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(part)
		}
		n, err := strconv.Atoi(part[:end])
		if err != nil {
			return false
		}
		have[i] = n
	}
	for i, want := range []int{major, minor, patch} {
		if have[i] != want {
			return have[i] > want
		}
	}
	return true
}

// knows21 tells whether the broker has what came with 2.1: encoded_password, allowwildcardsubs, %c and %u.
func knows21(version string) bool { return atLeast(version, 2, 1, 0) }
