package topicfilter

import (
	"strings"
	"unicode/utf8"
)

// MaxString is the longest string that MQTT can carry, in bytes (MQTT 5.0, 1.5.4).
const MaxString = 65535

// maxSlashes is Mosquitto's limit of levels: a topic with more is refused (mosquitto 2.0, TOPIC_HIERARCHY_LIMIT).
const maxSlashes = 200

// StringProblem is empty for a string that Mosquitto takes in MQTT (mosquitto 2.0, mosquitto_validate_utf8); else it says
// what must be different, to stand behind the name of the field.
func StringProblem(s string) string {
	if len(s) > MaxString {
		return "must be at most 65535 bytes long"
	}
	if !utf8.ValidString(s) {
		return "must be valid UTF-8"
	}
	for _, r := range s {
		switch {
		case r < 0x20 || (r >= 0x7f && r <= 0x9f):
			return "must not contain control characters"
		case (r >= 0xfdd0 && r <= 0xfdef) || r&0xfffe == 0xfffe:
			return "must not contain Unicode non-characters"
		}
	}
	return ""
}

// Problem is empty for a topic filter that MQTT and Mosquitto accept; else it says what must be different.
func Problem(filter string) string {
	if filter == "" {
		return "must not be empty"
	}
	if message := StringProblem(filter); message != "" {
		return message
	}
	if strings.Count(filter, "/") > maxSlashes {
		return "must not have more than 200 slashes"
	}
	for level, rest, more := "", filter, true; more; {
		level, rest, more = strings.Cut(rest, "/")
		switch {
		case level != "+" && strings.Contains(level, "+"):
			return "+ must stand alone between slashes"
		case level != "#" && strings.Contains(level, "#"):
			return "# must stand alone after the last slash"
		case level == "#" && more:
			return "# must be the last level"
		}
	}
	return ""
}
