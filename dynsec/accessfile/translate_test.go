package accessfile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/broker"
)

// told writes a translation down for comparison.
func told(tr *Translation) string {
	var b strings.Builder
	refs := func(refs []broker.DynsecRoleRef) {
		for _, r := range refs {
			fmt.Fprintf(&b, " [%s %d]", r.Rolename, r.Priority)
		}
		b.WriteByte('\n')
	}
	for _, c := range tr.Clients {
		fmt.Fprintf(&b, "client %s%s%s:", c.Username, strings.Repeat(" hashed", min(1, len(c.Password.Hash))), strings.Repeat(" plain", min(1, len(c.Plain))))
		refs(c.Roles)
	}
	for _, g := range tr.Groups {
		fmt.Fprintf(&b, "group %s:", g.Groupname)
		refs(g.Roles)
	}
	for _, r := range tr.Roles {
		fmt.Fprintf(&b, "role %s:\n", r.Rolename)
		for _, a := range r.ACLs {
			fmt.Fprintf(&b, "  %d %s %s %v\n", a.Priority, a.Acltype, a.Topic, a.Allow)
		}
	}
	for _, f := range tr.Findings {
		fmt.Fprintf(&b, "%s:%d %s %s %v\n", f.Source, f.Line, f.Kind, f.Subject, f.Users)
	}
	return b.String()
}

const workshop = `# a workshop
topic read news
user anna
topic read a
topic deny a
topic write b
user berta
topic write b
topic deny a
pattern readwrite homes/%u/#
pattern read clients/%c
user clara
`

func TestUsersWithEqualRulesShareARole(t *testing.T) {
	h := hashed(t, "pw")
	passwords := "anna:" + h + "\nberta:$6$AAAA$" + h[strings.LastIndex(h, "$")+1:] + "\ndora:secret\n"
	for _, test := range []struct {
		modern bool
		want   string
	}{
		{true, `client anna hashed: [imported patterns 0] [imported anna and 1 more 1]
client berta: [imported patterns 0] [imported anna and 1 more 1]
client dora plain: [imported patterns -1]
client clara: [imported patterns -1]
group imported anonymous: [imported anonymous -1]
role imported patterns:
  0 publishClientReceive clients/%c true
  0 publishClientSend homes/%u/# true
  0 publishClientReceive homes/%u/# true
role imported anna and 1 more:
  1 publishClientSend a false
  1 publishClientReceive a false
  0 publishClientSend b true
role imported anonymous:
  2 publishClientReceive news true
  0 publishClientReceive clients/%c true
password_file:3 note dora []
password_file:2 manual berta []
acl_file:0 manual clara []
acl_file:0 note  []
acl_file:0 note  []
acl_file:0 note  []
`},
		{false, `client anna hashed: [imported anna -1]
client berta: [imported berta -1]
client dora plain: [imported dora -1]
client clara: [imported clara -1]
group imported anonymous: [imported anonymous -1]
`},
	} {
		tr, err := Translate(&Files{Passwords: ReadPasswords(passwords), Rules: ReadRules(workshop)}, Options{Modern: test.modern})
		if err != nil {
			t.Fatal(err)
		}
		got := told(tr)
		if !test.modern {
			got, _, _ = strings.Cut(got, "role ")
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("to 2.1: %v: %s", test.modern, diff)
		}
	}
}

func TestRulesWithTheSameMeaningAreTheSameRole(t *testing.T) {
	const rules = `user anna
topic read a/#
topic write b
topic deny secret/#
user berta
topic read a/#
topic a/1
topic deny a/1
topic deny a/1/#
`
	const same = `user clara
topic read a/+
topic deny secret/#
topic read secret/x
topic write b
topic read a/#
topic deny secret/+/x
user dora
topic deny secret/#
topic a
topic read a/#
topic write b
`
	tr, err := Translate(&Files{Rules: ReadRules(rules + same)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	shared := map[string]string{}
	for _, c := range tr.Clients {
		shared[c.Username] = c.Roles[0].Rolename
	}
	want := map[string]string{"anna": "imported anna and 1 more", "berta": "imported berta", "clara": "imported anna and 1 more", "dora": "imported dora"}
	if diff := cmp.Diff(want, shared); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAnACLFileEverybodyMayDoEverything(t *testing.T) {
	tr, err := Translate(&Files{Passwords: ReadPasswords("anna:" + hashed(t, "pw"))}, Options{})
	if err != nil || tr.Access != nil || len(tr.Roles) != 1 || len(tr.Clients) != 1 || tr.Clients[0].Roles[0].Rolename != roleAll {
		t.Errorf("%+v, %v", tr, err)
	}
}

func TestPatternsThatMultiplyTooFarAreRefused(t *testing.T) {
	var text strings.Builder
	for i := range 600 {
		fmt.Fprintf(&text, "user u%d\npattern read %d/%%u\n", i, i)
	}
	if _, err := Translate(&Files{Rules: ReadRules(text.String())}, Options{}); err == nil {
		t.Error("600 patterns of 600 users were translated for 2.0")
	}
	if tr, err := Translate(&Files{Rules: ReadRules(text.String())}, Options{Modern: true}); err != nil || len(tr.Roles) != 1 {
		t.Errorf("2.1, which keeps them as they are, gets %+v, %v", tr, err)
	}
}
