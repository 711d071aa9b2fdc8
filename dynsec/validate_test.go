package dynsec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
	"github.com/bunkerm/bunkerm/fault"
)

var aclTypes = []string{PublishClientSend, PublishClientReceive, SubscribeLiteral, SubscribePattern, UnsubscribeLiteral, UnsubscribePattern}

// TestFiltersAreJudgedAsTheBrokerDoes puts topics to addRoleACL, the only command that checks them.
func TestFiltersAreJudgedAsTheBrokerDoes(t *testing.T) {
	b := brokertest.Start(t)
	b.MustControl(t, broker.Command{"command": "createRole", "rolename": "r"})
	for name, topic := range map[string]string{
		"plain": "a/b", "plus": "+", "plus in the middle": "a/+/b", "hash": "#", "hash at the end": "a/#", "only slashes": "///",
		"shared": "$share/g/a/#", "dollar": "$SYS/#", "space": " ", "emoji": "😀/é", "percent": "%c/%u",
		"hash in the middle": "a/#/b", "hash behind text": "a#", "plus behind text": "a+/b", "plus before text": "+a",
		"two hashes": "##", "two pluses": "++/a", "hash before text": "#a",
		"200 slashes": strings.Repeat("/", 200), "201 slashes": strings.Repeat("/", 201),
		"65535 bytes": strings.Repeat("a", MaxString), "65536 bytes": strings.Repeat("a", MaxString+1),
		"control character": "a\x01", "delete": "a\x7f", "C1 control": "a\u0085", "non-character": "a\ufffe", "another": "\ufdd0",
		"in another plane": "a\U0001fffe", "tab": "a\tb", "newline": "a\nb",
	} {
		for _, acltype := range aclTypes {
			answer := b.Control(t, broker.Command{"command": "addRoleACL", "rolename": "r", "acltype": acltype, "topic": topic, "allow": true})[0]
			var p problems
			p.acl("body", ACL{Acltype: acltype, Topic: topic})
			if accepted := answer.Error == ""; accepted != (p.err() == nil) {
				t.Errorf("%s as %s: the broker answers %q, we find %v", name, acltype, answer.Error, p.fields)
			}
		}
	}
}

// TestNamesAreJudgedAsTheBrokerDoes does the same for names, of which we refuse a few more.
func TestNamesAreJudgedAsTheBrokerDoes(t *testing.T) {
	b := brokertest.Start(t)
	for name, c := range map[string]struct {
		text string
		ours bool // refused by us alone
	}{
		"plain": {"a", false}, "spaces": {" a b ", false}, "slashes": {"/a/", false}, "wildcards": {"+/#", false}, "emoji": {"😀", false},
		"dash": {"-a", false}, "quotes": {`"'`, false}, "65535 bytes": {strings.Repeat("a", MaxString), false},
		"control": {"a\x01", false}, "C1 control": {"\u0085", false}, "non-character": {"\uffff", false}, "too long": {strings.Repeat("a", 70_000), false},
		"a dot": {".", true}, "two dots": {"..", true}, "three dots": {"...", false},
	} {
		var p problems
		p.name("body.username", c.text)
		refused := b.Control(t, broker.Command{"command": "createClient", "username": c.text})[0].Error != ""
		if want := refused || c.ours; want != (len(p.fields) > 0) {
			// 2.0.11 takes usernames that are too long for MQTT; nobody could ever log in with one.
			if name != "too long" || len(p.fields) == 0 {
				t.Errorf("%s: the broker refuses: %v, we find %v", name, refused, p.fields)
			}
		}
	}
}

func TestProblemsNameTheirPlaces(t *testing.T) {
	var p problems
	p.name("body.username", "")
	p.name("body.rolename", "..")
	p.password("body.password", "")
	p.clientid("body.clientid", canary+"\x00")
	p.text("body.textname", canary+"\x00")
	p.text("body.textdescription", strings.Repeat("a", MaxString+1))
	p.acls("body.acls", []ACL{
		{Acltype: PublishClientSend, Topic: "a", Priority: MaxPriority},
		{Acltype: SubscribePattern, Topic: "a", Priority: -MaxPriority - 1},
		{Acltype: PublishClientSend, Topic: "a"},
		{Acltype: "publishclientsend", Topic: canary + "#"},
	})
	exists := func(name string) bool { return name == "there" }
	p.roleRefs("body.roles", []RoleRef{{"there", 0}, {"missing", MaxPriority + 1}, {"there", 1}}, exists)
	p.groupRefs("body.groups", []GroupRef{{canary, 0}}, exists)
	p.clientRefs("body.clients", []ClientRef{{"there", 0}, {canary, 0}}, exists)
	want := []string{
		"body.username must not be empty",
		"body.rolename must not be . or .., which no URL can carry",
		"body.password must not be empty; leave it out to set none",
		"body.clientid must not contain control characters",
		"body.textname must not contain the character NUL",
		"body.textdescription must be at most 65535 bytes long",
		"body.acls[1].priority must be between -100000 and 100000",
		"body.acls[2].topic repeats the type and topic of entry 0",
		"body.acls[3].acltype must be one of publishClientSend, publishClientReceive, subscribeLiteral, subscribePattern, unsubscribeLiteral, unsubscribePattern",
		"body.acls[3].topic # must stand alone after the last slash",
		"body.roles[1].rolename there is no role of this name",
		"body.roles[1].priority must be between -100000 and 100000",
		"body.roles[2].rolename repeats entry 0",
		"body.groups[0].groupname there is no group of this name",
		"body.clients[1].username there is no client of this name",
	}
	err := p.err()
	f := fault.From(err)
	var got []string
	for _, field := range f.Fields {
		got = append(got, field.Location+" "+field.Message)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.Kind != fault.Invalid || f.HintText == "" || strings.Contains(fmt.Sprint(f), canary) {
		t.Errorf("fault = %+v", f)
	}
	if err := new(problems).err(); err != nil {
		t.Errorf("without problems there is %v", err)
	}
}
