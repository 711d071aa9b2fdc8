package conf

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is the longest text that the broker takes as a value, in bytes.
const longest = 65535

// value looks at the value of a setting, which is not empty.
func (k *checker) value(e *entry) {
	if message, hint := wrong(e.def, e.key, e.rest, k.v); message != "" {
		k.say(e, Error, message, hint)
		return
	}
	switch e.def.Type {
	case Bool, Int, Enum:
		// What follows the first word the broker passes over: a comment, mostly.
		if _, more, _ := strings.Cut(strings.TrimLeft(e.rest, " "), " "); trim(more) != "" {
			k.say(e, Notice, "The broker passes over what follows the first word.", "Comments have lines of their own.")
		}
	case String:
		if strings.Contains(e.Value, " #") && e.def.Path != NoPath {
			k.say(e, Warning, "The broker takes the # and what follows it as part of the name.", "Comments have lines of their own.")
		}
	}
	k.pitfall(e)
}

// wrong says what is wrong with a value of a setting, apart from what the rest of the file makes of it. rest is the value
// with the space around it, as the line has it. The sentence never repeats the value of a secret.
func wrong(d *Definition, key, rest string, v Version) (message, hint string) {
	if message, hint = unreadable(d, key, rest); message != "" {
		return message, hint
	}
	word := firstWord(rest)
	switch d.Type {
	case Bool:
		switch word {
		case "true", "false", "1", "0":
			return "", ""
		}
		return key + " is true or false, not " + shown(word) + ".", "Write true or false, in small letters."
	case Int:
		return wrongNumber(d, key, word, v)
	case Enum:
		return wrongChoice(d, key, word, v)
	case Words:
		return wrongWords(key, rest)
	}
	if strings.HasSuffix(key, "auto_id_prefix") && len(trim(rest)) > 50 && !v.Before(v21()) {
		return key + " may have 50 bytes at most.", "Choose a shorter one."
	}
	if key == "mount_point" && strings.ContainsAny(rest, "+#") {
		return "A mount_point may not have the wildcards + and #.", "Write a topic, such as building1/."
	}
	return "", ""
}

// unreadable is what holds for all types.
func unreadable(d *Definition, key, rest string) (message, hint string) {
	value := trim(rest)
	switch {
	case value == "":
		return key + " has no value.", "Write one behind the name, or remove the line."
	case len(value) > longest:
		return key + " is longer than " + strconv.Itoa(longest) + " bytes, which is the most that the broker takes.", "Choose a shorter one."
	case !utf8.ValidString(value):
		return "The value of " + key + " is no valid UTF-8, which the broker refuses.", "Save the file as UTF-8."
	case strings.ContainsFunc(value, unicode.IsControl):
		return "The value of " + key + " has a tab or another control character, which the broker refuses.", "Use spaces."
	case d.Type != String && strings.ContainsAny(rest, blanks[1:]):
		return "There is a tab or another control character behind the value of " + key + ", and the broker takes it as part of the value.",
			"Remove it."
	}
	return "", ""
}

func wrongNumber(d *Definition, key, word string, v Version) (message, hint string) {
	lowest, highest := d.Range(v)
	if key == "retry_interval" {
		return "", ""
	}
	between := "from " + strconv.FormatInt(lowest, 10) + " to " + strconv.FormatInt(highest, 10)
	n, ok := parseNumber(word, v)
	if !ok {
		hint = "Write a whole number " + between + "."
		if v.Before(v21()) {
			return key + " is a whole number, not " + shown(word) + "; the broker would take another one than is meant.", hint
		}
		return key + " is a whole number, not " + shown(word) + ".", hint
	}
	if n < lowest || n > highest {
		return key + " may be " + between + ".", "Write a whole number " + between + "."
	}
	return "", ""
}

// parseNumber reads a number as the broker does: 2.0 in decimal digits, 2.1 as C writes numbers, with 0x for hexadecimal
// and a leading 0 for octal.
func parseNumber(word string, v Version) (int64, bool) {
	base := 0
	if v.Before(v21()) {
		base = 10
	}
	// Go takes what C does not: 0b, 0o and digits apart by _.
	digits := strings.TrimLeft(word, "+-")
	if strings.Contains(digits, "_") || base == 0 && len(digits) > 1 && digits[0] == '0' && strings.ContainsAny(digits[1:2], "bBoO") {
		return 0, false
	}
	n, err := strconv.ParseInt(word, base, 64)
	return n, err == nil
}

func wrongChoice(d *Definition, key, word string, v Version) (message, hint string) {
	values := d.ValuesIn(v)
	if slices.Contains(values, word) {
		return "", ""
	}
	hint = "Write " + oneOf(values) + "."
	if slices.Contains(d.Values, word) {
		return "mosquitto " + v.String() + " does not know " + key + " " + word + ".", hint
	}
	return key + " may not be " + shown(word) + ".", hint
}

// oneOf joins words as people do.
func oneOf(values []string) string {
	n := len(values) - 1
	return strings.Join(values[:n], ", ") + " or " + values[n]
}
