package accessfile

import (
	"slices"

	"github.com/bunkerm/bunkerm/broker"
)

// KeepAccess makes the translation give the same answers while the default access stays what it is, for the sake of
// others who live by it: everybody gets one more role, which says what the default would have to. A default that allows
// cannot be taken back for topics other than $SYS that begin with $, and one that denies subscriptions to them cannot be
// made up for on 2.1; both are said where they happen.
func (t *Translation) KeepAccess(present broker.DynsecDefaults) {
	if t.Access == nil {
		return
	}
	wanted := *t.Access
	t.Access = nil
	f := findings{source: SourceRules}
	var acls []broker.DynsecACL
	say := func(allow bool, acltype string, topics ...string) {
		for _, topic := range topics {
			acls = append(acls, broker.DynsecACL{Acltype: acltype, Topic: topic, Allow: allow})
		}
	}
	const dollar = " topics other than $SYS that begin with $, because the default access of this broker does, and no rule can speak of them all"
	if present.PublishClientSend != wanted.PublishClientSend {
		say(wanted.PublishClientSend, typeSend, "#")
		f.add(0, Lost, "", "imported clients may publish to"+dollar)
	}
	if present.PublishClientReceive != wanted.PublishClientReceive {
		say(wanted.PublishClientReceive, typeReceive, "#", "$SYS/#")
		f.add(0, Lost, "", "imported clients may receive"+dollar)
	}
	everything := []string{"#"}
	if t.modern {
		everything = []string{"#", "$SYS/#", "$share/#"}
	}
	if present.Subscribe != wanted.Subscribe {
		say(wanted.Subscribe, typeSubscribe, everything...)
		if t.modern {
			f.add(0, Lost, "", "imported clients may not subscribe to"+dollar)
		}
	}
	if present.Unsubscribe != wanted.Unsubscribe {
		say(wanted.Unsubscribe, typeUnsubscribe, everything...)
	}
	if acls == nil {
		return
	}
	if t.AnonymousGroup == "" {
		f.add(0, Note, "", "clients without a username have no rules in the acl_file, and keep what they have on this broker")
	}
	t.Findings = append(t.Findings, f.all...)
	t.Roles = append(t.Roles, broker.DynsecRole{Rolename: roleRest, Textname: "What acl_file says where no rule does", ACLs: acls})
	rest := broker.DynsecRoleRef{Rolename: roleRest, Priority: restPriority}
	for i := range t.Clients {
		t.Clients[i].Roles = append(slices.Clip(t.Clients[i].Roles), rest)
	}
	for i := range t.Groups {
		t.Groups[i].Roles = append(slices.Clip(t.Groups[i].Roles), rest)
	}
}
