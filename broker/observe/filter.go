package observe

import (
	"strings"
	"unicode/utf8"
)

// The rules of topic filters are those of MQTT 5.0, 4.7.

// mostLevels is how many levels mosquitto accepts in a topic; it closes the connection at more.
const mostLevels = 200

// whyInvalid says what is wrong with a filter, in words that follow its name; empty when nothing is. A broker ends the
// connection when it is sent such a filter, so it is never sent.
func whyInvalid(filter string) string {
	switch {
	case filter == "":
		return "is empty"
	case len(filter) > 65535:
		return "is longer than 65535 bytes"
	case !utf8.ValidString(filter) || strings.ContainsRune(filter, 0):
		return "is not UTF-8 without the character 0"
	case strings.Count(filter, "/") > mostLevels:
		return "has more than 200 levels"
	case strings.HasPrefix(filter, "$share/"):
		return "is a shared subscription, which shows a part of the messages only"
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		if strings.Contains(level, "+") && level != "+" {
			return "has a + that is not a whole level"
		}
		if strings.Contains(level, "#") && (level != "#" || i != len(levels)-1) {
			return "has a # that is not the whole last level"
		}
	}
	return ""
}

// matches tells whether filter matches topic.
func matches[T string | []byte](filter string, topic T) bool {
	if len(topic) > 0 && topic[0] == '$' && isWild(filter) {
		return false
	}
	for {
		if filter == "#" {
			return true
		}
		level, filterRest, filterMore := strings.Cut(filter, "/")
		end := 0
		for end < len(topic) && topic[end] != '/' {
			end++
		}
		if level != "+" && level != string(topic[:end]) {
			return false
		}
		if end == len(topic) {
			// The wildcard # stands for the level above it too.
			return !filterMore || filterRest == "#"
		}
		if !filterMore {
			return false
		}
		filter, topic = filterRest, topic[end+1:]
	}
}

// isWild tells whether the first level is a wildcard. Those match no topic that begins with $.
func isWild(filter string) bool { return filter != "" && (filter[0] == '+' || filter[0] == '#') }

// covers tells whether wide matches every topic that narrow matches.
func covers(wide, narrow string) bool {
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

// overlap tells whether there can be a topic that both match.
func overlap(a, b string) bool {
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
