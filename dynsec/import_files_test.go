package dynsec

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// fileHash is a line's hash of the kind $7$.
func fileHash(t testing.TB, password string) string {
	t.Helper()
	h, err := broker.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("$7$%d$%s$%s", h.Iterations, h.Salt, h.Hash)
}

func (i *imported) mustImportFiles(t testing.TB, files AccessFiles, o FilesOptions) FilesResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r, err := i.ImportFiles(ctx, files, o)
	if err != nil {
		t.Fatalf("importing: %v (%v)", err, fault.From(err).Fields)
	}
	return r
}

// summary is what matters of a result.
func summary(r FilesResult) string {
	return fmt.Sprintf("%s access %s; refused %d lost %d manual %d; +%d ~%d -%d clients, +%d ~%d roles, +%d groups; skipped %v, need a password %v",
		r.Effect, r.DefaultAccess, r.Refused, r.Lost, r.Manual, r.Diff.Clients.AddedTotal, r.Diff.Clients.ChangedTotal, r.Diff.Clients.RemovedTotal,
		r.Diff.Roles.AddedTotal, r.Diff.Roles.ChangedTotal, r.Diff.Groups.AddedTotal, r.Skipped, r.NeedPassword)
}

func wantSummary(t testing.TB, what string, r FilesResult, want string) {
	t.Helper()
	mayBeNull := strings.NewReplacer(`"anonymous_group":null`, "", `"sessions_cut":null`, "")
	if strings.Contains(mayBeNull.Replace(text(t, r)), "null") {
		t.Errorf("%s: a list is null: %s", what, text(t, r))
	}
	if r.DefaultAccess == "kept" && strings.Contains(fmt.Sprint(r.Findings), "may not subscribe") {
		r.Lost-- // of 2.1, whose filters do not reach topics that begin with $
	}
	if got := summary(r); got != want {
		t.Errorf("%s: %s\nwant %s\n%+v", what, got, want, r.Findings)
	}
}

const farmRules = "topic read news\nuser pump\ntopic write pump/#\nuser valve\ntopic write pump/#\nuser there\ntopic read #\n"

// farmPasswords are accounts of every kind.
func farmPasswords(t testing.TB) string {
	return "pump:" + fileHash(t, canary+"1") + "\nvalve:" + canary + "2\nold:$6$AAAA$" + strings.Repeat("A", 86) + "==\nthere:" + fileHash(t, canary+"3") + "\n"
}

func TestImportOfAccessFiles(t *testing.T) {
	i := startImport(t)
	passwords := farmPasswords(t)
	files := AccessFiles{PasswordFile: &passwords, ACLFile: pointer(farmRules)}
	before := readState(t, i.b)
	dry := i.mustImportFiles(t, files, FilesOptions{DryRun: true, Restart: true})
	wantSummary(t, "dry run", dry, "restart access kept; refused 0 lost 1 manual 1; +3 ~0 -0 clients, +3 ~0 roles, +1 groups; skipped [there], need a password [old]")
	if diff := diffStates(before, readState(t, i.b)); diff != "" || dry.Applied {
		t.Errorf("the dry run changed something: %s", diff)
	}
	r := i.mustImportFiles(t, files, FilesOptions{Restart: true})
	if summary(r) != summary(dry) || !r.Applied {
		t.Errorf("done: %s\nannounced: %s", summary(r), summary(dry))
	}
	for _, account := range [][2]string{{"pump", canary + "1"}, {"valve", canary + "2"}, {"there", "old"}} {
		d, err := i.b.Connect(t, account[0], account[1], account[0])
		if err != nil {
			t.Errorf("%s cannot log in: %v", account[0], err)
			continue
		}
		if code, err := d.Publish("pump/1", "x"); err != nil || (code < 0x80) != (account[0] != "there") {
			t.Errorf("%s publishes to pump/1: code %d, %v", account[0], code, err)
		}
	}
	i.o.Keep = func(context.Context, string) (func(context.Context), error) {
		t.Error("what changes nothing makes a version")
		return nil, fault.New(fault.Internal, "in vain")
	}
	wantSummary(t, "again", i.mustImportFiles(t, files, FilesOptions{Restart: true}),
		"none access kept; refused 0 lost 1 manual 0; +0 ~0 -0 clients, +0 ~0 roles, +0 groups; skipped [pump valve old there], need a password []")
	i.o.Keep = func(context.Context, string) (func(context.Context), error) { return func(context.Context) {}, nil }

	wantSummary(t, "all four", i.mustImportFiles(t, files, FilesOptions{Restart: true, Update: true}),
		"restart access set; refused 0 lost 0 manual 1; +0 ~4 -0 clients, +1 ~0 roles, +0 groups; skipped [], need a password [old]")
	d, err := i.b.Connect(t, "there", canary+"3", "there")
	if err != nil {
		t.Fatal(err)
	}
	if code, err := d.Publish("pump/1", "x"); err != nil || code < 0x80 {
		t.Errorf("there publishes to pump/1: code %d, %v", code, err)
	}
	if all := i.logged() + fmt.Sprint(dry, r); strings.Contains(all, canary) || strings.Contains(all, "$7$") {
		t.Errorf("a password is shown:\n%s", all)
	}
}

