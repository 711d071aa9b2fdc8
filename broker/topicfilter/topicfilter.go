// Package topicfilter compares MQTT topic filters with topics and with each other (MQTT 5.0, 4.7), and says what is wrong
// with one. What compares takes filters that are valid.
//
// It may import nothing of ours.
package topicfilter

import "strings"

// Match reports whether a topic falls under a filter: + stands for one level, # for the rest and for the level above it,
// and neither, at the beginning, reaches topics that begin with $ (4.7.2). It allocates nothing and gives up at the first
// byte that differs, so that a filter costs little where it does not match.
func Match[T string | []byte](filter string, topic T) bool {
	if len(topic) > 0 && topic[0] == '$' && isWild(filter) {
		return false
	}
	at := 0
	for i := range len(filter) {
		switch {
		case filter[i] == '#':
			return true
		case filter[i] == '+':
			for at < len(topic) && topic[at] != '/' {
				at++
			}
		case at == len(topic):
			return filter[i:] == "/#" // a/# holds for a itself
		case filter[i] != topic[at]:
			return false
		default:
			at++
		}
	}
	return at == len(topic)
}

// isWild tells whether the first level is a wildcard.
func isWild(filter string) bool { return filter != "" && (filter[0] == '+' || filter[0] == '#') }

// Covers reports whether wide matches every topic that narrow matches. It compares level by level, and so does not see
// that +/# is as wide as #.
func Covers(wide, narrow string) bool {
	if strings.HasPrefix(narrow, "$") && isWild(wide) {
		return false
	}
	for {
		if wide == "#" {
			return true
		}
		level, wideRest, wideMore := strings.Cut(wide, "/")
		other, narrowRest, narrowMore := strings.Cut(narrow, "/")
		if other == "#" || (level != "+" && level != other) {
			return false
		}
		switch {
		case !wideMore:
			return !narrowMore
		case !narrowMore:
			return wideRest == "#"
		}
		wide, narrow = wideRest, narrowRest
	}
}

// Overlap reports whether there can be a topic that both match.
func Overlap(a, b string) bool {
	if (strings.HasPrefix(a, "$") && isWild(b)) || (strings.HasPrefix(b, "$") && isWild(a)) {
		return false
	}
	for {
		if a == "#" || b == "#" {
			return true
		}
		levelA, restA, moreA := strings.Cut(a, "/")
		levelB, restB, moreB := strings.Cut(b, "/")
		if levelA != levelB && levelA != "+" && levelB != "+" {
			return false
		}
		switch {
		case !moreA && !moreB:
			return true
		case !moreA:
			return restB == "#"
		case !moreB:
			return restA == "#"
		}
		a, b = restA, restB
	}
}
