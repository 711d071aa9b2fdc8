package clientlogs

import (
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// trace is what is recorded of publishes while only some are wanted.
type trace struct {
	clients map[string]struct{}
	filters []string
}

func newTrace(clientIDs, filters []string) *trace {
	t := &trace{clients: make(map[string]struct{}, len(clientIDs)), filters: filters}
	for _, id := range clientIDs {
		t.clients[id] = struct{}{}
	}
	return t
}

// wants reports whether a publish is of one of the clients or on one of the topics. It allocates nothing.
func (t *trace) wants(clientID, topic []byte) bool {
	if _, ok := t.clients[string(clientID)]; ok {
		return true
	}
	for _, filter := range t.filters {
		if topicfilter.Match(filter, topic) {
			return true
		}
	}
	return false
}

// whyNoFilter says what is wrong with a topic filter; empty when nothing is.
func whyNoFilter(filter string) string {
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "+", level == "#" && i == len(levels)-1:
		case strings.ContainsAny(level, "+#"):
			return "has a wildcard that is not a whole level, or a # that is not the last"
		}
	}
	switch {
	case filter == "":
		return "is empty"
	case strings.HasPrefix(filter, "$share/"):
		return "is a shared subscription, and no message has such a topic"
	case len(filter) > 65535:
		return "is longer than 65535 bytes"
	case !utf8.ValidString(filter) || strings.ContainsRune(filter, 0):
		return "is not UTF-8 without the character 0"
	}
	return ""
}
