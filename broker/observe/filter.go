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
