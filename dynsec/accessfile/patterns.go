package accessfile

import (
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// fate is what becomes of a pattern for one identity.
type fate uint8

const (
	translated fate = iota
	pointless       // Mosquitto never matches it for this identity, or no client could use the topic
	lost            // dynamic security cannot say it
)

// expander turns patterns into topics of dynamic security.
type expander struct {
	from, to bool // whether the old broker, and the new one, is 2.1 or later
	clientID func(username string) string
}

// Why a pattern is lost.
const (
	lostClientID = "%c stands for the client id, which is not known before a client connects, and dynamic security of Mosquitto 2.0 has no word for it"
	lostInside   = "%c stands for a part of a level, which dynamic security has no word for"
	lostName     = "the username itself has %c or %u in it"
)

// expand gives the topic of a pattern for one who asks; nil is a client without a username. Where the new broker replaces
// %c and %u as the old one did, they stay.
func (e *expander) expand(pattern string, who *string) (topic string, becomes fate, why string) {
	hasC, hasU := strings.Contains(pattern, "%c"), strings.Contains(pattern, "%u")
	if who == nil && hasU {
		return "", pointless, ""
	}
	id := ""
	if who != nil {
		id = e.clientID(*who)
	}
	if e.from {
		return e.expandLevels(pattern, who, id)
	}
	byLevel := substitutesByLevel(pattern)
	plainName := who == nil || !strings.Contains(*who, "/")
	switch {
	case !hasC && !hasU:
		return pattern, translated, ""
	case e.to && byLevel && plainName:
		return pattern, translated, ""
	case e.to && hasU && (strings.Contains(*who, "%c") || strings.Contains(*who, "%u")):
		return "", lost, lostName
	case hasC && id == "" && !e.to:
		return "", lost, lostClientID
	case hasC && id == "" && !byLevel:
		return "", lost, lostInside
	case hasC && id == "":
		return usable(substituted(pattern, who, nil))
	default:
		return usable(substituted(pattern, who, &id))
	}
}

// keeps tells whether every pattern stays as it is for a user.
func (e *expander) keeps(patterns []Rule, username string) bool {
	return e.to && (e.from || !strings.Contains(username, "/") && e.clientID(username) == "" &&
		!slices.ContainsFunc(patterns, func(r Rule) bool { return !substitutesByLevel(r.Topic) }))
}

// expandLevels is expand for files of 2.1, where only whole levels are replaced.
func (e *expander) expandLevels(pattern string, who *string, id string) (string, fate, string) {
	if e.to {
		return pattern, translated, ""
	}
	levels := strings.Split(pattern, "/")
	for i, level := range levels {
		switch {
		case level == "%u" && (*who == "" || strings.Contains(*who, "/")):
			return "", pointless, ""
		case level == "%u":
			levels[i] = *who
		case level == "%c" && id == "":
			return "", lost, lostClientID
		case level == "%c" && strings.Contains(id, "/"):
			return "", pointless, ""
		case level == "%c":
			levels[i] = id
		}
	}
	return usable(strings.Join(levels, "/"))
}

// usable drops what has become too long or deep for any topic.
func usable(topic string) (string, fate, string) {
	if topicfilter.Problem(topic) != "" {
		return "", pointless, ""
	}
	return topic, translated, ""
}

// substitutesByLevel tells whether each %c and %u in a pattern is a level of its own.
func substitutesByLevel(pattern string) bool {
	return !slices.ContainsFunc(strings.Split(pattern, "/"), func(level string) bool {
		return level != "%c" && level != "%u" && (strings.Contains(level, "%c") || strings.Contains(level, "%u"))
	})
}

// speaksOfClients tells whether 2.1's dynamic security would replace something in a topic that is meant as it stands.
func speaksOfClients(topic string) bool {
	return slices.ContainsFunc(strings.Split(topic, "/"), func(level string) bool { return level == "%c" || level == "%u" })
}

// reachesControl tells whether a topic is about $CONTROL, where it would give rights over the broker's accounts. Without
// the plugin, nothing is behind these topics.
func reachesControl(topic string) bool {
	first, rest, _ := strings.Cut(topic, "/")
	if first == "$share" {
		_, shared, _ := strings.Cut(rest, "/")
		first, _, _ = strings.Cut(shared, "/")
	}
	return first == "$CONTROL"
}
