package accessfile

import (
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// maxRules bounds what the rules of all users may come to, patterns multiplied: about 40 MB of dynamic-security.json.
const maxRules = 200_000

// Options say for which broker files are translated.
type Options struct {
	Modern bool // it is 2.1 or later, and replaces %c and %u in roles
	// ClientID is the client id that a username is bound to on the new broker; nil or empty: none.
	ClientID func(username string) string
}

// Translation is what the files come to in dynamic security.
type Translation struct {
	Clients []Client
	Roles   []broker.DynsecRole
	Groups  []broker.DynsecGroup
	// AnonymousGroup is the group of clients without a username; empty where they have no rights.
	AnonymousGroup string
	// Access is the default access with which the answers are the same; nil where every default does. Where it cannot be
	// set because others live by another one, [Translation.KeepAccess] makes up for it.
	Access   *broker.DynsecDefaults
	Findings []Finding

	modern bool
}

// Client is an account that is to be.
type Client struct {
	broker.DynsecClient
	Plain string // a password that is to be hashed; empty: none
	Line  int    // where it stands in the password_file, or 0
}

// translator makes one translation.
type translator struct {
	findings
	files    *Files
	expander expander
	people   []*identity
	rules    int
	counted  map[string]bool // the layers that are in rules
	verbatim *identity       // who stands for all to whom the patterns come as they are; nil before the first
	losses   map[loss]*lossOf
	order    []loss
}

// identity is a user, or whoever comes without a username.
type identity struct {
	username      *string
	own, patterns layer
	ownKey        string
	patternsKey   string
	roles         []broker.DynsecRoleRef
}

// loss is a reason why a line is left out; it may be the same for many users.
type loss struct {
	line int
	why  string
}

type lossOf struct {
	topic string
	deny  bool
	users []string
}

// Translate makes clients, roles and groups of the files, as few as have the same meaning: users with the same rules share
// a role, and so do patterns that come to the same. Lines that Mosquitto refuses are left out and stay among the
// findings; whoever carries the translation out must look at them. The fault is TooLarge.
func Translate(f *Files, o Options) (*Translation, error) {
	if o.ClientID == nil {
		o.ClientID = func(string) string { return "" }
	}
	t := &translator{
		findings: findings{source: SourceRules}, files: f,
		expander: expander{from: f.Modern, to: o.Modern, clientID: o.ClientID},
		counted:  map[string]bool{}, losses: map[loss]*lossOf{},
	}
	out := &Translation{modern: o.Modern}
	t.clients(out)
	if f.Rules == nil {
		t.everything(out)
	} else {
		if err := t.layers(); err != nil {
			return nil, err
		}
		t.roles(out)
		t.tellLosses()
		t.tellClientIDs()
		out.Access = &broker.DynsecDefaults{Subscribe: true, Unsubscribe: true}
	}
	for i := range out.Clients {
		out.Clients[i].Roles = t.people[i].roles
	}
	if f.Passwords != nil {
		out.Findings = append(out.Findings, f.Passwords.Findings...)
	}
	if f.Rules != nil {
		out.Findings = append(out.Findings, f.Rules.Findings...)
	}
	out.Findings = append(out.Findings, t.all...)
	return out, nil
}

// clients makes one of every account, and of every user with rules.
func (t *translator) clients(out *Translation) {
	known := map[string]bool{}
	add := func(c Client) {
		known[c.Username] = true
		out.Clients = append(out.Clients, c)
		t.people = append(t.people, &identity{username: &c.Username})
	}
	if t.files.Passwords != nil {
		for _, a := range t.files.Passwords.Accounts {
			add(t.account(a))
		}
	}
	if t.files.Rules == nil {
		return
	}
	for _, name := range t.files.Rules.Names {
		if known[name] {
			continue
		}
		if t.files.Passwords != nil {
			t.add(0, Manual, name, "the user has rules and no line in the password_file, so nobody can log in with the name; the client is made without a password")
		}
		add(Client{DynsecClient: broker.DynsecClient{Username: name}})
	}
}

// account is a client with the password that its line has, where the new broker can use it.
func (t *translator) account(a Account) Client {
	c := Client{DynsecClient: broker.DynsecClient{Username: a.Username}, Plain: a.Plain, Line: a.Line}
	passwords := findings{source: SourcePasswords}
	switch {
	case a.SHA512 != "":
		passwords.add(a.Line, Manual, a.Username, "the hash is of the kind $6$, which dynamic security cannot use: the client needs a new password, and is made without one")
	case a.Hash.Hash == "":
	case decodedLength(a.Hash.Salt) == oldSalt:
		c.Password = a.Hash
	case t.expander.to:
		c.EncodedPassword = encoded(a.Hash)
	default:
		passwords.add(a.Line, Manual, a.Username, "the hash was made by Mosquitto 2.1, and dynamic security of 2.0 cannot use it: the client needs a new password, and is made without one")
	}
	t.all = append(t.all, passwords.all...)
	return c
}

// layers finds out the rules of everybody.
func (t *translator) layers() error {
	t.people = append(t.people, &identity{})
	for _, p := range t.people {
		own := t.files.Rules.Anonymous
		if p.username != nil {
			own = t.files.Rules.Users[*p.username]
		}
		p.own, p.patterns = layer{}, layer{}
		for _, r := range own {
			switch {
			case t.expander.to && speaksOfClients(r.Topic):
				t.lose(r, "%c and %u stand for themselves in a topic line, and for the client in dynamic security", p.username)
			case reachesControl(r.Topic):
				t.loseControl(r, p.username)
			default:
				p.own.add(r.Topic, r.Access)
			}
		}
		p.own.simplify()
		p.ownKey = p.own.key()
		if p.username == nil || !isDangerous(*p.username) {
			t.patterns(p)
		}
		t.count(p.ownKey, p.own)
		t.count(p.patternsKey, p.patterns)
		if t.rules > maxRules {
			return fault.Newf(fault.TooLarge, "the rules come to more than %d over all users", maxRules).
				Hint("import the users in parts, or replace patterns by topics that hold for many users")
		}
	}
	return nil
}

// count counts each different layer once.
func (t *translator) count(key string, l layer) {
	if !t.counted[key] {
		t.counted[key] = true
		t.rules += len(l)
	}
}

// patterns finds out the patterns of one identity. Where all stay as they are, they are the same for most users.
func (t *translator) patterns(p *identity) {
	same := p.username != nil && t.expander.keeps(t.files.Rules.Patterns, *p.username)
	switch {
	case same && t.verbatim == nil:
		t.verbatim = p
		t.expandPatterns(p, nil)
	case same:
		p.patterns, p.patternsKey = t.verbatim.patterns, t.verbatim.patternsKey
		return
	default:
		t.expandPatterns(p, p.username)
	}
	p.patterns.simplify()
	p.patternsKey = p.patterns.key()
}

// expandPatterns notes what is lost for a user, or for everybody where it is nil.
func (t *translator) expandPatterns(p *identity, loser *string) {
	for _, r := range t.files.Rules.Patterns {
		topic, becomes, why := t.expander.expand(r.Topic, p.username)
		switch {
		case becomes == lost:
			t.lose(r, why, loser)
		case becomes == pointless:
		case reachesControl(topic):
			t.loseControl(r, loser)
		default:
			p.patterns.add(topic, r.Access)
		}
	}
}

func (t *translator) loseControl(r Rule, who *string) {
	t.lose(r, "it would give rights over the broker's accounts, which are ordered on $CONTROL now; before, nothing was there", who)
}

// lose notes that a rule is left out for somebody.
func (t *translator) lose(r Rule, why string, who *string) {
	key := loss{r.Line, why}
	l := t.losses[key]
	if l == nil {
		l = &lossOf{topic: r.Topic, deny: r.Access == Deny}
		t.losses[key] = l
		t.order = append(t.order, key)
	}
	if who != nil {
		l.users = append(l.users, *who)
	}
}

// tellLosses makes one finding of each line and reason.
func (t *translator) tellLosses() {
	for _, key := range t.order {
		l := t.losses[key]
		message := key.why + "; the line is left out"
		if l.deny {
			message += ", so what other lines allow there is not denied any more"
		}
		t.add(key.line, Lost, l.topic, message)
		if len(l.users) < len(t.people)-1 {
			t.all[len(t.all)-1].Users = l.users
		}
	}
}

// tellClientIDs names what Mosquitto denies to certain client ids, which nobody can know beforehand.
func (t *translator) tellClientIDs() {
	patterns := t.files.Rules.Patterns
	if len(patterns) == 0 {
		return
	}
	t.add(0, Note, "", "Mosquitto asks no pattern for a client whose id has + or # in it; dynamic security does not look at that")
	if t.expander.to && !t.expander.from && slices.ContainsFunc(patterns, func(r Rule) bool { return strings.Contains(r.Topic, "%c") }) {
		t.add(0, Note, "", "a client id with a slash in it stood for several levels in %c, and stands for none any more")
	}
}

// encoded is a hash in the form of 2.1.
func encoded(h broker.PasswordHash) string {
	return "$7$" + itoa(h.Iterations) + "$" + h.Salt + "$" + h.Hash
}
