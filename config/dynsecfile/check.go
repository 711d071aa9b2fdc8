package dynsecfile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

// maxProblems bounds what one check finds of each severity.
const maxProblems = 200

// Check says everything that is to be said about a wanted file, errors first. What is wrong with an entry that is
// just the same in the current file is a warning: it need not be mended for another change to be made.
func Check(wanted, current *broker.DynsecFile, o CheckOptions) []Problem {
	return check(newView(wanted), newView(current), o)
}

func check(wanted, current *view, o CheckOptions) []Problem {
	c := &checker{wanted: wanted, current: current, version: o.Version}
	c.own(o)
	c.lastAdministrator(o)
	c.roles()
	c.clients()
	c.groups()
	if name := wanted.file.AnonymousGroup; name != "" && wanted.groups[name] == nil {
		c.old = name == current.file.AnonymousGroup
		c.error("anonymousGroup", "there is no group of this name", "add it to groups, or leave anonymousGroup out")
	}
	return c.result()
}

// HasErrors tells whether a problem keeps the file from being taken.
func HasErrors(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == Error })
}

type checker struct {
	wanted, current *view
	version         string
	old             bool // the entry that is looked at is just the same in the current file

	errors, warnings         []Problem
	moreErrors, moreWarnings int
}

func (c *checker) result() []Problem {
	all := append([]Problem{}, c.errors...)
	if c.moreErrors > 0 {
		all = append(all, Problem{Severity: Error, Message: fmt.Sprintf("and %d more errors", c.moreErrors)})
	}
	all = append(all, c.warnings...)
	if c.moreWarnings > 0 {
		all = append(all, Problem{Severity: Warning, Message: fmt.Sprintf("and %d more warnings", c.moreWarnings)})
	}
	return all
}

func (c *checker) error(path, message, hint string) {
	if c.old {
		c.warn(path, message, hint)
		return
	}
	if len(c.errors) == maxProblems {
		c.moreErrors++
		return
	}
	c.errors = append(c.errors, Problem{Path: path, Severity: Error, Message: message, Hint: hint})
}

func (c *checker) conflict(path, message, hint string) {
	c.errors = append(c.errors, Problem{Path: path, Severity: Error, Message: message, Hint: hint, Conflict: true})
}

func (c *checker) warn(path, message, hint string) {
	if len(c.warnings) == maxProblems {
		c.moreWarnings++
		return
	}
	c.warnings = append(c.warnings, Problem{Path: path, Severity: Warning, Message: message, Hint: hint})
}

// must notes an error unless the message is empty.
func (c *checker) must(path, key, message string) {
	if message != "" {
		c.error(path+"."+key, message, "")
	}
}

// name checks an entry's own name. first tells where the name was seen before.
func (c *checker) name(path, key, name string, i int, seen map[string]int) {
	c.must(path, key, nameProblem(name))
	first, twice := seen[name]
	if !twice {
		seen[name] = i
		return
	}
	old := c.old
	c.old = false // the broker does not start with it since 2.0.16
	list, _, _ := strings.Cut(path, "[")
	c.error(path+"."+key, fmt.Sprintf("repeats the name of %s[%d]", list, first), "keep one of them")
	c.old = old
}

func (c *checker) texts(path, textname, textdescription string) {
	c.must(path, "textname", textProblem(textname))
	c.must(path, "textdescription", textProblem(textdescription))
}

func (c *checker) priority(path string, priority int) {
	if priority != clamped(priority) {
		c.error(path+".priority", "must be between -100000 and 100000", "")
	}
}

func (c *checker) roles() {
	seen := map[string]int{}
	for i := range c.wanted.file.Roles {
		r := &c.wanted.file.Roles[i]
		path := fmt.Sprintf("roles[%d]", i)
		was := c.current.roles[r.Rolename]
		c.old = was != nil && reflect.DeepEqual(was.DynsecRole, r)
		c.name(path, "rolename", r.Rolename, i, seen)
		c.texts(path, r.Textname, r.Textdescription)
		if r.AllowWildcardSubs != nil && !*r.AllowWildcardSubs && !knows21(c.version) {
			c.warn(path+".allowwildcardsubs", "this broker does not know the setting, so the role allows subscriptions with wildcards",
				"mosquitto knows it since 2.1; until then deny them by rules of the type subscribeLiteral and subscribePattern")
		}
		c.acls(path, r.ACLs)
	}
}

