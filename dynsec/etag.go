package dynsec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// The entity tags stand for what can be edited: how many sessions a client has and how many carry a role are not
// part of it, else every edit would be refused because somewhere a device connected.

func clientTag(c *Client) string {
	return tag([]any{c.Username, c.Clientid, c.Textname, c.Textdescription, c.Disabled, c.Roles, c.Groups})
}

func roleTag(r *Role) string {
	return tag([]any{r.Rolename, r.Textname, r.Textdescription, r.ACLs})
}

// groupTag wants the group with its clients.
func groupTag(g *Group) string {
	return tag([]any{g.Groupname, g.Textname, g.Textdescription, g.Roles, g.Clients})
}

func tag(parts []any) string {
	for i, part := range parts {
		// A list that was emptied and one that never was are the same thing.
		switch list := part.(type) {
		case []RoleRef:
			parts[i] = append([]RoleRef{}, list...)
		case []GroupRef:
			parts[i] = append([]GroupRef{}, list...)
		case []ACL:
			parts[i] = append([]ACL{}, list...)
		case []ClientRef:
			parts[i] = append([]ClientRef{}, list...)
		}
	}
	text, err := json.Marshal(parts)
	if err != nil {
		panic("dynsec: strings and numbers have no JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// matches checks an If-Match header against an entity tag (RFC 9110, 13.1.1).
func matches(ifMatch, tag string) error {
	if ifMatch == "" {
		return nil
	}
	for candidate := range strings.SplitSeq(ifMatch, ",") {
		if candidate = strings.TrimSpace(candidate); candidate == "*" || candidate == tag {
			return nil
		}
	}
	return fault.New(fault.Precondition, "it was changed since you read it").
		Hint("read it again and repeat the change with the new ETag; nothing was changed")
}
