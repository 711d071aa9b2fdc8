package dynsec

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
	"github.com/bunkerm/bunkerm/fault"
)

// MaxString is the longest name, topic or text in bytes.
const MaxString = topicfilter.MaxString

// problems collects everything that is wrong with one request, so that the caller learns all of it at once.
// Nothing may be sent to the broker before err has answered nil: Mosquitto drops invalid ACLs without a word and
// 2.0.11 carries out half of a command. Messages never repeat a value, because it may be a password.
type problems struct {
	fields []fault.Field
}

// add notes one problem. location is a path into the request, such as body.acls[2].topic.
func (p *problems) add(location, message string) {
	p.fields = append(p.fields, fault.Field{Location: location, Message: message})
}

// err is nil when nothing was found, else one fault of kind Invalid with all problems.
func (p *problems) err() error {
	if len(p.fields) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "the request is not acceptable").Hint("mend the places named in errors; nothing was changed")
	f.Fields = p.fields
	return f
}

// name checks a username, rolename or groupname that is about to be created. The names . and .. cannot be
// reached in a URL, which cleans them away.
func (p *problems) name(location, name string) {
	switch {
	case name == "":
		p.add(location, "must not be empty")
	case name == "." || name == "..":
		p.add(location, "must not be . or .., which no URL can carry")
	default:
		p.mqttString(location, name)
	}
}

// clientid checks the client id that an account is bound to. Empty means not bound.
func (p *problems) clientid(location, id string) { p.mqttString(location, id) }

// text checks a textname or textdescription: anything that survives the way through C and JSON.
func (p *problems) text(location, text string) {
	switch {
	case !utf8.ValidString(text):
		p.add(location, "must be valid UTF-8")
	case strings.ContainsRune(text, 0):
		p.add(location, "must not contain the character NUL")
	case len(text) > MaxString:
		p.add(location, "must be at most 65535 bytes long")
	}
}

// password checks a password that is about to be set. An empty one could never log in.
func (p *problems) password(location, password string) {
	if password == "" {
		p.add(location, "must not be empty; leave it out to set none")
		return
	}
	p.text(location, password)
}

// priority checks the priority of a role, group or ACL.
func (p *problems) priority(location string, priority int) {
	if priority < -MaxPriority || priority > MaxPriority {
		p.add(location, "must be between -100000 and 100000")
	}
}

// mqttString checks what Mosquitto asks of a string that travels in MQTT (mosquitto 2.0, mosquitto_validate_utf8).
func (p *problems) mqttString(location, s string) {
	if message := topicfilter.StringProblem(s); message != "" {
		p.add(location, message)
	}
}

// acl checks one ACL. location is where it stands: body, or body.acls[2].
func (p *problems) acl(location string, a ACL) {
	p.acltype(location+".acltype", a.Acltype)
	p.filter(location+".topic", a.Topic)
	p.priority(location+".priority", a.Priority)
}

// acls checks a role's whole list. A role holds one ACL for each type and topic; Mosquitto would keep the first of
// two and drop the other.
func (p *problems) acls(location string, list []ACL) {
	type key struct{ acltype, topic string }
	seen := make(map[key]int, len(list))
	for i, a := range list {
		at := location + "[" + strconv.Itoa(i) + "]"
		p.acl(at, a)
		k := key{a.Acltype, a.Topic}
		if first, ok := seen[k]; ok {
			p.add(at+".topic", "repeats the type and topic of entry "+strconv.Itoa(first))
			continue
		}
		seen[k] = i
	}
}

// acltype checks that it is one of the six, written exactly so.
func (p *problems) acltype(location, acltype string) {
	if !knownACLType(acltype) {
		p.add(location, "must be one of publishClientSend, publishClientReceive, subscribeLiteral, subscribePattern, "+
			"unsubscribeLiteral, unsubscribePattern")
	}
}

func knownACLType(acltype string) bool {
	switch acltype {
	case PublishClientSend, PublishClientReceive, SubscribeLiteral, SubscribePattern, UnsubscribeLiteral, UnsubscribePattern:
		return true
	}
	return false
}

// filter checks an ACL's topic. All six types take a filter: wildcards in a literal type stand for themselves.
func (p *problems) filter(location, topic string) {
	if message := topicfilter.Problem(topic); message != "" {
		p.add(location, message)
	}
}

// publishTopicProblem is empty for a topic that a message can be published to.
func publishTopicProblem(topic string) string {
	if strings.ContainsAny(topic, "+#") {
		return "must not contain + or #, which only filters may"
	}
	return topicfilter.Problem(topic)
}

// roleRefs checks the roles given to a client or group. exists says whether the broker has the role.
func (p *problems) roleRefs(location string, refs []RoleRef, exists func(rolename string) bool) {
	p.refs(location, len(refs), "rolename", "role", exists, func(i int) (string, int) {
		return refs[i].Rolename, refs[i].Priority
	})
}

// groupRefs checks the groups given to a client.
func (p *problems) groupRefs(location string, refs []GroupRef, exists func(groupname string) bool) {
	p.refs(location, len(refs), "groupname", "group", exists, func(i int) (string, int) {
		return refs[i].Groupname, refs[i].Priority
	})
}

// clientRefs checks the clients given to a group.
func (p *problems) clientRefs(location string, refs []ClientRef, exists func(username string) bool) {
	p.refs(location, len(refs), "username", "client", exists, func(i int) (string, int) {
		return refs[i].Username, refs[i].Priority
	})
}

// refs checks a list of names with priorities: each exists, none twice, priorities in bounds.
func (p *problems) refs(location string, n int, field, thing string, exists func(string) bool, at func(int) (string, int)) {
	seen := make(map[string]int, n)
	for i := range n {
		name, priority := at(i)
		here := location + "[" + strconv.Itoa(i) + "]"
		if first, ok := seen[name]; ok {
			p.add(here+"."+field, "repeats entry "+strconv.Itoa(first))
		} else if seen[name] = i; !exists(name) {
			p.add(here+"."+field, "there is no "+thing+" of this name")
		}
		p.priority(here+".priority", priority)
	}
}
