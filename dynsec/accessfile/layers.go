package accessfile

import (
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// The types of rules of dynamic security.
const (
	typeSend        = "publishClientSend"
	typeReceive     = "publishClientReceive"
	typeSubscribe   = "subscribePattern"
	typeUnsubscribe = "unsubscribePattern"
)

// layer is one list of an acl_file without its order, which means nothing but that what denies comes first: the access
// for each topic, and denied where it is Deny.
type layer map[string]Access

// add puts a rule in. What denies a topic leaves nothing of what allows the same one.
func (l layer) add(topic string, access Access) {
	now, there := l[topic]
	switch {
	case access == Deny || there && now == Deny:
		l[topic] = Deny
	default:
		l[topic] = now | access
	}
}

// maxCompared bounds how many pairs of topics are compared to find what is said already.
const maxCompared = 2_000_000

// simplify takes out what wider rules of the list say already, so that lists with the same meaning become the same role:
// an allow that another allow or a deny covers, and a deny that another one covers.
func (l layer) simplify() {
	var wide []string
	for topic := range l {
		if strings.ContainsAny(topic, "+#") {
			wide = append(wide, topic)
		}
	}
	if len(wide)*len(l) > maxCompared {
		return
	}
	said := layer{}
	for topic, access := range l {
		for _, w := range wide {
			if w == topic || !topicfilter.Covers(w, topic) {
				continue
			}
			switch {
			case l[w] == Deny:
				said[topic] = ReadWrite
			case access != Deny:
				said[topic] |= l[w]
			}
		}
	}
	for topic, access := range said {
		if l[topic] == Deny || l[topic]&^access == 0 {
			delete(l, topic)
		} else {
			l[topic] &^= access
		}
	}
}

// topics are in order, so that equal layers make equal roles.
func (l layer) topics() []string {
	topics := make([]string, 0, len(l))
	for topic := range l {
		topics = append(topics, topic)
	}
	slices.Sort(topics)
	return topics
}

// key is equal for equal layers, and empty for an empty one. No topic has a NUL character in it.
func (l layer) key() string {
	var b strings.Builder
	for _, topic := range l.topics() {
		b.WriteByte('0' + byte(l[topic]))
		b.WriteString(topic)
		b.WriteByte(0)
	}
	return b.String()
}

// Priorities of rules. A role that holds two lists has those of the first one above those of the second.
const (
	secondAllows = iota
	secondDenies
	firstAllows
	firstDenies
)

// rules makes the rules of a role from a user's own list and, where not empty, the patterns that come after it. A role
// has one rule for each type and topic; where both lists have one, the first decides and the second never would.
func rules(own, patterns layer) []broker.DynsecACL {
	type rule struct{ acltype, topic string }
	seen := map[rule]bool{}
	var acls []broker.DynsecACL
	put := func(acltype, topic string, priority int, allow bool) {
		if r := (rule{acltype, topic}); !seen[r] {
			seen[r] = true
			acls = append(acls, broker.DynsecACL{Acltype: acltype, Topic: topic, Priority: priority, Allow: allow})
		}
	}
	list := func(l layer, denies, allows int) {
		topics := l.topics()
		for _, topic := range topics {
			if l[topic] == Deny {
				put(typeSend, topic, denies, false)
				put(typeReceive, topic, denies, false)
			}
		}
		for _, topic := range topics {
			if l[topic]&Write != 0 {
				put(typeSend, topic, allows, true)
			}
			if l[topic]&Read != 0 {
				put(typeReceive, topic, allows, true)
			}
		}
	}
	if len(own) == 0 || len(patterns) == 0 {
		list(own, secondDenies, secondAllows)
		list(patterns, secondDenies, secondAllows)
		return acls
	}
	list(own, firstDenies, firstAllows)
	list(patterns, secondDenies, secondAllows)
	return acls
}
