package dynsecfile

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// maxCommand is the longest command that is sent, in bytes: the broker takes messages of 2,000,000.
const maxCommand = 1_500_000

// Plan is what leads from one file to another.
type Plan struct {
	Effect  Effect
	Reasons []string // why a restart is needed
	// Disconnects are the clients whose sessions the commands end, in order. A restart ends all.
	Disconnects []string
	// Estimate is about how long the commands take the broker.
	Estimate time.Duration

	before, after *broker.DynsecFile
	version       string
	stages        []stage
}

// stage is a set of commands that do not build on each other. The next one is begun when all of it is known to be done:
// a message runs on after a command that failed, so what could do harm never stands behind what it builds on.
type stage struct {
	doing    string // as in "creating roles"
	commands []broker.Command
}

// The stages in their order. What shuts somebody out comes first and what lets somebody in comes last; what cannot be
// undone, because a hash would be gone, comes late. A role is taken from everybody before it is deleted, and another
// group is made the one of anonymous clients before theirs is: 2.0.11 crashes otherwise. A role or group that gets rights
// on $CONTROL gets them when everybody is out of it who shall not have them.
const (
	stageShut = iota
	stageCreate
	stageRoles
	stageGroupsLose
	stageGroups
	stageClients
	stageAnonymous
	stageDeleteClients
	stageDeleteGroups
	stageDeleteRoles
	stageControl
	stageOpen
	stages
)

func stageNames() []string {
	return []string{"disabling clients", "creating roles, groups and clients", "changing roles", "taking roles from groups",
		"changing groups", "changing clients", "changing the anonymous group", "deleting clients", "deleting groups",
		"deleting roles", "giving rights on $CONTROL", "enabling clients"}
}

// planner collects the stages of a plan.
type planner struct {
	plan   *Plan
	a, b   *view
	stages [stages][]broker.Command
	cut    map[string]bool
	// restart gathers what only the file can carry: the names for each reason, in the order of the reasons.
	restart map[string][]string
	reasons []string
}

// MakePlan says how to make the broker's state, which is that of the first file, that of the second.
func MakePlan(before, after *broker.DynsecFile, version string) Plan {
	return makePlan(newView(before), newView(after), version)
}

func makePlan(a, b *view, version string) Plan {
	plan := Plan{Effect: EffectNone, before: a.file, after: b.file, version: version}
	p := &planner{plan: &plan, a: a, b: b, cut: map[string]bool{}, restart: map[string][]string{}}
	p.access()
	p.roles()
	p.groups()
	p.clients()
	if !sameMembers(a.file.Unknown, b.file.Unknown, changeIndex) ||
		!sameMembers(a.file.DefaultACLAccess.Unknown, b.file.DefaultACLAccess.Unknown) {
		p.offline("keys that only the file can carry change", "")
	}
	total := 0
	for i, commands := range p.stages {
		if len(commands) > 0 {
			plan.stages = append(plan.stages, stage{stageNames()[i], commands})
			total += len(commands)
		}
	}
	if total > 0 {
		plan.Effect = EffectLive
		plan.Disconnects = names(p.cut)
		plan.Estimate = estimate(total, (a.entries()+b.entries())/2, version)
	}
	for _, reason := range p.reasons {
		plan.Effect = EffectRestart
		if who := p.restart[reason]; len(who) > 0 {
			reason += ": " + some(who)
		}
		plan.Reasons = append(plan.Reasons, reason)
	}
	return plan
}

// Commands are all commands in the order in which they are sent.
func (p Plan) Commands() []broker.Command {
	var all []broker.Command
	for _, s := range p.stages {
		all = append(all, s.commands...)
	}
	return all
}

func (v *view) entries() int { return len(v.clients) + len(v.roles) + len(v.groups) }

// estimate is about how long commands take (measured with 2.0.11 and 2.1.2): 2.0 writes its whole file at each.
func estimate(commands, entries int, version string) time.Duration {
	if knows21(version) {
		return time.Duration(commands) * 1500 * time.Microsecond
	}
	return time.Duration(commands) * (time.Millisecond + time.Duration(entries)*4*time.Microsecond)
}

func (p *planner) add(stage int, c broker.Command) {
	p.stages[stage] = append(p.stages[stage], c)
}

// addLong is add for a command with a list that somebody may have made very long.
func (p *planner) addLong(stage int, c broker.Command, entries int) {
	const surelyFits = 3 // of 65,535 bytes, each of which JSON may write with six
	if entries > surelyFits {
		if text, err := json.Marshal(c); err != nil || len(text) > maxCommand {
			p.offline("a change is too long for one message", "")
		}
	}
	p.add(stage, c)
}

// offline notes that something needs the file. name may be empty.
func (p *planner) offline(reason, name string) {
	if _, known := p.restart[reason]; !known {
		p.reasons = append(p.reasons, reason)
		p.restart[reason] = nil
	}
	if name != "" {
		p.restart[reason] = append(p.restart[reason], name)
	}
}

