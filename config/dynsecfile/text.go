package dynsecfile

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// maxString is the longest name, topic or text in bytes.
const maxString = topicfilter.MaxString

// nameProblem is empty for a username, rolename or groupname that every way to the broker can carry.
func nameProblem(name string) string {
	switch name {
	case "":
		return "must not be empty"
	case ".", "..":
		return "must not be . or .., which no URL can carry"
	}
	return topicfilter.StringProblem(name)
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