func TestImportOfAccessFilesWithoutARestart(t *testing.T) {
	i := startImport(t)
	passwords := farmPasswords(t)
	files := AccessFiles{PasswordFile: &passwords, ACLFile: pointer(farmRules)}
	for _, managed := range []bool{true, false} {
		if !managed {
			i.o.Offline = nil
		}
		r := i.mustImportFiles(t, files, FilesOptions{DryRun: true, Restart: !managed})
		wantSummary(t, "dry run", r, "live access kept; refused 0 lost 1 manual 2; +3 ~0 -0 clients, +3 ~0 roles, +1 groups; skipped [there], need a password [pump old]")
	}
	r := i.mustImportFiles(t, files, FilesOptions{})
	if !r.Applied {
		t.Errorf("%+v", r)
	}
	if _, err := i.b.Connect(t, "valve", canary+"2", "valve"); err != nil {
		t.Errorf("the password that could be set does not work: %v", err)
	}
	if _, err := i.b.Connect(t, "pump", canary+"1", "pump"); err == nil {
		t.Error("pump can log in, and its hash was left out")
	}
}

// TestImportLeavesOthersAlone imports other files in which the names of roles are the same by chance.
func TestImportLeavesOthersAlone(t *testing.T) {
	i := startImport(t)
	first := "user a\ntopic write one\nuser b\ntopic write one\n"
	i.mustImportFiles(t, AccessFiles{ACLFile: &first}, FilesOptions{})
	second := "topic read three\nuser a\ntopic write two\nuser c\ntopic write two\n"
	for range 2 {
		i.mustImportFiles(t, AccessFiles{ACLFile: &second}, FilesOptions{})
		st := readState(t, i.b)
		for username, topic := range map[string]string{"a": "one", "b": "one", "c": "two"} {
			for _, asked := range []string{"one", "two"} {
				if d := st.decide(Question{Username: &username, Action: ActionPublish, Topic: asked}); d.Allow != (asked == topic) {
					t.Errorf("%s may publish to %s: %v", username, asked, d.Allow)
				}
			}
		}
		if len(st.Roles) != 8 { // four that were there, two of a kind, those of anonymous clients and the rest
			t.Errorf("%d roles", len(st.Roles))
		}
	}
	i.mustImportFiles(t, AccessFiles{ACLFile: &second}, FilesOptions{Update: true})
	st := readState(t, i.b)
	if d := st.decide(Question{Username: pointer("a"), Action: ActionPublish, Topic: "two"}); !d.Allow {
		t.Errorf("a has not got what the second file says: %s", way(d.Considered))
	}
}

func TestImpactOfAnImportOfFiles(t *testing.T) {
	h := build(t)
	h.want(200, "POST", "/dynsec/impact", `{"method":"POST","path":"/dynsec/import","body":{"acl_file":"user x\ntopic a\n"}}`)
	if readState(t, h.broker).HasClient("x") {
		t.Error("asking for the impact has imported the file")
	}
	h.want(422, "POST", "/dynsec/impact", `{"method":"POST","path":"/dynsec/import","body":{"acl_file":"\ttopic a\n"}}`)
	h.want(200, "POST", "/dynsec/import", `{"acl_file":"user x\ntopic a\n"}`)
	if !readState(t, h.broker).HasClient("x") {
		t.Error("the import did nothing")
	}
	r := h.records[len(h.records)-1]
	if r.action != "dynsec.import" || strings.Contains(text(t, r.after), "topic a") {
		t.Errorf("recorded: %+v", r)
	}
}