func (c *checker) acls(path string, acls []broker.DynsecACL) {
	type key struct{ acltype, topic string }
	seen := make(map[key]int, len(acls))
	for i, a := range acls {
		at := fmt.Sprintf("%s.acls[%d]", path, i)
		if !slices.Contains(aclTypes(), a.Acltype) {
			c.error(at+".acltype", "must be one of "+strings.Join(aclTypes(), ", "), "")
		}
		c.must(at, "topic", topicfilter.Problem(a.Topic))
		c.priority(at, a.Priority)
		k := key{a.Acltype, a.Topic}
		if first, twice := seen[k]; twice {
			c.error(at+".topic", fmt.Sprintf("repeats the type and topic of acls[%d]", first), "a role has one rule for each type and topic")
			continue
		}
		seen[k] = i
		if c.old || knows21(c.version) || strings.HasSuffix(a.Acltype, "Literal") {
			continue
		}
		if strings.Contains(a.Topic, "%c") || strings.Contains(a.Topic, "%u") {
			c.warn(at+".topic", "this broker does not put the client id and the username in the place of %c and %u",
				"mosquitto does since 2.1; this one compares them as they stand")
		}
	}
}

func (c *checker) clients() {
	seen := make(map[string]int, len(c.wanted.file.Clients))
	for i := range c.wanted.file.Clients {
		cl := &c.wanted.file.Clients[i]
		was := c.current.clients[cl.Username]
		c.old = was != nil && reflect.DeepEqual(was.DynsecClient, cl)
		if _, twice := seen[cl.Username]; c.old && !twice && c.nothingNew(was) {
			seen[cl.Username] = i
			continue // nearly every client of a large file
		}
		path := fmt.Sprintf("clients[%d]", i)
		c.name(path, "username", cl.Username, i, seen)
		c.texts(path, cl.Textname, cl.Textdescription)
		if cl.ClientID != nil {
			c.must(path, "clientid", topicfilter.StringProblem(*cl.ClientID))
			if *cl.ClientID == "" {
				c.warn(path+".clientid", "an empty client id binds the client to a name that nobody has, so it can never log in",
					"leave clientid out to allow any")
			}
		}
		c.password(path, cl, was)
		c.refs(path, cl.Roles)
	}
}

// nothingNew tells whether an unchanged client is surely fine: each role that it had is still there.
func (c *checker) nothingNew(was *clientView) bool {
	return len(was.roles) == len(was.Roles) && !slices.ContainsFunc(was.Roles, func(r broker.DynsecRoleRef) bool {
		return c.wanted.roles[r.Rolename] == nil
	}) && (knows21(c.version) || !was.HasPassword() || canLogIn(was.DynsecClient, c.version) || was.Disabled) &&
		nameProblem(was.Username) == ""
}

// password warns of hashes that this broker cannot use. A salt that 2.0 does not take is an error, because it drops the
// client on reading its file, and the next change drops it from the file.
func (c *checker) password(path string, cl *broker.DynsecClient, was *clientView) {
	if knows21(c.version) {
		return
	}
	switch {
	case cl.EncodedPassword != "":
		c.warn(path+".encoded_password", "this broker does not know this form of a hash, so the client cannot log in",
			"mosquitto knows it since 2.1; set the password again over PUT /dynsec/clients")
	case cl.Password.Hash != "" && !saltFits(cl.Password) && (was == nil || was.Password != cl.Password):
		c.error(path+".salt", "must be of 12 bytes: this broker drops a client with another one", "")
	}
}

// refs checks the roles that a client or a group carries.
func (c *checker) refs(path string, refs []broker.DynsecRoleRef) {
	seen := first{}
	for i, r := range refs {
		at := fmt.Sprintf("%s.roles[%d]", path, i)
		c.priority(at, r.Priority)
		if c.wanted.roles[r.Rolename] == nil {
			c.missing(at+".rolename", "role", c.current.roles[r.Rolename] != nil)
		}
		if !seen.time(r.Rolename) {
			c.error(at+".rolename", "is there twice", "keep one of them")
		}
	}
}

// missing notes a name of something that the file does not have. Was it there before, then leaving the one who names
// it as it is does not excuse it.
func (c *checker) missing(path, what string, was bool) {
	old := c.old
	c.old = old && !was
	c.error(path, "there is no "+what+" of this name in the file", "add the "+what+", or leave the name out here as well")
	c.old = old
}

func (c *checker) groups() {
	seen := map[string]int{}
	for i := range c.wanted.file.Groups {
		g := &c.wanted.file.Groups[i]
		path := fmt.Sprintf("groups[%d]", i)
		was := c.current.groups[g.Groupname]
		c.old = was != nil && reflect.DeepEqual(was.DynsecGroup, g)
		c.name(path, "groupname", g.Groupname, i, seen)
		c.texts(path, g.Textname, g.Textdescription)
		c.refs(path, g.Roles)
		members := make(map[string]bool, len(g.Clients))
		for j, m := range g.Clients {
			if c.wanted.clients[m.Username] != nil && !members[m.Username] && m.Priority == clamped(m.Priority) {
				members[m.Username] = true
				continue
			}
			at := fmt.Sprintf("%s.clients[%d]", path, j)
			c.priority(at, m.Priority)
			if c.wanted.clients[m.Username] == nil {
				c.missing(at+".username", "client", c.current.clients[m.Username] != nil)
			}
			if members[m.Username] {
				c.error(at+".username", "is there twice", "keep one of them")
			}
			members[m.Username] = true
		}
	}
}
