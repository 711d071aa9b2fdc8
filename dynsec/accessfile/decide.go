package accessfile

import (
	"strings"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// Action is what somebody asks to do.
type Action string

// The actions. An acl_file says nothing about subscriptions: everybody may subscribe to everything, and what is delivered
// is decided message by message.
const (
	Publish     Action = "publish"
	Receive     Action = "receive"
	Subscribe   Action = "subscribe"
	Unsubscribe Action = "unsubscribe"
)

// Question is what somebody who is logged in asks of the broker.
type Question struct {
	Username *string // nil: logged in without one
	ClientID string
	Action   Action
	Topic    string // a topic, or for subscriptions a filter
}

// Files are the files of one broker.
type Files struct {
	Passwords *Passwords // nil: there is no password_file
	Rules     *Rules     // nil: there is no acl_file, so everybody may do everything
	// Modern tells that the broker is 2.1 or later, where %c and %u stand only for a whole level of a topic. Before, they
	// are replaced wherever they are, and what they are replaced by may have levels of its own.
	Modern bool
}

// Allows answers as Mosquitto does with these files (src/security_default.c; src/security.c, acl__check_dollar).
func (f *Files) Allows(q Question) bool {
	if q.Action == Subscribe || q.Action == Unsubscribe {
		return true
	}
	if q.Action == Publish && !mayPublish(q.Topic) || strings.HasPrefix(q.Topic, "$share") {
		return false
	}
	if f.Rules == nil {
		return true
	}
	bit := Read
	if q.Action == Publish {
		bit = Write
	}
	own := f.Rules.Anonymous
	if q.Username != nil {
		own = f.Rules.Users[*q.Username]
	}
	if allow, decided := decide(own, bit, func(r Rule) bool { return topicfilter.Match(r.Topic, q.Topic) }); decided {
		return allow
	}
	if isDangerous(q.ClientID) || q.Username != nil && isDangerous(*q.Username) {
		return false
	}
	allow, _ := decide(f.Rules.Patterns, bit, func(r Rule) bool { return f.holds(r.Topic, q) })
	return allow
}

// decide goes through a list: what denies goes before what allows, wherever it stands.
func decide(rules []Rule, bit Access, holds func(Rule) bool) (allow, decided bool) {
	for _, r := range rules {
		allows := r.Access&bit != 0
		if (r.Access != Deny && (!allows || allow)) || !holds(r) {
			continue
		}
		if r.Access == Deny {
			return false, true
		}
		allow = true
	}
	return allow, allow
}

// mayPublish is what Mosquitto lets nobody do by any rule: $SYS is its own, but for what bridges tell there.
func mayPublish(topic string) bool {
	return !strings.HasPrefix(topic, "$SYS") || topicfilter.Match("$SYS/broker/connection/+/state", topic)
}

// isDangerous tells whether a username or client id could pass for a filter. Mosquitto asks no pattern for such a client,
// and denies.
func isDangerous(name string) bool { return strings.ContainsAny(name, "+#") }

// holds tells whether a pattern matches a topic for who asks.
func (f *Files) holds(pattern string, q Question) bool {
	if q.Username == nil && strings.Contains(pattern, "%u") {
		return false
	}
	if f.Modern {
		return holdsByLevel(pattern, q)
	}
	return topicfilter.Match(substituted(pattern, q.Username, &q.ClientID), q.Topic)
}

// substituted puts the username and the client id into a pattern, from left to right, once. Nil ones are not put in.
func substituted(pattern string, username, clientID *string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		var value *string
		if pattern[i] == '%' && i+1 < len(pattern) {
			switch pattern[i+1] {
			case 'c':
				value = clientID
			case 'u':
				value = username
			}
		}
		if value == nil {
			b.WriteByte(pattern[i])
			continue
		}
		b.WriteString(*value)
		i++
	}
	return b.String()
}

// holdsByLevel compares as 2.1 does (libcommon/topic_common.c, seen with 2.1.2): %c and %u stand for a level that is the
// client id or the username as a whole.
func holdsByLevel(pattern string, q Question) bool {
	username := ""
	if q.Username != nil {
		username = *q.Username
	}
	levels := strings.Split(pattern, "/")
	words := strings.SplitN(q.Topic, "/", len(levels)+1)
	for i, level := range levels {
		name := ""
		switch level {
		case "%c":
			name = q.ClientID
		case "%u":
			name = username
		default:
			continue
		}
		if name == "" || i >= len(words) || name != words[i] {
			return false
		}
		levels[i] = words[i]
	}
	return topicfilter.Match(strings.Join(levels, "/"), q.Topic)
}
