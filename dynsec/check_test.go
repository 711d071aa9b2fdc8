package dynsec

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

// checkState is a small state in which every source of a decision comes up.
func checkState(version string) *State {
	many := make([]ACL, 0, 1500)
	for i := range 1500 {
		many = append(many, ACL{Acltype: PublishClientSend, Topic: "many/" + strconv.Itoa(i), Allow: true})
	}
	return newState(
		[]*Client{
			{Username: "lamp", Roles: []RoleRef{{"direct", 5}, {"quiet", -1}}, Groups: []GroupRef{{"all", -1}}},
			{Username: "bound", Clientid: "only"}, {Username: "off", Disabled: true}, {Username: "busy", Roles: []RoleRef{{"many", -1}}},
		},
		[]*Role{
			{Rolename: "direct", ACLs: []ACL{{PublishClientSend, "a/#", 3, false}, {PublishClientSend, "#", 0, true}, {SubscribePattern, "s/#", 0, true}, {SubscribeLiteral, "s/#", 0, false}}},
			{Rolename: "quiet"},
			{Rolename: "shared", ACLs: []ACL{{UnsubscribePattern, "u/+", 0, false}, {PublishClientReceive, "s/a", 0, false}}},
			{Rolename: "many", ACLs: many},
		},
		[]*Group{{Groupname: "all", Roles: []RoleRef{{"shared", -1}}}},
		DefaultAccess{PublishClientReceive: true, Subscribe: true, Unsubscribe: true}, "all", version)
}

func TestDecisionsSayWhy(t *testing.T) {
	for name, c := range map[string]struct {
		username, clientid, action, topic string
		allow                             bool
		by                                string
		notes                             int
	}{
		"a role's ACL":            {"lamp", "", ActionPublish, "a/b", false, "client-role direct a/#", 0},
		"the next one":            {"lamp", "", ActionPublish, "b", true, "client-role direct #", 0},
		"literal before pattern":  {"lamp", "", ActionSubscribe, "s/#", false, "client-role direct s/#", 0},
		"pattern":                 {"lamp", "", ActionSubscribe, "s/b", true, "client-role direct s/#", 0},
		"granted and undelivered": {"lamp", "", ActionSubscribe, "s/a", true, "client-role direct s/#", 1},
		"granted by a wildcard":   {"lamp", "", ActionSubscribe, "s/+", true, "client-role direct s/#", 1},
		"a group's role":          {"lamp", "", ActionUnsubscribe, "u/x", false, "group-role shared u/+", 0},
		"the default":             {"lamp", "", ActionReceive, "z", true, "default", 0},
		"never $CONTROL":          {"lamp", "", ActionReceive, "$CONTROL/x", false, "default", 0},
		"the broker itself":       {"lamp", "", ActionPublish, "$SYS/broker/x", false, "broker", 0},
		"a bridge's state":        {"lamp", "", ActionPublish, "$SYS/broker/connection/b/state", false, "default", 0},
		"unknown":                 {"nobody", "", ActionPublish, "a", false, "login", 0},
		"disabled":                {"off", "", ActionPublish, "a", false, "login", 0},
		"another client id":       {"bound", "other", ActionReceive, "z", false, "login", 0},
		"its client id":           {"bound", "only", ActionReceive, "z", true, "default", 0},
		"anonymous":               {"", "", ActionUnsubscribe, "u/x", false, "group-role shared u/+", 1},
	} {
		t.Run(name, func(t *testing.T) {
			q := Question{Clientid: c.clientid, Action: c.action, Topic: c.topic}
			if c.username != "" {
				q.Username = &c.username
			}
			d, err := checkState("2.0.11").Check(q)
			if err != nil {
				t.Fatal(err)
			}
			by := []string{d.DecidedBy.Source}
			if d.DecidedBy.ACL != nil {
				by = append(by, d.DecidedBy.Rolename, d.DecidedBy.ACL.Topic)
			}
			if got := strings.Join(by, " "); got != c.by || d.Allow != c.allow || len(d.Notes) != c.notes {
				t.Errorf("allow %v by %s, notes %q; want %v by %s, %d notes", d.Allow, got, d.Notes, c.allow, c.by, c.notes)
			}
		})
	}
}

func TestDecisionsListWhatWasPassed(t *testing.T) {
	username := "lamp"
	d, err := checkState("2.0.11").Check(Question{Username: &username, Action: ActionPublish, Topic: "$x"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range d.Considered {
		line := r.Source + " " + r.Rolename + " " + strconv.FormatBool(r.Matches)
		if r.ACL != nil {
			line += " " + r.ACL.Topic
		}
		got = append(got, line)
	}
	want := []string{"client-role direct false a/#", "client-role direct false #", "client-role quiet false", "group-role shared false", "default  true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLongDecisionsAreCut(t *testing.T) {
	username := "busy"
	d, err := checkState("2.1.2").Check(Question{Username: &username, Action: ActionPublish, Topic: "many/1400"})
	if err != nil {
		t.Fatal(err)
	}
	if !d.Allow || !d.Truncated || len(d.Considered) != maxConsidered || d.DecidedBy.ACL.Topic != "many/1400" {
		t.Errorf("allow %v, truncated %v, %d considered, by %+v", d.Allow, d.Truncated, len(d.Considered), d.DecidedBy.ACL)
	}
}

func TestQuestionsThatCannotBePut(t *testing.T) {
	empty := ""
	for name, c := range map[string]struct {
		q     Question
		where string
	}{
		"no action":             {Question{Topic: "a"}, "body.action"},
		"no topic":              {Question{Action: ActionPublish}, "body.topic"},
		"publish to a wildcard": {Question{Action: ActionPublish, Topic: "a/+"}, "body.topic"},
		"bad filter":            {Question{Action: ActionSubscribe, Topic: "a/#/b"}, "body.topic"},
		"shared without filter": {Question{Action: ActionSubscribe, Topic: "$share/g"}, "body.topic"},
		"shared without group":  {Question{Action: ActionUnsubscribe, Topic: "$share//a"}, "body.topic"},
		"empty username":        {Question{Username: &empty, Action: ActionPublish, Topic: "a"}, "body.username"},
		"control character":     {Question{Clientid: "\x00", Action: ActionPublish, Topic: "a"}, "body.clientid"},
	} {
		_, err := checkState("2.0.11").Check(c.q)
		if f := fault.From(err); err == nil || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != c.where {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDialects(t *testing.T) {
	for version, modern := range map[string]bool{"": false, "2.0.11": false, "2.0.22": false, "2.1.0": true, "2.1.2": true, "2.10.0": true, "3.0": true, "1.6.9": false, "odd": false} {
		if dialectOf(version).modern != modern {
			t.Errorf("%q is modern: %v", version, !modern)
		}
	}
}
