package broker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/bunkerm/bunkerm/fault"
)

// BunkerM's own account and role on the managed broker. They are in dynamic-security.json beside everybody
// else's, and protected on every route.
const (
	OwnUsername = "bunkerm"
	OwnRole     = "bunkerm"
)

// ownAccount is the content of broker-account.json.
type ownAccount struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// readAccount returns our account. The error wraps fs.ErrNotExist when there is none yet.
func (l layout) readAccount() (ownAccount, error) {
	data, err := os.ReadFile(l.account)
	if err != nil {
		return ownAccount{}, fmt.Errorf("reading BunkerM's broker account: %w", err)
	}
	var a ownAccount
	// The cause is left out: it could quote the file.
	if json.Unmarshal(data, &a) != nil || a.Username == "" || a.Password == "" {
		return ownAccount{}, fault.Newf(fault.Conflict, "%s is damaged", l.account).
			Hint("remove it; `bunkerm repair` then gives BunkerM's account a new password")
	}
	return a, nil
}

// ensureAccount returns our account, a new one where there is none.
func (l layout) ensureAccount() (a ownAccount, err error) {
	a, err = l.readAccount()
	if !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	a = ownAccount{Username: OwnUsername, Password: newPassword()}
	data, err := json.Marshal(a)
	if err != nil {
		return a, fmt.Errorf("encoding BunkerM's broker account: %w", err)
	}
	dir, err := openBrokerFiles(filepath.Dir(l.account), -1, -1)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, dir.close()) }()
	if err := dir.write(filepath.Base(l.account), append(data, '\n'), nil); err != nil {
		return a, l.notWritable(err)
	}
	return a, nil
}

// newDynsecFile is the state of a first start: our account alone, and nothing allowed to anybody without a role.
// The defaults are those of `mosquitto_ctrl dynsec init`: what is delivered needs a subscription first.
func newDynsecFile(a ownAccount) (*DynsecFile, error) {
	f := &DynsecFile{DefaultACLAccess: DynsecDefaults{PublishClientReceive: true, Unsubscribe: true}}
	return f, f.restoreOwn(a)
}

// ownACLs is what control needs, and what observing will need: # does not cover topics that begin with $.
func ownACLs() []DynsecACL {
	var acls []DynsecACL
	for _, topic := range []string{"$CONTROL/dynamic-security/#", "$SYS/#", "#"} {
		for _, acltype := range []string{"publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern"} {
			if topic == "$SYS/#" && acltype == "publishClientSend" {
				continue
			}
			acls = append(acls, DynsecACL{Acltype: acltype, Topic: topic, Allow: true})
		}
	}
	return acls
}

// ownIntact tells whether our account can log in and do what it must. Other roles and groups of our account do
// not matter: our role has to be the one that decides first.
func (f *DynsecFile) ownIntact(a ownAccount) bool {
	c, r := f.Client(a.Username), f.Role(OwnRole)
	if c == nil || r == nil || c.Disabled || c.ClientID != nil || !c.PasswordMatches(a.Password) {
		return false
	}
	if len(c.Roles) != 1 || c.Roles[0].Rolename != OwnRole || r.AllowWildcardSubs != nil && !*r.AllowWildcardSubs {
		return false
	}
	type rule struct{ acltype, topic string }
	have := map[rule]bool{}
	for _, acl := range r.ACLs {
		if !acl.Allow {
			return false
		}
		have[rule{acl.Acltype, acl.Topic}] = true
	}
	return !slices.ContainsFunc(ownACLs(), func(acl DynsecACL) bool { return !have[rule{acl.Acltype, acl.Topic}] })
}

// restoreOwn puts our account and role in order and leaves everybody else's alone.
func (f *DynsecFile) restoreOwn(a ownAccount) error {
	role := DynsecRole{Rolename: OwnRole, Textname: "BunkerM", ACLs: ownACLs()}
	if old := f.Role(OwnRole); old != nil {
		*old = role
	} else {
		f.Roles = append(f.Roles, role)
	}
	c := f.Client(a.Username)
	if c == nil {
		f.Clients = append(f.Clients, DynsecClient{Username: a.Username, Textname: "BunkerM"})
		c = &f.Clients[len(f.Clients)-1]
	}
	c.Disabled, c.ClientID = false, nil
	c.Roles = []DynsecRoleRef{{Rolename: OwnRole, Priority: defaultPriority}}
	if c.PasswordMatches(a.Password) {
		return nil
	}
	return c.SetPassword(a.Password)
}
