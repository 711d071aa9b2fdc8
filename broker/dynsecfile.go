package broker

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bunkerm/bunkerm/fault"
)

// DynsecFile is dynamic-security.json, the state of the dynamic security plugin, in the forms of mosquitto 2.0
// and 2.1. Keys that we do not know are kept where they were, so that a newer broker's file survives an edit.
// The broker reads the file only when it starts: see [Managed.EditDynsec].
type DynsecFile struct {
	DefaultACLAccess DynsecDefaults
	Clients          []DynsecClient
	Groups           []DynsecGroup
	Roles            []DynsecRole
	AnonymousGroup   string // empty: none

	Unknown []RawMember // changeIndex of 2.1 among them
}

// DynsecDefaults is what is allowed where no ACL decides.
type DynsecDefaults struct {
	PublishClientSend    bool
	PublishClientReceive bool
	Subscribe            bool
	Unsubscribe          bool

	Unknown []RawMember
}

// DynsecClient is one account. It has no password, the three fields of 2.0, or the one field of 2.1.
type DynsecClient struct {
	Username        string
	ClientID        *string // nil: any. An empty one binds to the empty client id, so nobody can log in.
	Textname        string
	Textdescription string
	Disabled        bool
	Roles           []DynsecRoleRef
	Password        PasswordHash // zero: none, or EncodedPassword
	EncodedPassword string       // 2.1's form

	Unknown []RawMember
}

// DynsecRoleRef is a role carried by a client or a group. The plugin's priority where none is given is -1.
type DynsecRoleRef struct {
	Rolename string
	Priority int

	Unknown []RawMember
}

// DynsecGroup is a set of clients with roles. Membership is kept here and not at the client.
type DynsecGroup struct {
	Groupname       string
	Textname        string
	Textdescription string
	Roles           []DynsecRoleRef
	Clients         []DynsecClientRef

	Unknown []RawMember
}

// DynsecClientRef is a member of a group.
type DynsecClientRef struct {
	Username string
	Priority int

	Unknown []RawMember
}

// DynsecRole is a list of rules. Among equal priorities their order in the file decides.
type DynsecRole struct {
	Rolename          string
	Textname          string
	Textdescription   string
	AllowWildcardSubs *bool // 2.1; nil: not in the file, which means true
	ACLs              []DynsecACL

	Unknown []RawMember
}

// DynsecACL is one rule.
type DynsecACL struct {
	Acltype  string
	Topic    string
	Priority int
	Allow    bool

	Unknown []RawMember
}

// RawMember is a key that we do not know, with its value as it was read.
type RawMember struct {
	Key   string
	Value json.RawMessage
}

// defaultPriority is what the plugin takes for a role or member without a priority, and leaves out on writing.
const defaultPriority = -1

// Client finds an account by name, nil where there is none. It looks at one after the other: build a map for
// many.
func (f *DynsecFile) Client(username string) *DynsecClient {
	for i := range f.Clients {
		if f.Clients[i].Username == username {
			return &f.Clients[i]
		}
	}
	return nil
}

// Role finds a role by name, nil where there is none.
func (f *DynsecFile) Role(rolename string) *DynsecRole {
	for i := range f.Roles {
		if f.Roles[i].Rolename == rolename {
			return &f.Roles[i]
		}
	}
	return nil
}

// SetPassword hashes a password into the client. For many clients call [HashPassword] in parallel and
// [DynsecClient.SetHash] with the results.
func (c *DynsecClient) SetPassword(password string) error {
	h, err := HashPassword(password)
	if err != nil {
		return err
	}
	c.SetHash(h)
	return nil
}

// SetHash replaces the password, in whichever form it was.
func (c *DynsecClient) SetHash(h PasswordHash) {
	c.Password = h
	c.EncodedPassword = ""
}

// HasPassword tells whether the account can log in at all.
func (c *DynsecClient) HasPassword() bool {
	return c.EncodedPassword != "" || c.Password.Hash != ""
}

// PasswordMatches tells whether the account's password is this one. It is false for the argon2 form of 2.1,
// which we cannot compute.
func (c *DynsecClient) PasswordMatches(password string) bool {
	if c.EncodedPassword == "" {
		return c.Password.Matches(password)
	}
	h, ok := decodeEncoded(c.EncodedPassword)
	return ok && h.Matches(password)
}

// Check finds what the broker would refuse or silently get wrong: names that are empty or there twice. 2.0.16
// and later do not start with such a file; before that one of the two wins unseen.
func (f *DynsecFile) Check() error {
	err := checkNames("client", len(f.Clients), func(i int) string { return f.Clients[i].Username })
	if err == nil {
		err = checkNames("group", len(f.Groups), func(i int) string { return f.Groups[i].Groupname })
	}
	if err == nil {
		err = checkNames("role", len(f.Roles), func(i int) string { return f.Roles[i].Rolename })
	}
	return err
}

func checkNames(what string, n int, name func(int) string) error {
	seen := make(map[string]int, n)
	for i := range n {
		at := fmt.Sprintf("%ss[%d]", what, i)
		if name(i) == "" {
			return fault.Newf(fault.Invalid, "a %s has no name", what).At(at, "has an empty name")
		}
		if first, twice := seen[name(i)]; twice {
			return fault.Newf(fault.Invalid, "a %s is there twice", what).
				Hint("keep one of them").
				At(at, fmt.Sprintf("has the same name as %ss[%d]", what, first))
		}
		seen[name(i)] = i
	}
	return nil
}

// foldedKey says how the plugin compares keys: it takes textName for textname, and the file that
// `mosquitto_ctrl dynsec init` writes has such a key.
func foldedKey(key string) string { return strings.ToLower(key) }
