package dynsec

import "strings"

// decide walks the rules in the order in which the broker does: Mosquitto's own, the client's roles, its groups'
// roles, the default access. The lists of a State are already in the order of priority, and a role's ACLs of one
// type in the order in which they are tried (mosquitto 2.0, plugins/dynamic-security/acl.c).
func (s *State) decide(q Question) Decision {
	d := &decision{}
	d.Considered = []Rule{}
	s.walkRules(q, d)
	return d.Decision
}

func (s *State) walkRules(q Question, d *decision) {
	client, who, refusal := s.session(q)
	if refusal != "" {
		d.consider(Rule{Source: SourceLogin, Matches: true, Reason: refusal}, false)
		return
	}
	if reason := brokerRefuses(q); reason != "" {
		d.consider(Rule{Source: SourceBroker, Matches: true, Reason: reason}, false)
		return
	}
	w := walker{state: s, question: q, who: who, dialect: dialectOf(s.Version), decision: d}
	if client != nil {
		if w.roles(SourceClientRole, "", client.Roles) {
			return
		}
		for _, g := range client.Groups {
			if w.group(g.Groupname) {
				return
			}
		}
	} else if s.Anonymous != "" && w.group(s.Anonymous) {
		return
	}
	allow := s.defaultFor(q.Action)
	rule := Rule{Source: SourceDefault, Matches: true}
	if allow && strings.HasPrefix(q.Topic, "$CONTROL") {
		allow, rule.Reason = false, "the default access never reaches topics that begin with $CONTROL"
	}
	d.consider(rule, allow)
}

// session finds who asks. refusal says why they could not be logged in at all.
func (s *State) session(q Question) (client *Client, who identity, refusal string) {
	who = identity{clientid: q.Clientid}
	if q.Username == nil {
		return nil, who, ""
	}
	who.username = *q.Username
	client, known := s.Client(*q.Username)
	switch {
	case !known:
		return nil, who, "there is no client of this username, so it cannot log in"
	case client.Disabled:
		return nil, who, "the client is disabled, so it cannot log in"
	case client.Clientid == "":
		return client, who, ""
	case who.clientid == "":
		who.clientid = client.Clientid
	case who.clientid != client.Clientid:
		return nil, who, "the client is bound to another client id, so it cannot log in with this one"
	}
	return client, who, ""
}

// brokerRefuses says why Mosquitto itself refuses, before any ACL (mosquitto 2.0, acl__check_dollar).
func brokerRefuses(q Question) string {
	if q.Action != ActionPublish {
		return ""
	}
	switch {
	case strings.HasPrefix(q.Topic, "$share"):
		return "nobody can publish to topics that begin with $share"
	case strings.HasPrefix(q.Topic, "$SYS") && !isBridgeState(q.Topic):
		return "nobody but the broker can publish to topics that begin with $SYS"
	}
	return ""
}

// isBridgeState reports whether a topic is one of the $SYS topics that bridges write.
func isBridgeState(topic string) bool {
	name, ok := strings.CutPrefix(topic, "$SYS/broker/connection/")
	if !ok {
		return false
	}
	name, ok = strings.CutSuffix(name, "/state")
	return ok && !strings.Contains(name, "/")
}

func (s *State) defaultFor(action string) bool {
	switch action {
	case ActionPublish:
		return s.Access.PublishClientSend
	case ActionReceive:
		return s.Access.PublishClientReceive
	case ActionSubscribe:
		return s.Access.Subscribe
	default:
		return s.Access.Unsubscribe
	}
}

// walker tries roles one after the other for one question.
type walker struct {
	state    *State
	question Question
	who      identity
	dialect  dialect
	decision *decision
}

func (w *walker) group(groupname string) bool {
	g, ok := w.state.Group(groupname)
	return ok && w.roles(SourceGroupRole, groupname, g.Roles)
}

// roles reports whether one of them decided.
func (w *walker) roles(source, groupname string, refs []RoleRef) bool {
	for _, ref := range refs {
		role, ok := w.state.Role(ref.Rolename)
		if !ok {
			continue
		}
		if w.role(Rule{Source: source, Groupname: groupname, Rolename: ref.Rolename}, role) {
			return true
		}
	}
	return false
}

// role tries the ACLs of the types that the action asks for, literal ones first.
func (w *walker) role(rule Rule, role *Role) bool {
	literal, pattern := "", ""
	switch w.question.Action {
	case ActionPublish:
		pattern = PublishClientSend
	case ActionReceive:
		pattern = PublishClientReceive
	case ActionSubscribe:
		literal, pattern = SubscribeLiteral, SubscribePattern
		if w.dialect.modern && role.NoWildcardSubs && strings.ContainsAny(w.question.Topic, "+#") {
			rule.Matches, rule.Reason = true, "the role does not allow subscriptions with wildcards"
			return w.decision.consider(rule, false)
		}
	default:
		literal, pattern = UnsubscribeLiteral, UnsubscribePattern
	}
	tried := false
	for _, acltype := range [...]string{literal, pattern} {
		for i := range role.ACLs {
			acl := &role.ACLs[i]
			if acl.Acltype != acltype {
				continue
			}
			tried = true
			step := rule
			step.ACL = &ACL{Acltype: acl.Acltype, Topic: acl.Topic, Priority: acl.Priority, Allow: acl.Allow}
			step.Matches = w.holds(acl)
			if filterShapeBroken(acl.Topic) {
				step.Reason = "not a valid filter, stored by another manager: 2.0 never matches it, 2.1 may refuse what comes near it"
			}
			if w.decision.consider(step, acl.Allow) {
				return true
			}
		}
	}
	if !tried {
		rule.Reason = "the role has no ACL for this action"
		w.decision.consider(rule, false)
	}
	return false
}

func (w *walker) holds(acl *ACL) bool {
	switch acl.Acltype {
	case SubscribeLiteral, UnsubscribeLiteral:
		return acl.Topic == w.question.Topic
	case SubscribePattern, UnsubscribePattern:
		return w.dialect.covers(acl.Topic, w.question.Topic, w.who)
	default:
		return w.dialect.matchesTopic(acl.Topic, w.question.Topic, w.who)
	}
}
