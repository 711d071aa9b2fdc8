package accessfile

import (
	"strings"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// Access is what a rule of an acl_file is about. Read is what is delivered, Write what is published.
type Access uint8

// The kinds of access. Deny is about both, and goes before every rule of its list that allows.
const (
	Deny      Access = 0
	Read      Access = 1
	Write     Access = 2
	ReadWrite Access = Read | Write
)

// Rule is one topic or pattern line.
type Rule struct {
	Line   int
	Access Access
	Topic  string
}

// Rules is what an acl_file says.
type Rules struct {
	// Anonymous are the topic lines above the first user: those of clients without a username, and of nobody else.
	Anonymous []Rule
	// Users has the topic lines of each user, of all its sections together; Names are the users in their order.
	Users map[string][]Rule
	Names []string
	// Patterns hold for everybody where no topic line decides. %c and %u in them stand for who asks.
	Patterns []Rule
	Findings []Finding
}

// ReadRules reads an acl_file as Mosquitto does. The lines with which it does not start are findings of the kind Refused.
func ReadRules(text string) *Rules {
	r := ruleReader{findings: findings{source: SourceRules}, rules: &Rules{Users: map[string][]Rule{}}}
	if rest, found := strings.CutPrefix(text, bom); found {
		r.refuse(1, "", "the file begins with a byte order mark; save it as UTF-8 without one")
		text = rest
	}
	eachLine(text, r.line)
	r.rules.Findings = r.all
	return r.rules
}

type ruleReader struct {
	findings
	rules *Rules
	user  string // whose section it is; empty above the first
	skip  bool   // the section is of a user who cannot exist
}

func (r *ruleReader) refuse(line int, subject, message string) {
	r.add(line, Refused, subject, message+" (Mosquitto does not start with this line)")
}

func (r *ruleReader) line(number int, line string) {
	line = strings.TrimRight(line, blanks)
	if strings.HasPrefix(line, "#") {
		return
	}
	if strings.ContainsRune(line, 0) {
		r.add(number, Refused, "", "the line has a NUL character, at which Mosquitto loses its place in the file")
		return
	}
	word, rest, ok := token(line, " ")
	if !ok {
		return
	}
	switch word {
	case "topic", "pattern":
		r.rule(number, word == "pattern", rest)
	case "user":
		r.section(number, strings.Trim(rest, blanks))
	default:
		message := "the line begins with none of topic, pattern and user"
		switch {
		case strings.HasPrefix(strings.TrimLeft(line, blanks), "#"):
			message = "a comment has its # at the very beginning of the line"
		case strings.ContainsRune(line, '\t'):
			message = "words are separated by spaces, and not by tabs"
		}
		r.refuse(number, "", message)
	}
}

func (r *ruleReader) section(number int, name string) {
	if name == "" {
		r.refuse(number, "", "there is no username behind user")
		return
	}
	if message := unusableName(name); message != "" {
		r.add(number, Lost, "", "the username "+message+", so nobody has these rules; they are left out")
		r.skip = true
		return
	}
	r.skip, r.user = false, name
	if _, known := r.rules.Users[name]; !known {
		r.rules.Users[name] = nil
		r.rules.Names = append(r.rules.Names, name)
	}
}

// rule reads what stands behind topic or pattern: a topic alone, or a kind of access and a topic, which may then have
// spaces.
func (r *ruleReader) rule(number int, pattern bool, text string) {
	word, rest, ok := token(text, " ")
	if !ok {
		r.refuse(number, "", "there is no topic")
		return
	}
	topic := strings.Trim(rest, blanks)
	access, known := map[string]Access{"read": Read, "write": Write, "readwrite": ReadWrite, "deny": Deny}[word]
	switch {
	case rest == "":
		if known {
			r.add(number, Note, word, "with nothing behind it, "+word+" is the name of a topic here, which may be read and written")
		}
		access, topic = ReadWrite, word
	case !known:
		r.refuse(number, text, "what stands before the topic must be read, write, readwrite or deny; a topic with spaces needs one of them")
		return
	}
	if message := shapeProblem(topic); message != "" {
		r.refuse(number, topic, "the topic cannot be used: "+message)
		return
	}
	if message := topicfilter.StringProblem(topic); message != "" {
		r.add(number, Note, "", "no client can use such a topic, because one "+message+"; the line is left out and changes nothing")
		return
	}
	rule := Rule{Line: number, Access: access, Topic: topic}
	switch {
	case pattern:
		r.rules.Patterns = append(r.rules.Patterns, rule)
	case r.skip:
	case r.user == "":
		r.rules.Anonymous = append(r.rules.Anonymous, rule)
	default:
		r.rules.Users[r.user] = append(r.rules.Users[r.user], rule)
	}
}

// maxSlashes is how deep a topic may be (TOPIC_HIERARCHY_LIMIT).
const maxSlashes = 200

// shapeProblem is what Mosquitto looks at in a topic of an acl_file (mosquitto_sub_topic_check): wildcards and size, and
// not whether MQTT could carry it.
func shapeProblem(topic string) string {
	if len(topic) > maxString {
		return "it is longer than 65535 bytes"
	}
	if strings.Count(topic, "/") > maxSlashes {
		return "it has more than 200 slashes"
	}
	for level, rest, more := "", topic, true; more; {
		level, rest, more = strings.Cut(rest, "/")
		switch {
		case len(level) > 1 && strings.ContainsAny(level, "+#"):
			return "+ and # must stand alone between slashes"
		case level == "#" && more:
			return "# must be the last level"
		}
	}
	return ""
}
