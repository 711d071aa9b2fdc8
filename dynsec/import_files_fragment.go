package dynsec

import (
	"strconv"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
	"github.com/bunkerm/bunkerm/fault"
)

// sourceDynsec is where findings about a dynamic-security.json come from.
const sourceDynsec accessfile.Source = "dynamic-security.json"

// fragment is what files come to, before it meets what is there.
type fragment struct {
	clients   []accessfile.Client
	roles     []broker.DynsecRole
	groups    []broker.DynsecGroup
	anonymous string                 // the group of clients without a username; empty: nothing is said about it
	access    *broker.DynsecDefaults // nil: nothing is said about it
	findings  []accessfile.Finding
	// whole tells that it is a dynamic-security.json, which speaks of all groups of its clients, their names and bindings.
	whole bool
	// keepAccess makes up for a default access that stays as it is.
	keepAccess func(present broker.DynsecDefaults)
}

func (f *fragment) find(kind accessfile.Kind, subject, message string) {
	source := accessfile.SourceRules
	if f.whole {
		source = sourceDynsec
	}
	f.findings = append(f.findings, accessfile.Finding{Source: source, Kind: kind, Subject: subject, Message: message})
}

// fragment reads the files for a broker of a version. bound tells the client ids of clients that exist.
func (f AccessFiles) fragment(version string, bound func(username string) string) (*fragment, error) {
	modern := dialectOf(version).modern
	if f.Dynsec != nil {
		if f.PasswordFile != nil || f.ACLFile != nil || f.PSKFile != nil {
			return nil, fault.New(fault.Invalid, "a dynamic-security.json is imported alone").
				At("body.dynsec", "cannot be together with other files").Hint("import them one after the other")
		}
		return dynsecFragment(*f.Dynsec, modern)
	}
	if f.PasswordFile == nil && f.ACLFile == nil && f.PSKFile == nil {
		return nil, fault.New(fault.Invalid, "there is no file to import").At("body", "must have password_file, acl_file or dynsec")
	}
	files := &accessfile.Files{Modern: modern}
	if f.From != "" {
		files.Modern = dialectOf(f.From).modern
	}
	if f.PasswordFile != nil {
		files.Passwords = accessfile.ReadPasswords(*f.PasswordFile)
	}
	if f.ACLFile != nil {
		files.Rules = accessfile.ReadRules(*f.ACLFile)
	}
	out := &fragment{keepAccess: func(broker.DynsecDefaults) {}}
	if files.Passwords != nil || files.Rules != nil {
		t, err := accessfile.Translate(files, accessfile.Options{Modern: modern, ClientID: bound})
		if err != nil {
			return nil, err
		}
		out.take(t)
		out.findings = t.Findings
		out.keepAccess = func(present broker.DynsecDefaults) {
			known := len(t.Findings)
			t.KeepAccess(present)
			out.take(t)
			out.findings = append(out.findings, t.Findings[known:]...)
		}
	}
	if f.PSKFile != nil {
		out.findings = append(out.findings, accessfile.ReadPSK(*f.PSKFile)...)
	}
	return out, nil
}

// take takes a translation over, but for what was found.
func (f *fragment) take(t *accessfile.Translation) {
	f.clients, f.roles, f.groups, f.anonymous, f.access = t.Clients, t.Roles, t.Groups, t.AnonymousGroup, t.Access
}

// dynsecFragment reads a dynamic-security.json of either version. What this broker's version cannot use is named.
func dynsecFragment(text string, modern bool) (*fragment, error) {
	file, err := broker.ParseDynsecFile([]byte(strings.TrimPrefix(text, "\ufeff")))
	if err == nil {
		err = file.Check()
	}
	if err != nil {
		return nil, err
	}
	f := &fragment{whole: true, groups: file.Groups, anonymous: file.AnonymousGroup, access: &file.DefaultACLAccess}
	f.keepAccess = func(present broker.DynsecDefaults) {
		if !sameAccess(*f.access, present) {
			f.find(accessfile.Lost, "", "the default access of the file is another one, and is left out because others live by the one that is here")
		}
		f.access = nil
	}
	for _, r := range file.Roles {
		f.roles = append(f.roles, f.role(r, modern))
	}
	for _, c := range file.Clients {
		f.clients = append(f.clients, f.client(c, modern))
	}
	return f, nil
}

func sameAccess(a, b broker.DynsecDefaults) bool {
	return a.PublishClientSend == b.PublishClientSend && a.PublishClientReceive == b.PublishClientReceive &&
		a.Subscribe == b.Subscribe && a.Unsubscribe == b.Unsubscribe
}

// role names what 2.0 does not know of a role.
func (f *fragment) role(r broker.DynsecRole, modern bool) broker.DynsecRole {
	if modern {
		return r
	}
	if r.AllowWildcardSubs != nil && !*r.AllowWildcardSubs {
		f.find(accessfile.Lost, r.Rolename, "allowwildcardsubs is unknown to Mosquitto 2.0: the role does not refuse subscriptions with wildcards any more")
	}
	r.AllowWildcardSubs = nil
	for _, acl := range r.ACLs {
		literal := strings.EqualFold(acl.Acltype, SubscribeLiteral) || strings.EqualFold(acl.Acltype, UnsubscribeLiteral)
		if !literal && (hasLevel(acl.Topic, "%c") || hasLevel(acl.Topic, "%u")) {
			f.find(accessfile.Lost, r.Rolename, "the rule about "+shortened(acl.Topic)+" speaks of who asks with %c or %u, which stand for themselves in Mosquitto 2.0")
		}
	}
	return r
}

func hasLevel(topic, level string) bool {
	return strings.Contains("/"+topic+"/", "/"+level+"/")
}

// client takes the hash in the form that this version reads.
func (f *fragment) client(c broker.DynsecClient, modern bool) accessfile.Client {
	if c.Password.Hash == dynsecfile.Unchanged || c.EncodedPassword == dynsecfile.Unchanged {
		c.Password, c.EncodedPassword = broker.PasswordHash{}, ""
		f.find(accessfile.Manual, c.Username, "the file was downloaded without its hashes: the client needs a new password, or keeps the one that it has here")
	}
	if modern || c.EncodedPassword == "" {
		return accessfile.Client{DynsecClient: c}
	}
	hash, ok := oldForm(c.EncodedPassword)
	c.Password, c.EncodedPassword = hash, ""
	if !ok {
		f.find(accessfile.Manual, c.Username, "the hash was made by Mosquitto 2.1, and 2.0 cannot use it: the client needs a new password, and is made without one")
	}
	return accessfile.Client{DynsecClient: c}
}

// oldForm is a hash of 2.1 as 2.0 reads it, which takes only salts of 12 bytes.
func oldForm(encoded string) (broker.PasswordHash, bool) {
	const saltText = 16 // 12 bytes in base64
	parts := strings.Split(encoded, "$")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "7" || len(parts[3]) != saltText {
		return broker.PasswordHash{}, false
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 1 {
		return broker.PasswordHash{}, false
	}
	return broker.PasswordHash{Hash: parts[4], Salt: parts[3], Iterations: n}, true
}
