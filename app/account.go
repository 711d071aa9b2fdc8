package app

import (
	"fmt"
	"io"
	"strings"
)

// AccountOptions say which account BunkerM is to have on a broker that somebody else runs.
type AccountOptions struct {
	Username    string // of the account
	Observe     bool   // it sees messages, not only the broker's figures
	Publish     bool   // the page may publish for people
	StatusTopic string // where it tells that it runs; empty: nowhere
}

// accountRule is one rule of a role.
type accountRule struct{ acltype, topic string }

// accountRoles are the roles of the account with what each needs, and nothing more.
func (o AccountOptions) roles() []struct {
	name, why string
	rules     []accountRule
} {
	const control = "$CONTROL/dynamic-security/v1"
	orders := []accountRule{
		{"publishClientSend", control},
		{"subscribePattern", control + "/response"},
		{"publishClientReceive", control + "/response"},
	}
	sees := []accountRule{{"subscribePattern", "$SYS/#"}, {"publishClientReceive", "$SYS/#"}}
	if o.Observe {
		sees = append(sees, accountRule{"subscribePattern", "#"}, accountRule{"publishClientReceive", "#"})
	}
	if o.StatusTopic != "" {
		sees = append(sees, accountRule{"publishClientSend", o.StatusTopic}, accountRule{"subscribePattern", o.StatusTopic}, accountRule{"publishClientReceive", o.StatusTopic})
	}
	if o.Publish {
		sees = append(sees, accountRule{"publishClientSend", "#"})
	}
	return []struct {
		name, why string
		rules     []accountRule
	}{
		{o.Username + "-control", "orders: clients, roles and groups", orders},
		{o.Username + "-observe", "sees: what is published, and how the broker does", sees},
	}
}

// WriteAccount writes the commands that make the account on a broker with dynamic security, for a shell. They ask for the
// password of the broker's admin, and for one of the new account.
func WriteAccount(w io.Writer, o AccountOptions) error {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("# Put the broker's address and its admin's name here. mosquitto_ctrl reads the admin's password from its")
	line("# configuration file or asks for it.")
	line("ctrl() { mosquitto_ctrl ${BROKER:--h localhost -u admin} dynsec \"$@\"; }")
	for _, role := range o.roles() {
		line("\n# %s", role.why)
		line("ctrl createRole %s", quoted(role.name))
		for _, r := range role.rules {
			line("ctrl addRoleACL %s %s %s allow 0", quoted(role.name), r.acltype, quoted(r.topic))
		}
	}
	line("\n# the account; it asks for a new password")
	line("ctrl createClient %s ${PASSWORD:+-p \"$PASSWORD\"}", quoted(o.Username))
	for _, role := range o.roles() {
		line("ctrl addClientRole %s %s", quoted(o.Username), quoted(role.name))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// quoted is a word as a shell reads it.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
