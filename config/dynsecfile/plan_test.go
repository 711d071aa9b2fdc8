package dynsecfile_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/config/dynsecfile"
)

// commandsOf are the commands of a plan as text, in their order.
func commandsOf(t testing.TB, p dynsecfile.Plan) []string {
	t.Helper()
	var all []string
	for _, c := range p.Commands() {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// TestNobodyHasControlForAMoment makes a role and a group powerful that a client is taken out of in the same file.
func TestNobodyHasControlForAMoment(t *testing.T) {
	before := household(t)
	after := cloned(t, before)
	after.Role("sensor").ACLs = append(after.Role("sensor").ACLs, before.Role("admin").ACLs...)
	after.Role("sensor").Textname = "now powerful"
	after.Clients[2].Roles = nil
	after.Groups[0].Clients = nil
	after.Groups[0].Roles = append(after.Groups[0].Roles, broker.DynsecRoleRef{Rolename: "admin", Priority: -1})
	all := commandsOf(t, dynsecfile.MakePlan(before, after, "2.0.11"))
	leaves := slices.IndexFunc(all, func(c string) bool { return strings.Contains(c, "modifyClient") })
	for i, c := range all {
		if (strings.Contains(c, "$CONTROL") || strings.Contains(c, "addGroupRole")) && i < leaves || leaves < 0 {
			t.Errorf("command %d gives it while the client is still in:\n%s", i, strings.Join(all, "\n"))
		}
	}
	if last := all[len(all)-1] + all[len(all)-2]; !strings.Contains(last, "$CONTROL") || !strings.Contains(last, "addGroupRole") {
		t.Errorf("in the end nobody has it:\n%s", strings.Join(all, "\n"))
	}
}

func TestReasonsForARestartAreTold(t *testing.T) {
	before := household(t)
	before.AnonymousGroup = "plant"
	long := make([]broker.DynsecACL, 100)
	for i := range long {
		long[i] = broker.DynsecACL{Acltype: "publishClientSend", Topic: fmt.Sprint(i, strings.Repeat("x", 60_000))}
	}
	for name, c := range map[string]struct {
		change func(f *broker.DynsecFile)
		word   string
	}{
		"new client with a hash": {func(f *broker.DynsecFile) { f.Clients = append(f.Clients, hashed(t, "new", "pw")) }, "new"},
		"another hash":           {func(f *broker.DynsecFile) { f.Clients[2] = hashed(t, "device", "other", "sensor") }, "device"},
		"no anonymous group":     {func(f *broker.DynsecFile) { f.AnonymousGroup = "" }, "anonymous"},
		"unknown key":            {func(f *broker.DynsecFile) { f.Unknown = []broker.RawMember{{Key: "x", Value: []byte("1")}} }, "keys"},
		"unknown key deep inside": {func(f *broker.DynsecFile) {
			f.Groups[0].Clients[0].Unknown = []broker.RawMember{{Key: "x", Value: []byte("1")}}
		}, "group plant"},
		"wildcards of 2.1": {func(f *broker.DynsecFile) { f.Roles[2].AllowWildcardSubs = new(bool) }, "role sensor"},
		"empty client id":  {func(f *broker.DynsecFile) { f.Clients[2].ClientID = new(string) }, "client device"},
		"too long to send": {func(f *broker.DynsecFile) { f.Roles[2].ACLs = long }, "too long"},
		"as many as it may": {func(f *broker.DynsecFile) {
			f.Clients = append(f.Clients, many(t, household(t), 1000, "x").Clients[3:]...)
		}, "and 997 more"},
	} {
		after := cloned(t, before)
		c.change(after)
		p := dynsecfile.MakePlan(before, after, "2.0.11")
		if p.Effect != dynsecfile.EffectRestart || len(p.Reasons) != 1 || !strings.Contains(p.Reasons[0], c.word) {
			t.Errorf("%s: %s %q", name, p.Effect, p.Reasons)
		}
	}
	after := cloned(t, before)
	after.Roles[2].AllowWildcardSubs = new(bool)
	if p := dynsecfile.MakePlan(before, after, "2.1.2"); p.Effect != dynsecfile.EffectLive {
		t.Errorf("2.1 knows allowwildcardsubs: %s %q", p.Effect, p.Reasons)
	}
	after.Roles[2].AllowWildcardSubs = nil
	after.Unknown = []broker.RawMember{{Key: "changeIndex", Value: []byte("5")}}
	if p := dynsecfile.MakePlan(before, after, "2.0.11"); p.Effect != dynsecfile.EffectNone {
		t.Errorf("2.1's own count: %s %q", p.Effect, p.Reasons)
	}
}

// TestWhatTakesTooLongLiveIsOffered deletes 20,000 clients, for each of which 2.0 writes its whole file.
func TestWhatTakesTooLongLiveIsOffered(t *testing.T) {
	after := household(t)
	before := many(t, after, 20_000, "device")
	before.Roles = after.Roles
	if p := dynsecfile.MakePlan(before, after, "2.0.11"); p.Effect != dynsecfile.EffectLive || p.Estimate < 10*time.Minute {
		t.Fatalf("%s %s", p.Effect, p.Estimate)
	}
	o := dynsecfile.Options{Current: before, Version: "2.0.11", DryRun: true, Offline: new(broker.Managed)}
	out, err := dynsecfile.Put(t.Context(), o, after)
	if err != nil || out.Effect != dynsecfile.EffectRestart || len(out.Reasons) != 1 || !strings.Contains(out.Reasons[0], "minutes") {
		t.Errorf("%v %s %q", err, out.Effect, out.Reasons)
	}
	o.Offline = nil
	if out, err := dynsecfile.Put(t.Context(), o, after); err != nil || out.Effect != dynsecfile.EffectLive {
		t.Errorf("a broker that is not ours: %v %s %q", err, out.Effect, out.Reasons)
	}
}