func (p *planner) access() {
	wanted := defaultFlags(&p.b.file.DefaultACLAccess)
	current := defaultFlags(&p.a.file.DefaultACLAccess)
	var shut, open []map[string]any
	for _, key := range names(wanted) {
		switch acl := map[string]any{"acltype": key, "allow": *wanted[key]}; {
		case *wanted[key] == *current[key]:
		case *wanted[key]:
			open = append(open, acl)
		default:
			shut = append(shut, acl)
		}
	}
	for s, acls := range map[int][]map[string]any{stageShut: shut, stageOpen: open} {
		if acls != nil {
			p.add(s, broker.Command{"command": "setDefaultACLAccess", "acls": acls})
		}
	}
	switch {
	case p.a.anonymous == p.b.anonymous:
	case p.b.anonymous == "":
		p.offline("the plugin has no command to have no group of anonymous clients", "")
	default:
		p.add(stageAnonymous, broker.Command{"command": "setAnonymousGroup", "groupname": p.b.anonymous})
	}
}

func (p *planner) roles() {
	differing(p.a.roles, p.b.roles, func(name string, old, wanted *roleView) {
		switch {
		case wanted == nil:
			p.add(stageDeleteRoles, broker.Command{"command": "deleteRole", "rolename": name})
			return
		case old == nil:
			c := broker.Command{"command": "createRole", "rolename": name, "acls": aclFields(wanted.acls)}
			putTexts(c, wanted.Textname, wanted.Textdescription)
			p.wildcards(c, name, true, wanted)
			p.addLong(stageCreate, c, len(wanted.acls))
			if unknownOfRole(wanted.DynsecRole) != "" {
				p.offline("keys that only the file can carry change", "role "+name)
			}
			return
		}
		if unknownOfRole(old.DynsecRole) != unknownOfRole(wanted.DynsecRole) {
			p.offline("keys that only the file can carry change", "role "+name)
		}
		if sameRole(old, wanted) {
			return
		}
		c := broker.Command{"command": "modifyRole", "rolename": name}
		changeTexts(c, old.Textname, old.Textdescription, wanted.Textname, wanted.Textdescription)
		rules := !slices.EqualFunc(old.acls, wanted.acls, sameACL)
		if rules {
			c["acls"] = aclFields(wanted.acls)
		}
		p.wildcards(c, name, old.allowsWildcards(), wanted)
		if len(c) == 2 {
			return // only what this broker does not know
		}
		if atLeast(p.plan.version, 2, 0, 12) && (rules || old.allowsWildcards() != wanted.allowsWildcards()) {
			p.cutCarriers(name)
		}
		if first := withoutControl(old.acls, wanted.acls); len(first) < len(wanted.acls) {
			p.addLong(stageControl, c, len(wanted.acls))
			if slices.EqualFunc(first, old.acls, sameACL) {
				return
			}
			c = broker.Command{"command": "modifyRole", "rolename": name, "acls": aclFields(first)}
		}
		p.addLong(stageRoles, c, len(wanted.acls))
	})
}

// withoutControl are the wanted rules, and where something about $CONTROL changes without those that allow it.
func withoutControl(old, wanted []broker.DynsecACL) []broker.DynsecACL {
	about := func(acls []broker.DynsecACL) []broker.DynsecACL {
		return slices.DeleteFunc(slices.Clone(acls), func(a broker.DynsecACL) bool { return !reachesControl(a.Topic) })
	}
	if slices.EqualFunc(about(old), about(wanted), sameACL) {
		return wanted
	}
	return slices.DeleteFunc(slices.Clone(wanted), func(a broker.DynsecACL) bool { return a.Allow && reachesControl(a.Topic) })
}

// wildcards puts 2.1's setting into the command when it is not what it is, or would be.
func (p *planner) wildcards(c broker.Command, name string, is bool, wanted *roleView) {
	switch {
	case wanted.allowsWildcards() == is:
	case knows21(p.plan.version):
		c["allowwildcardsubs"] = wanted.allowsWildcards()
	default:
		p.offline("allowwildcardsubs is unknown to this broker and can only be put into its file", "role "+name)
	}
}

// cutCarriers notes who is disconnected when a role changes.
func (p *planner) cutCarriers(role string) {
	groups := map[string]bool{}
	for name, g := range p.a.groups {
		groups[name] = slices.ContainsFunc(g.roles, named(role))
	}
	for name, c := range p.a.clients {
		if slices.ContainsFunc(c.roles, named(role)) || slices.ContainsFunc(c.groups, func(g ref) bool { return groups[g.name] }) {
			p.cut[name] = true
		}
	}
}

func putTexts(c broker.Command, textname, textdescription string) {
	changeTexts(c, "", "", textname, textdescription)
}

func changeTexts(c broker.Command, oldName, oldDescription, textname, textdescription string) {
	if textname != oldName {
		c["textname"] = textname
	}
	if textdescription != oldDescription {
		c["textdescription"] = textdescription
	}
}

func aclFields(acls []broker.DynsecACL) []map[string]any {
	out := make([]map[string]any, len(acls))
	for i, a := range acls {
		out[i] = map[string]any{"acltype": a.Acltype, "topic": a.Topic, "priority": a.Priority, "allow": a.Allow}
	}
	return out
}

func refFields(key string, refs []ref) []map[string]any {
	out := make([]map[string]any, len(refs))
	for i, r := range refs {
		out[i] = map[string]any{key: r.name, "priority": r.priority}
	}
	return out
}

// restartNeeded is one sentence for people.
func (p Plan) restartNeeded() string {
	if len(p.Reasons) == 0 {
		return ""
	}
	return fmt.Sprintf("this needs a restart of the broker, because %s", p.Reasons[0])
}
