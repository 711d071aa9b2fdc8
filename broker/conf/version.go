package conf

import (
	"cmp"
	"fmt"
	"strings"
)

// Version is a version of Mosquitto.
type Version struct{ Major, Minor, Patch int }

// ParseVersion reads a version as in 2.0.11; what follows the numbers, as in 2.1.2-1, does not count.
func ParseVersion(s string) (Version, bool) {
	var v Version
	n, _ := fmt.Sscanf(strings.TrimSpace(s), "%d.%d.%d", &v.Major, &v.Minor, &v.Patch)
	return v, n == 3
}

// Before tells whether v is older than w.
func (v Version) Before(w Version) bool {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch)) < 0
}

// String is the version as in 2.0.11.
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }
