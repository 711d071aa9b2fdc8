package dynsec

import (
	"strings"

	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// The actions that can be asked about.
const (
	ActionPublish     = "publish"
	ActionReceive     = "receive"
	ActionSubscribe   = "subscribe"
	ActionUnsubscribe = "unsubscribe"
)

// Where a decision comes from.
const (
	SourceClientRole = "client-role" // an ACL of a role that the client carries itself
	SourceGroupRole  = "group-role"  // an ACL of a role that a group of the client carries
	SourceDefault    = "default"     // no ACL matched
	SourceLogin      = "login"       // the session could not exist
	SourceBroker     = "broker"      // Mosquitto decides before the plugin is asked
)

// maxConsidered bounds the list of rules in an answer.
const maxConsidered = 1000

// Question asks what the broker would decide.
type Question struct {
	Username *string // nil is a session without a username
	Clientid string  // "" where it does not matter
	Action   string
	Topic    string // a topic to publish or receive, a filter to subscribe or unsubscribe
}

// Rule is one step on the way to a decision. ACL is nil where a role is passed or refuses as a whole, and where no
// ACL is involved.
type Rule struct {
	Source    string `json:"source" enum:"client-role,group-role,default,login,broker"`
	Groupname string `json:"groupname,omitempty"`
	Rolename  string `json:"rolename,omitempty"`
	ACL       *ACL   `json:"acl,omitempty"`
	Matches   bool   `json:"matches"`          // whether the rule holds for the question; the first that does decides
	Reason    string `json:"reason,omitempty"` // in words, where it is not plain from the fields
}

// Decision is the answer: what would happen, the rule that decides, and every rule looked at before it, in the
// broker's order. Considered ends with the deciding rule; Truncated says that only the first 1000 are shown.
type Decision struct {
	Allow      bool     `json:"allow"`
	DecidedBy  Rule     `json:"decided_by"`
	Considered []Rule   `json:"considered" nullable:"false"`
	Truncated  bool     `json:"truncated"`
	Notes      []string `json:"notes" nullable:"false"` // what else the asker should know
}

// Check answers as the broker of this state would decide. It fails with Invalid where the question cannot be put to
// a broker.
func (s *State) Check(q Question) (Decision, error) {
	var p problems
	q.check(&p)
	if err := p.err(); err != nil {
		return Decision{}, err
	}
	d := s.decide(q)
	d.Notes = s.notes(q, d)
	return d, nil
}

// check finds what is wrong with the question itself.
func (q Question) check(p *problems) {
	if q.Username != nil {
		if *q.Username == "" {
			p.add("body.username", "must not be empty; leave it out for a session without a username")
		} else {
			p.mqttString("body.username", *q.Username)
		}
	}
	p.clientid("body.clientid", q.Clientid)
	message := ""
	switch q.Action {
	case ActionPublish, ActionReceive:
		message = publishTopicProblem(q.Topic)
	case ActionSubscribe, ActionUnsubscribe:
		if message = topicfilter.Problem(q.Topic); message == "" {
			message = sharedFilterProblem(q.Topic)
		}
	default:
		p.add("body.action", "must be one of publish, receive, subscribe, unsubscribe")
		return
	}
	if message != "" {
		p.add("body.topic", message)
	}
}

// sharedFilterProblem is empty unless the filter begins like a shared subscription and is none, for which the
// broker may end the session.
func sharedFilterProblem(filter string) string {
	if filter != "$share" && !strings.HasPrefix(filter, "$share/") {
		return ""
	}
	parts := strings.SplitN(filter, "/", 3)
	if len(parts) < 3 || parts[1] == "" || parts[2] == "" || strings.ContainsAny(parts[1], "+#") {
		return "must be $share/<group>/<filter>, with a group without wildcards"
	}
	return ""
}

// notes are the usual reasons why a yes or a no is not the whole story.
func (s *State) notes(q Question, d Decision) []string {
	notes := []string{}
	if s.Version == "" {
		notes = append(notes, "the broker does not tell its version, so this is what 2.0 would decide")
	}
	if q.Username == nil {
		notes = append(notes, "a session without a username also needs allow_anonymous in the broker's configuration")
	}
	if d.Allow && q.Action == ActionSubscribe {
		topic := q.Topic
		if rest, shared := strings.CutPrefix(topic, "$share/"); shared {
			_, topic, _ = strings.Cut(rest, "/")
		}
		if strings.ContainsAny(topic, "+#") {
			return append(notes, "each message is checked again when it is delivered: ask for receive, too")
		}
		q.Action, q.Topic = ActionReceive, topic
		if !s.decide(q).Allow {
			notes = append(notes, "the subscription is granted, but messages of this topic would not be delivered: receive is not allowed")
		}
	}
	return notes
}

// decision gathers rules until one decides.
type decision struct {
	Decision
}

// consider notes a rule and reports whether it decides.
func (d *decision) consider(r Rule, allow bool) bool {
	if len(d.Considered) < maxConsidered {
		d.Considered = append(d.Considered, r)
	} else {
		d.Truncated = true
	}
	if r.Matches {
		d.Allow, d.DecidedBy = allow, r
	}
	return r.Matches
}