func TestImportRefusesWhatMosquittoDoes(t *testing.T) {
	i := startImport(t)
	files := AccessFiles{ACLFile: pointer("topic a\n  # indented\nuser x\ntopic\tb\n")}
	r := i.mustImportFiles(t, files, FilesOptions{DryRun: true})
	if r.Refused != 2 || r.Findings[0].Line != 2 || r.Findings[1].Line != 4 {
		t.Errorf("%+v", r.Findings)
	}
	_, err := i.ImportFiles(t.Context(), files, FilesOptions{})
	wantKind(t, err, fault.Invalid)
	if len(fault.From(err).Fields) != 2 || readState(t, i.b).HasClient("x") {
		t.Errorf("%+v", fault.From(err))
	}
	psk := i.mustImportFiles(t, AccessFiles{PSKFile: pointer("pump:c0ffee\n"), ACLFile: pointer("user x\ntopic a\n")}, FilesOptions{DryRun: true})
	if n := len(psk.Findings); n == 0 || psk.Findings[0].Subject != "pump" || strings.Contains(fmt.Sprint(psk), "c0ffee") {
		t.Errorf("%+v", psk.Findings)
	}
	_, err = i.ImportFiles(t.Context(), AccessFiles{}, FilesOptions{})
	wantKind(t, err, fault.Invalid)
}

func TestImportOfOurOwnNamesAndControl(t *testing.T) {
	i := startImport(t)
	rules := "user admin\ntopic #\nuser sly\ntopic $CONTROL/#\npattern write %u/#\nuser $CONTROL\n"
	r := i.mustImportFiles(t, AccessFiles{ACLFile: &rules}, FilesOptions{})
	st := readState(t, i.b)
	for _, name := range []string{"sly", "$CONTROL"} {
		if c, _ := st.Client(name); c == nil || st.clientReaches(c) {
			t.Errorf("%q: %+v", name, c)
		}
	}
	if own, _ := st.Client(i.b.AdminUsername); len(own.Roles) != 1 || own.Roles[0].Rolename != "admin" {
		t.Errorf("our own account is now %+v", own)
	}
	if r.Lost < 2 {
		t.Errorf("%+v", r.Findings)
	}
}

// TestImportOfADynamicSecurityFile takes the file of one broker into another.
func TestImportOfADynamicSecurityFile(t *testing.T) {
	from, to := startImport(t), startImport(t)
	from.b.MustControl(t,
		broker.Command{"command": "createRole", "rolename": "reader", "acls": []ACL{{Acltype: SubscribePattern, Topic: "a/#", Allow: true}}},
		broker.Command{"command": "createClient", "username": "moved", "password": canary, "clientid": "only",
			"roles": []any{map[string]any{"rolename": "reader"}}, "groups": []GroupRef{{"g", 2}}})
	from.b.Stop()
	data, err := os.ReadFile(filepath.Join(from.b.Dir, "dynamic-security.json"))
	if err != nil {
		t.Fatal(err)
	}
	files := AccessFiles{Dynsec: pointer(string(data))}
	to.admin = false
	_, err = to.ImportFiles(t.Context(), AccessFiles{Dynsec: pointer(strings.ReplaceAll(string(data), "a/#", "$CONTROL/#"))}, FilesOptions{Restart: true})
	wantKind(t, err, fault.Forbidden)
	r := to.mustImportFiles(t, files, FilesOptions{Restart: true})
	if !slices.Equal(r.Diff.Clients.Added, []string{"moved"}) || !slices.Equal(r.Diff.Roles.Added, []string{"reader"}) || r.Effect != "restart" {
		t.Errorf("%+v", r)
	}
	if _, err := to.b.Connect(t, "moved", canary, "only"); err != nil {
		t.Errorf("the client cannot log in where it came to: %v", err)
	}
	got, _ := readState(t, to.b).Client("moved")
	if got == nil || got.Clientid != "only" || len(got.Groups) != 1 || got.Groups[0] != (GroupRef{"g", 2}) {
		t.Errorf("%+v", got)
	}
	if r := to.mustImportFiles(t, files, FilesOptions{Restart: true, Update: true}); r.Diff.Clients.ChangedTotal != 1 || r.Effect != "restart" {
		t.Errorf("the other password of a client that both have: %s %+v", summary(r), r.Diff)
	}
	if again := to.mustImportFiles(t, files, FilesOptions{Restart: true, Update: true}); again.Effect != "none" {
		t.Errorf("again: %s %+v", summary(again), again.Diff)
	}
}
