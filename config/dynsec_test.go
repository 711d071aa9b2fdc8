package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// dynsec is the file for people, as a tree that a test can change.
func (h *house) dynsec() (tree map[string]any, tag string) {
	h.t.Helper()
	data, tag, err := h.Dynsec(within(h.t), false)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := json.Unmarshal(data, &tree); err != nil {
		h.t.Fatal(err)
	}
	return tree, tag
}

func (h *house) putDynsecTree(tree map[string]any, o DynsecOptions) (DynsecChanged, error) {
	h.t.Helper()
	data, err := json.Marshal(tree)
	if err != nil {
		h.t.Fatal(err)
	}
	done, _, err := h.PutDynsec(within(h.t), data, o)
	return done, err
}

func (h *house) must(commands ...broker.Command) {
	h.t.Helper()
	answers, err := h.session.Do(within(h.t), commands...)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, a := range answers {
		if a.Error != "" {
			h.t.Fatalf("%s: %s", a.Command, a.Error)
		}
	}
}

func TestTheDynamicSecurityFileHidesHashesAndTakesThemBack(t *testing.T) {
	h := build(t)
	h.must(broker.Command{"command": "createClient", "username": "pump", "password": "geheim"})
	data, _, err := h.Dynsec(within(t), false)
	if err != nil {
		t.Fatal(err)
	}
	hash := func() string {
		_, f, err := h.currentDynsec()
		if err != nil {
			t.Fatal(err)
		}
		c := f.Client("pump")
		return c.Password.Hash + c.EncodedPassword
	}
	before := hash()
	if before == "" || strings.Contains(string(data), before) || !strings.Contains(string(data), "«unchanged»") {
		t.Fatalf("the hash is shown, or nothing stands for it:\n%s", data)
	}
	h.denied = []string{permissionSecrets}
	if _, _, err := h.Dynsec(within(t), true); !fault.Is(err, fault.Forbidden) {
		t.Errorf("whoever may not see secrets is answered %v", err)
	}
	h.denied = nil
	whole, _, err := h.Dynsec(within(t), true)
	if err != nil || !strings.Contains(string(whole), before) {
		t.Errorf("an admin does not get it: %v", err)
	}
	if got := h.actions(); len(got) != 1 || got[0] != "config.reveal" {
		t.Errorf("the audit has %v", got)
	}

	// Putting it back as it was shown changes nothing.
	done, tag, err := h.PutDynsec(within(t), data, DynsecOptions{})
	if err != nil || done.Effect != "none" || tag == "" || done.Version != 0 {
		t.Errorf("%+v %v", done, err)
	}
	if hash() != before {
		t.Error("the hash has changed")
	}
}

func TestAPutFileIsLiveAndAVersionAndCanBeTakenBack(t *testing.T) {
	h := build(t)
	h.must(broker.Command{"command": "createClient", "username": "pump", "password": "geheim", "textname": "old"})
	tree, tag := h.dynsec()
	for _, c := range tree["clients"].([]any) {
		if client := c.(map[string]any); client["username"] == "pump" {
			client["textname"] = "new"
		}
	}
	tree["roles"] = append(tree["roles"].([]any), map[string]any{"rolename": "reader", "acls": []any{
		map[string]any{"acltype": "subscribePattern", "topic": "plant/#", "priority": 0, "allow": true},
	}})
	dry, err := h.putDynsecTree(tree, DynsecOptions{DryRun: true})
	if err != nil || dry.Applied || dry.Effect != "live" || dry.Diff.Roles.AddedTotal != 1 || dry.Diff.Clients.ChangedTotal != 1 {
		t.Fatalf("%+v %v", dry, err)
	}
	if len(h.versions(fileDynsec)) != 0 {
		t.Error("a dry run has made a version")
	}
	pid := h.managed.Status().BrokerPID
	done, err := h.putDynsecTree(tree, DynsecOptions{IfMatch: tag})
	if err != nil || !done.Applied || done.Version == 0 {
		t.Fatalf("%+v %v", done, err)
	}
	if h.managed.Status().BrokerPID != pid {
		t.Error("the broker was restarted")
	}
	if _, err := h.putDynsecTree(tree, DynsecOptions{IfMatch: tag}); !fault.Is(err, fault.Precondition) {
		t.Errorf("with the tag from before: %v", err)
	}
	all := h.versions(fileDynsec)
	if len(all) != 2 || all[0].State != stateApplied || !all[0].Live || all[1].Source != sourceBefore || all[1].Live {
		t.Fatalf("%+v", all)
	}
	d, err := h.Version(within(t), all[0].ID, "previous")
	if err != nil || d.Dynsec == nil || d.Dynsec.Roles.AddedTotal != 1 || !strings.Contains(d.Files[0].Text, "«unchanged»") {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := h.Restore(within(t), all[1].ID, RestoreOptions{}); err != nil {
		t.Fatal(err)
	}
	_, f, err := h.currentDynsec()
	if err != nil || f.Role("reader") != nil || f.Client("pump").Textname != "old" {
		t.Errorf("it is not what it was: %v", err)
	}
	h.works()
}

func TestAFileThatWouldLockBunkerMOutIsRefused(t *testing.T) {
	h := build(t)
	tree, _ := h.dynsec()
	tree["clients"] = []any{}
	_, err := h.putDynsecTree(tree, DynsecOptions{Restart: true})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	h.works()
	if len(h.versions(fileDynsec)) != 0 {
		t.Error("a version was made of it")
	}
}

func TestPasswordHashesNeedARestartThatIsAllowed(t *testing.T) {
	h := build(t)
	h.must(broker.Command{"command": "createClient", "username": "pump", "password": "geheim"})
	whole, _, err := h.Dynsec(within(t), true)
	if err != nil {
		t.Fatal(err)
	}
	f, err := broker.ParseDynsecFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Client("pump").SetPassword("another"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.PutDynsec(within(t), f.Bytes(), DynsecOptions{}); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "restart") {
		t.Errorf("without a restart: %v", err)
	}
	done, _, err := h.PutDynsec(within(t), f.Bytes(), DynsecOptions{Restart: true})
	if err != nil || done.Effect != "restart" || !done.Applied {
		t.Fatalf("%+v %v", done, err)
	}
	h.works()
	_, now, err := h.currentDynsec()
	if err != nil || !now.Client("pump").PasswordMatches("another") {
		t.Errorf("the password is not the other one: %v", err)
	}
}

func TestRightsOnControlNeedTheirOwnPermission(t *testing.T) {
	h := build(t)
	h.denied = []string{permissionControl}
	tree, _ := h.dynsec()
	tree["roles"] = append(tree["roles"].([]any), map[string]any{"rolename": "almighty", "acls": []any{
		map[string]any{"acltype": "publishClientSend", "topic": "$CONTROL/#", "priority": 0, "allow": true},
	}})
	if _, err := h.putDynsecTree(tree, DynsecOptions{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("%v", err)
	}
	h.denied = nil
	if done, err := h.putDynsecTree(tree, DynsecOptions{}); err != nil || !done.Applied {
		t.Errorf("%+v %v", done, err)
	}
}
