package accessfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/topicfilter"
)

func FuzzReadRules(f *testing.F) {
	f.Add("topic read a\r\nuser x y\ntopic deny #\n\npattern write %c/%u/+\n# c\n", true, false)
	f.Add("\ufeff\ttopic a\nuser\nuser .\ntopic READ b\ntopic a\x00b\npattern deny dev-%c", false, true)
	f.Fuzz(func(t *testing.T, text string, from, to bool) {
		rules := ReadRules(text)
		for _, r := range slices.Concat(rules.Anonymous, rules.Patterns) {
			if topicfilter.Problem(r.Topic) != "" {
				t.Errorf("%q is taken for a topic", r.Topic)
			}
		}
		tr, err := Translate(&Files{Rules: rules, Modern: from}, Options{Modern: to})
		if err != nil {
			return
		}
		tr.KeepAccess(broker.DynsecDefaults{})
		file := broker.DynsecFile{Roles: tr.Roles, Groups: tr.Groups}
		for _, c := range tr.Clients {
			file.Clients = append(file.Clients, c.DynsecClient)
		}
		if err := file.Check(); err != nil {
			t.Error(err)
		}
		for _, role := range tr.Roles {
			seen := map[string]bool{}
			for _, acl := range role.ACLs {
				if topicfilter.Problem(acl.Topic) != "" || seen[acl.Acltype+acl.Topic] || reachesControl(acl.Topic) {
					t.Errorf("role %q has the rule %+v", role.Rolename, acl)
				}
				seen[acl.Acltype+acl.Topic] = true
			}
		}
	})
}

func FuzzReadPasswords(f *testing.F) {
	f.Add("u:$7$101$c2FsdHNhbHRzYWx0$aGFzaA==\n:v:$6$a$b:c\n# c\nplain:secret\n\ufeff")
	f.Fuzz(func(t *testing.T, text string) {
		p := ReadPasswords(text)
		seen := map[string]bool{}
		for _, a := range p.Accounts {
			if seen[a.Username] || unusableName(a.Username) != "" {
				t.Errorf("the username %q is there twice, or cannot be", a.Username)
			}
			seen[a.Username] = true
		}
		for _, found := range slices.Concat(p.Findings, ReadPSK(text)) {
			if found.Line < 0 || found.Line > strings.Count(text, "\n")+1 {
				t.Errorf("line %d of %q", found.Line, text)
			}
		}
	})
}

// TestLargeFiles reads and translates 50,000 rules of 5,000 users, and as many of one. It takes a second, and minutes where
// every rule is compared with every other.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	for _, users := range []int{5_000, 1} {
		var text strings.Builder
		text.WriteString("pattern read news/#\npattern readwrite homes/%u/#\n")
		for u := range users {
			fmt.Fprintf(&text, "user u%d\n", u)
			for r := range 50_000 / users {
				fmt.Fprintf(&text, "topic %s plant/line-%d/machine-%d/+/state\n", []string{"read", "write", "deny"}[r%3], u, r)
			}
		}
		began := time.Now()
		tr, err := Translate(&Files{Rules: ReadRules(text.String())}, Options{})
		took := time.Since(began)
		if err != nil || len(tr.Clients) != users {
			t.Fatalf("%d clients, %v", len(tr.Clients), err)
		}
		t.Logf("50,000 rules of %d users: %v", users, took)
	}
}
