package dynsecfile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxString is the longest name, topic or text in bytes: what an MQTT string can carry (MQTT 5.0, 1.5.4).
const maxString = 65_535

// maxTopicSlashes is Mosquitto's limit of levels: a topic with more slashes is refused
// (mosquitto 2.0, TOPIC_HIERARCHY_LIMIT).
const maxTopicSlashes = 200

// nameProblem is empty for a username, rolename or groupname that every way to the broker can carry.
func nameProblem(name string) string {
	switch name {
	case "":
		return "must not be empty"
	case ".", "..":
		return "must not be . or .., which no URL can carry"
	}
	return mqttStringProblem(name)
}

// mqttStringProblem is empty for what Mosquitto takes in MQTT (mosquitto 2.0, mosquitto_validate_utf8).
func mqttStringProblem(s string) string {
	if len(s) > maxString {
		return "must be at most 65535 bytes long"
	}
	if !utf8.ValidString(s) {
		return "must be valid UTF-8"
	}
	for _, r := range s {
		switch {
		case r < 0x20 || r >= 0x7f && r <= 0x9f:
			return "must not contain control characters"
		case r >= 0xfdd0 && r <= 0xfdef || r&0xfffe == 0xfffe:
			return "must not contain Unicode non-characters"
		}
	}
	return ""
}

// textProblem is empty for a textname or textdescription.
func textProblem(text string) string {
	switch {
	case strings.ContainsRune(text, 0):
		return "must not contain the character NUL"
	case len(text) > maxString:
		return "must be at most 65535 bytes long"
	}
	return ""
}

// filterProblem is empty for the topic of a rule. All six types take a filter: in a literal type wildcards stand for
// themselves.
func filterProblem(filter string) string {
	if filter == "" {
		return "must not be empty"
	}
	if message := mqttStringProblem(filter); message != "" {
		return message
	}
	if strings.Count(filter, "/") > maxTopicSlashes {
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

// shortened is a text for people of at most so many bytes.
func shortened(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// counted is a number with its noun, as in 1 client and 3 clients.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// some names a few of many.
func some(all []string) string {
	const few = 3
	shown := make([]string, 0, few)
	for _, name := range all[:min(few, len(all))] {
		shown = append(shown, shortened(name, 60))
	}
	text := strings.Join(shown, ", ")
	if len(all) > few {
		text += " and " + strconv.Itoa(len(all)-few) + " more"
	}
	return text
}
