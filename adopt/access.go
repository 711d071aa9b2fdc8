package adopt

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/conf"
	"github.com/bunkerm/bunkerm/dynsec/accessfile"
	"github.com/bunkerm/bunkerm/fault"
)

// accessOf is who may log in and what they may do, as the old broker decides it.
type accessOf struct {
	anonymous bool
	dynsec    string // a dynamic-security.json; empty: the files
	passwords string
	rules     string
	src       source
	modern    bool
	notes     []Note
}

// on reads a boolean as the broker does.
func on(value string) bool { return value == "true" || value == "1" }

// read reads a file by which the broker decides.
func (a *accessOf) read(what, name string) ([]byte, error) {
	text, err := a.src.ReadFile(name)
	if err != nil {
		hint := "adopt as root, or as the user who owns it"
		if errors.Is(err, fs.ErrNotExist) {
			hint = "put the file back, or take its line out of the configuration: without it Mosquitto does not start either"
		}
		return nil, fault.New(fault.Invalid, "the "+what+" cannot be read").Hint(hint).Because(err)
	}
	return text, nil
}

// deciding are the settings that decide about access; with per_listener_settings each listener has its own.
func deciding(key string) bool {
	return key == "password_file" || key == "acl_file" || key == "allow_anonymous"
}

// readAccess finds out how the broker decides about access.
func readAccess(c *conf.Config, src source, modern bool) (*accessOf, error) {
	a := &accessOf{src: src, modern: modern, anonymous: localOnly(c)}
	dynsec := false
	scopes := map[conf.Scope]map[string]string{}
	perListener := false
	for _, s := range c.Settings() {
		switch {
		case s.Key == "per_listener_settings":
			perListener = on(s.Value)
		case deciding(s.Key):
			if scopes[s.Scope] == nil {
				scopes[s.Scope] = map[string]string{}
			}
			scopes[s.Scope][s.Key] = s.Value
		case s.Key == "plugin_opt_config_file" && dynsec:
			a.dynsec = s.Value
		case fateOf(s.Key) == plugins && strings.Contains(path.Base(s.Value), "mosquitto_dynamic_security"):
			dynsec = true
		case fateOf(s.Key) == plugins && !strings.Contains(s.Key, "_opt_"):
			a.notes = append(a.notes, Note{s.File, s.Line, Lost, "The plugin " + path.Base(s.Value) + " does not come over. If it decides who may log in, those accounts have to be made anew."})
		}
	}
	one := scopes["global"]
	if perListener {
		var err error
		if one, err = theSame(c, scopes); err != nil {
			return nil, err
		}
	}
	for scope, set := range scopes { // without per_listener_settings what stands at a listener counts for all
		if scope == "global" || perListener {
			continue
		}
		if one == nil {
			one = map[string]string{}
		}
		maps.Copy(one, set)
	}
	a.passwords, a.rules = one["password_file"], one["acl_file"]
	if v, said := one["allow_anonymous"]; said {
		a.anonymous = on(v)
	}
	return a, nil
}

// localOnly reports whether no line makes a listener: then the broker is there for its own host, and lets everybody in.
func localOnly(c *conf.Config) bool {
	for _, l := range c.Listeners() {
		if l.Line > 0 {
			return false
		}
	}
	return true
}

// theSame is how all listeners decide; a fault where they differ.
func theSame(c *conf.Config, scopes map[conf.Scope]map[string]string) (map[string]string, error) {
	var one map[string]string
	for i, l := range c.Listeners() {
		own := scopes[l.Scope]
		if i > 0 && fmt.Sprint(own) != fmt.Sprint(one) {
			return nil, fault.New(fault.Conflict, "the listeners have accounts of their own (per_listener_settings), which a managed broker has for all of them together").
				Hint("give all listeners the same password_file, acl_file and allow_anonymous, or attach to this broker with serve --broker")
		}
		one = own
	}
	return one, nil
}

// put makes dynamic-security.json of it.
func (a *accessOf) put(p *Plan) error {
	p.Notes = append(p.Notes, a.notes...)
	if a.dynsec != "" {
		return a.keepDynsec(p)
	}
	files := &accessfile.Files{Modern: a.modern}
	if a.passwords != "" {
		text, err := a.read("password_file", a.passwords)
		if err != nil {
			return err
		}
		files.Passwords = accessfile.ReadPasswords(string(text))
	}
	if a.rules != "" {
		text, err := a.read("acl_file", a.rules)
		if err != nil {
			return err
		}
		files.Rules = accessfile.ReadRules(string(text))
	}
	t, err := accessfile.Translate(files, accessfile.Options{Modern: a.modern})
	if err != nil {
		return err
	}
	return a.translated(p, t)
}

// translated writes what files of accounts and rules come to.
func (a *accessOf) translated(p *Plan, t *accessfile.Translation) error {
	kinds := map[accessfile.Kind]Kind{accessfile.Refused: Refused, accessfile.Lost: Lost, accessfile.Manual: Manual}
	names := map[accessfile.Source]string{accessfile.SourcePasswords: a.passwords, accessfile.SourceRules: a.rules}
	for _, f := range t.Findings {
		if kind, matters := kinds[f.Kind]; matters {
			p.Notes = append(p.Notes, Note{names[f.Source], f.Line, kind, f.Message})
		}
	}
	// As mosquitto_ctrl has it at its init.
	file := broker.DynsecFile{
		DefaultACLAccess: broker.DynsecDefaults{PublishClientReceive: true, Unsubscribe: true},
		Roles:            t.Roles, Groups: t.Groups, AnonymousGroup: t.AnonymousGroup,
	}
	if t.Access != nil {
		file.DefaultACLAccess = *t.Access
	}
	for i := range t.Clients {
		c := t.Clients[i].DynsecClient
		if t.Clients[i].Plain != "" {
			if err := c.SetPassword(t.Clients[i].Plain); err != nil {
				return err
			}
		}
		file.Clients = append(file.Clients, c)
	}
	switch {
	case !a.anonymous:
		file.AnonymousGroup = ""
	case a.rules == "" && len(t.Roles) == 1:
		// Without an acl_file they may do everything too, by the one role that there is. An import leaves that open, because its
		// acl_file may just not have been given.
		file.AnonymousGroup = accessfile.GroupAnonymous
		file.Groups = append(file.Groups, broker.DynsecGroup{
			Groupname: accessfile.GroupAnonymous, Textname: "Clients without a username",
			Roles: []broker.DynsecRoleRef{{Rolename: t.Roles[0].Rolename, Priority: -1}},
		})
	}
	if a.anonymous && a.passwords == "" {
		p.note(nil, Manual, "Without a password_file everybody got in, whatever username they said. Now a username needs an account of that name: "+
			"make one for each device that says one, or have it say none.")
	}
	return p.access(&file)
}

func (p *Plan) access(file *broker.DynsecFile) error {
	if err := file.Check(); err != nil {
		return err
	}
	p.Access, p.Clients, p.Roles, p.Groups = file.Bytes(), len(file.Clients), len(file.Roles), len(file.Groups)
	return nil
}

// keepDynsec takes a dynamic-security.json over as it is.
func (a *accessOf) keepDynsec(p *Plan) error {
	text, err := a.read("dynamic security file", a.dynsec)
	if err != nil {
		return err
	}
	file, err := broker.ParseDynsecFile(text)
	if err != nil {
		return err
	}
	if a.passwords != "" || a.rules != "" {
		p.note(nil, Lost, "Beside the dynamic security plugin there are a password_file or an acl_file, which do not come over.")
	}
	return p.access(file)
}
