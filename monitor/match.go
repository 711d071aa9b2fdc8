package monitor

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

const (
	// mostBytes is how long a topic or filter may be (MQTT 5.0, 1.5.4: a two-byte length).
	mostBytes = 65535
	// mostSlashes is how many slashes mosquitto takes in one. At more it closes the connection (TOPIC_HIERARCHY_LIMIT).
	mostSlashes = 200
)

// What can be wrong with a topic or a filter. The texts never repeat it.
var (
	errEmpty    = errors.New("is empty")
	errTooLong  = errors.New("is longer than 65535 bytes")
	errTooDeep  = errors.New("has more than 200 slashes")
	errNotText  = errors.New("is not UTF-8 text, or holds a control character")
	errWildcard = errors.New("holds a wildcard")
	errDollar   = errors.New("begins with $, which belongs to the broker")
	errShared   = errors.New("is a shared subscription")
	errOnlySys  = errors.New("begins with $: of those only $SYS can be watched")
	errHash     = errors.New("has a # that is not the whole last level")
	errPlus     = errors.New("has a + that is not a whole level")
)

// CheckFilter says what is wrong with a topic filter (MQTT 5.0, 4.7.1), nil when one can subscribe to it. Shared
// subscriptions are refused: they would take messages away from the clients that share them.
func CheckFilter(filter string) error {
	if err := checkText(filter); err != nil {
		return err
	}
	if filter == "$share" || strings.HasPrefix(filter, "$share/") {
		return errShared
	}
	for rest, more := filter, true; more; {
		var level string
		level, rest, more = strings.Cut(rest, "/")
		switch {
		case strings.Contains(level, "#") && (level != "#" || more):
			return errHash
		case strings.Contains(level, "+") && level != "+":
			return errPlus
		}
	}
	return nil
}

// CheckTopic says what is wrong with the topic of a message that a person wants to publish, nil when nothing is.
func CheckTopic(topic string) error {
	if err := checkText(topic); err != nil {
		return err
	}
	switch {
	case strings.ContainsAny(topic, "+#"):
		return errWildcard
	case topic[0] == '$':
		return errDollar
	}
	return nil
}

// checkText holds what mosquitto wants of both. It closes the connection where MQTT would merely rather not see the
// character (MQTT 5.0, 1.5.4; mosquitto_validate_utf8).
func checkText(text string) error {
	switch {
	case text == "":
		return errEmpty
	case len(text) > mostBytes:
		return errTooLong
	case strings.Count(text, "/") > mostSlashes:
		return errTooDeep
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unwanted):
		return errNotText
	}
	return nil
}

// unwanted are the control characters, and the code points that never will be characters.
func unwanted(r rune) bool {
	return unicode.IsControl(r) || 0xFDD0 <= r && r <= 0xFDEF || r&0xFFFE == 0xFFFE
}

// matchesAny reports whether a topic falls under one of the filters, which CheckFilter accepts.
func matchesAny[T string | []byte](filters []string, topic T) bool {
	if len(topic) == 0 {
		return false
	}
	for _, filter := range filters {
		if topicfilter.Match(filter, topic) {
			return true
		}
	}
	return false
}

// coveredBy reports whether one of the filters is at least as wide as the narrow one.
func coveredBy(filters []string, narrow string) bool {
	for _, wide := range filters {
		if wide != "" && topicfilter.Covers(wide, narrow) {
			return true
		}
	}
	return false
}
