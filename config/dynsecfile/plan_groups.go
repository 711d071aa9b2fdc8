package dynsecfile

import (
	"slices"

	"github.com/bunkerm/bunkerm/broker"
)

func (p *planner) cutMembers(g *groupView) {
	for _, m := range g.clients {
		p.cut[m.name] = true
	}
}

// groups plans what concerns groups and their roles; who is in them is planned with the clients.
func (p *planner) groups() {
	differing(p.a.groups, p.b.groups, func(name string, old, wanted *groupView) {
		if wanted == nil {
			for _, r := range old.roles {
				if p.b.roles[r.name] == nil {
					p.add(stageGroupsLose, groupCommand("removeGroupRole", name, "rolename", r.name))
				}
			}
			p.cutMembers(old)
			p.add(stageDeleteGroups, broker.Command{"command": "deleteGroup", "groupname": name})
			return
		}
		unknown := unknownOfGroup(wanted.DynsecGroup)
		isNew := old == nil
		if isNew {
			c := broker.Command{"command": "createGroup", "groupname": name}
			putTexts(c, wanted.Textname, wanted.Textdescription)
			p.add(stageCreate, c)
			old = &groupView{DynsecGroup: &broker.DynsecGroup{
				Textname: wanted.Textname, Textdescription: wanted.Textdescription}}
		}
		if unknownOfGroup(old.DynsecGroup) != unknown {
			p.offline("keys that only the file can carry change", "group "+name)
		}
		c := broker.Command{"command": "modifyGroup", "groupname": name}
		changeTexts(c, old.Textname, old.Textdescription, wanted.Textname, wanted.Textdescription)
		if len(c) > 2 {
			p.add(stageGroups, c)
		}
		if len(c) > 2 || !slices.Equal(old.roles, wanted.roles) {
			p.cutMembers(old)
		}
		// One by one: when modifyGroup replaces roles, the plugin forgets to take the group out of those that it loses,
		// and crashes when such a role is deleted. One with another priority is taken away and given again.
		had, has := refSet(old.roles), refSet(wanted.roles)
		for _, r := range old.roles {
			if !has[r] {
				p.add(stageGroupsLose, groupCommand("removeGroupRole", name, "rolename", r.name))
			}
		}
		for _, r := range wanted.roles {
			if !had[r] {
				give := groupCommand("addGroupRole", name, "rolename", r.name)
				give["priority"] = r.priority
				when := stageGroups
				if !isNew && p.b.roles[r.name].reachesControl() {
					when = stageControl
				}
				p.add(when, give)
			}
		}
	})
}

func refSet(refs []ref) map[ref]bool {
	set := make(map[ref]bool, len(refs))
	for _, r := range refs {
		set[r] = true
	}
	return set
}

func groupCommand(command, group, key, value string) broker.Command {
	return broker.Command{"command": command, "groupname": group, key: value}
}
