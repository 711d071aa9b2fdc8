package dynsecfile

import (
	"slices"

	"github.com/bunkerm/bunkerm/broker"
)

// clients plans one command for each client that changes, because each ends its sessions.
func (p *planner) clients() {
	differing(p.a.clients, p.b.clients, func(name string, old, wanted *clientView) {
		switch {
		case wanted == nil:
			p.removeClient(name, old)
		case old == nil:
			p.newClient(name, wanted)
		default:
			p.changeClient(name, old, wanted)
		}
	})
}

// removeClient takes roles that are deleted as well away first, as everywhere.
func (p *planner) removeClient(name string, old *clientView) {
	p.cut[name] = true
	for _, r := range old.roles {
		if p.b.roles[r.name] == nil {
			p.add(stageClients, clientCommand("removeClientRole", name, "rolename", r.name))
		}
	}
	p.add(stageDeleteClients, broker.Command{"command": "deleteClient", "username": name})
}

// newClient creates a client without roles, which createClient would forget to note at the role, and completes it later.
// It has no password, so it cannot log in meanwhile.
func (p *planner) newClient(name string, wanted *clientView) {
	if wanted.HasPassword() {
		p.offline("new clients have a password hash, which only the file can carry", name)
	}
	p.fileOnly(name, "", wanted)
	c := broker.Command{"command": "createClient", "username": name}
	putTexts(c, wanted.Textname, wanted.Textdescription)
	if wanted.ClientID != nil {
		c["clientid"] = *wanted.ClientID
	}
	p.add(stageCreate, c)
	p.completeClient(&clientView{DynsecClient: &broker.DynsecClient{}}, wanted, clientCommand("modifyClient", name, "", ""))
	if wanted.Disabled {
		p.add(stageClients, broker.Command{"command": "disableClient", "username": name})
	}
}

func (p *planner) changeClient(name string, old, wanted *clientView) {
	if !sameHash(old.DynsecClient, wanted.DynsecClient) {
		p.offline("password hashes change, which only the file can carry", name)
	}
	p.fileOnly(name, unknownOfClient(old.DynsecClient), wanted)
	if sameClient(old, wanted) && slices.Equal(old.groups, wanted.groups) {
		return
	}
	if old.Disabled != wanted.Disabled {
		if wanted.Disabled {
			p.cut[name] = true
			p.add(stageShut, broker.Command{"command": "disableClient", "username": name})
		} else {
			p.add(stageOpen, broker.Command{"command": "enableClient", "username": name})
		}
	}
	c := clientCommand("modifyClient", name, "", "")
	changeTexts(c, old.Textname, old.Textdescription, wanted.Textname, wanted.Textdescription)
	if !sameBinding(old.ClientID, wanted.ClientID) {
		c["clientid"] = ""
		if wanted.ClientID != nil {
			c["clientid"] = *wanted.ClientID
		}
	}
	if p.completeClient(old, wanted, c) {
		p.cut[name] = true
	}
}

// completeClient adds roles and groups to a modifyClient, and the command to the plan when it changes something.
func (p *planner) completeClient(old, wanted *clientView, c broker.Command) bool {
	if !slices.Equal(old.roles, wanted.roles) {
		c["roles"] = refFields("rolename", wanted.roles)
	}
	// Who is in a group that is deleted is taken out of it by that.
	staying := slices.DeleteFunc(slices.Clone(old.groups), func(g ref) bool { return p.b.groups[g.name] == nil })
	if !slices.Equal(staying, wanted.groups) {
		c["groups"] = refFields("groupname", wanted.groups)
	}
	if len(c) == 2 {
		return false
	}
	p.addLong(stageClients, c, len(wanted.roles)+len(wanted.groups))
	return true
}

// fileOnly notes what of a client no command can carry.
func (p *planner) fileOnly(name, unknown string, wanted *clientView) {
	if unknownOfClient(wanted.DynsecClient) != unknown {
		p.offline("keys that only the file can carry change", "client "+name)
	}
	if old := p.a.clients[name]; wanted.ClientID != nil && *wanted.ClientID == "" && (old == nil || !sameBinding(old.ClientID, wanted.ClientID)) {
		p.offline("an empty client id can only be put into the file", "client "+name)
	}
}

func clientCommand(command, username, key, value string) broker.Command {
	c := broker.Command{"command": command, "username": username}
	if key != "" {
		c[key] = value
	}
	return c
}
