package dynsec

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// The plugin's own form of things (mosquitto 2.0 and 2.1, plugins/dynamic-security). A priority of -1 is left out,
// disabled is there only when true, and a group lists its clients without their priorities.
type (
	wireClient struct {
		Username        string         `json:"username"`
		Clientid        string         `json:"clientid"`
		Textname        string         `json:"textname"`
		Textdescription string         `json:"textdescription"`
		Disabled        bool           `json:"disabled"`
		Roles           []wireRoleRef  `json:"roles"`
		Groups          []wireGroupRef `json:"groups"`
		Connections     []struct{}     `json:"connections"` // 2.1
	}
	wireRoleRef struct {
		Rolename string `json:"rolename"`
		Priority *int   `json:"priority"`
	}
	wireGroupRef struct {
		Groupname string `json:"groupname"`
		Priority  *int   `json:"priority"`
	}
	wireRole struct {
		Rolename          string `json:"rolename"`
		Textname          string `json:"textname"`
		Textdescription   string `json:"textdescription"`
		AllowWildcardSubs *bool  `json:"allowwildcardsubs"` // 2.1
		ACLs              []ACL  `json:"acls"`
	}
	wireGroup struct {
		Groupname       string        `json:"groupname"`
		Textname        string        `json:"textname"`
		Textdescription string        `json:"textdescription"`
		Roles           []wireRoleRef `json:"roles"`
	}
)

func (d *decoder) intern(name string) string {
	if known, ok := d.names[name]; ok {
		return known
	}
	name = strings.Clone(name)
	d.names[name] = name
	return name
}

func priorityOf(p *int) int {
	if p == nil {
		return DefaultRolePriority
	}
	return *p
}

func (d *decoder) client(w *wireClient) *Client {
	c := &Client{
		Username: w.Username, Clientid: w.Clientid, Textname: w.Textname, Textdescription: w.Textdescription,
		Disabled: w.Disabled, Roles: d.roleRefs(w.Roles), Own: d.own.client(w.Username),
	}
	if len(w.Groups) > 0 {
		c.Groups = make([]GroupRef, len(w.Groups))
		for i, g := range w.Groups {
			c.Groups[i] = GroupRef{Groupname: d.intern(g.Groupname), Priority: priorityOf(g.Priority)}
		}
	}
	return c
}

func (d *decoder) roleRefs(refs []wireRoleRef) []RoleRef {
	if len(refs) == 0 {
		return nil
	}
	roles := make([]RoleRef, len(refs))
	for i, r := range refs {
		roles[i] = RoleRef{Rolename: d.intern(r.Rolename), Priority: priorityOf(r.Priority)}
	}
	return roles
}

func (d *decoder) role(w *wireRole) *Role {
	return &Role{
		Rolename: d.intern(w.Rolename), Textname: w.Textname, Textdescription: w.Textdescription,
		NoWildcardSubs: w.AllowWildcardSubs != nil && !*w.AllowWildcardSubs,
		ACLs:           w.ACLs,
	}
}

func (d *decoder) group(w *wireGroup) *Group {
	return &Group{
		Groupname: d.intern(w.Groupname), Textname: w.Textname, Textdescription: w.Textdescription,
		Roles: d.roleRefs(w.Roles),
	}
}

// decodeClient reads the answer to getClient. connections is nil before 2.1.
func (d *decoder) decodeClient(data json.RawMessage) (c *Client, connections *int, err error) {
	var answer struct {
		Client *wireClient `json:"client"`
	}
	if err := decodeAnswer(data, &answer); err != nil {
		return nil, nil, err
	}
	if answer.Client == nil {
		return nil, nil, fault.New(fault.Refused, "the broker's answer holds no client")
	}
	if answer.Client.Connections != nil {
		n := len(answer.Client.Connections)
		connections = &n
	}
	return d.client(answer.Client), connections, nil
}

// decodeRole reads the answer to getRole.
func (d *decoder) decodeRole(data json.RawMessage) (*Role, error) {
	var answer struct {
		Role *wireRole `json:"role"`
	}
	if err := decodeAnswer(data, &answer); err != nil {
		return nil, err
	}
	if answer.Role == nil {
		return nil, fault.New(fault.Refused, "the broker's answer holds no role")
	}
	return d.role(answer.Role), nil
}

// decodeGroup reads the answer to getGroup.
func (d *decoder) decodeGroup(data json.RawMessage) (*Group, error) {
	var answer struct {
		Group *wireGroup `json:"group"`
	}
	if err := decodeAnswer(data, &answer); err != nil {
		return nil, err
	}
	if answer.Group == nil {
		return nil, fault.New(fault.Refused, "the broker's answer holds no group")
	}
	return d.group(answer.Group), nil
}

// decodeAccess reads the answer to getDefaultACLAccess.
func decodeAccess(data json.RawMessage) (DefaultAccess, error) {
	var answer struct {
		ACLs []struct {
			Acltype string `json:"acltype"`
			Allow   bool   `json:"allow"`
		} `json:"acls"`
	}
	var access DefaultAccess
	if err := decodeAnswer(data, &answer); err != nil {
		return access, err
	}
	for _, a := range answer.ACLs {
		switch a.Acltype {
		case "publishClientSend":
			access.PublishClientSend = a.Allow
		case "publishClientReceive":
			access.PublishClientReceive = a.Allow
		case "subscribe":
			access.Subscribe = a.Allow
		case "unsubscribe":
			access.Unsubscribe = a.Allow
		}
	}
	return access, nil
}

// decodeAnonymous reads the answer to getAnonymousGroup.
func decodeAnonymous(data json.RawMessage) (string, error) {
	var answer struct {
		Group struct {
			Groupname string `json:"groupname"`
		} `json:"group"`
	}
	err := decodeAnswer(data, &answer)
	return answer.Group.Groupname, err
}

func decodeAnswer(data json.RawMessage, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading the plugin's answer: %w", err)
	}
	return nil
}

// The parts of commands.

func aclCommands(acls []ACL) []ACL {
	if acls == nil {
		return []ACL{} // null is not an array to the plugin
	}
	return acls
}

func roleCommands(refs []RoleRef) []RoleRef {
	if refs == nil {
		return []RoleRef{}
	}
	return refs
}

func groupCommands(refs []GroupRef) []GroupRef {
	if refs == nil {
		return []GroupRef{}
	}
	return refs
}

func getClient(username string) broker.Command {
	return broker.Command{"command": "getClient", "username": username}
}

func getRole(rolename string) broker.Command {
	return broker.Command{"command": "getRole", "rolename": rolename}
}

func getGroup(groupname string) broker.Command {
	return broker.Command{"command": "getGroup", "groupname": groupname}
}
