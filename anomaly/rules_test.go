package anomaly

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

// rule adds a rule, or replaces one.
func (h *house) rule(id int64, r AlertRule) AlertRule {
	h.t.Helper()
	r, err := h.s.PutRule(h.t.Context(), id, r)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// is compares all incidents with what is wanted.
func (h *house) is(when string, want ...string) {
	h.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), told(h.alerts())); diff != "" {
		h.t.Errorf("%s (-want +got)\n%s", when, diff)
	}
}

func ranged(name, topic string, high float64) AlertRule {
	return AlertRule{Name: name, Kind: RuleRange, Topic: topic, High: &high, Severity: "high"}
}

// TestAnotherRuleChangesNothing: what breaks a rule still breaks it when somebody adds, changes or removes another one, and what is
// being waited for is not waited for from the beginning.
func TestAnotherRuleChangesNothing(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	h.rule(0, ranged("hot", "plant/+", 80))
	h.rule(0, AlertRule{Name: "gone", Kind: RuleSilent, Client: "pump", Seconds: 60, Severity: "high"})
	h.rule(0, AlertRule{Name: "quiet", Kind: RuleSilent, Topic: "plant/+", Seconds: 600, Severity: "high"})
	h.sends("plant/oven", "95")
	h.passes(graceMs*time.Millisecond, nil) // that a device needs to come back after a start
	h.passes(30*time.Second, nil)
	other := h.rule(0, ranged("other", "garden/+", 1))
	other.Name = "another"
	h.rule(other.ID, other)
	if err := h.s.DeleteRule(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	hot, gone := "rule: plant/oven breaks the rule hot", "rule: pump breaks the rule gone"
	h.passes(31*time.Second, nil)
	h.is("after other rules have changed", "open "+hot, "open "+gone)
	h.passes(8*time.Minute, nil)
	h.is("later", "open "+hot, "open "+gone, "open rule: plant/oven breaks the rule quiet")
	h.sends("plant/oven", "70")
	h.does(ClientConnected, "pump", "10.0.0.9")
	h.passes(time.Second, nil)
	h.is("when all is well", "closed "+hot, "closed "+gone, "closed rule: plant/oven breaks the rule quiet")
}

// TestARuleThatChangesBeginsAnew: what its old words said is over, and so is that of a rule that is switched off or removed.
func TestARuleThatChangesBeginsAnew(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	hot, warm := h.rule(0, ranged("hot", "plant/+", 80)), h.rule(0, ranged("warm", "plant/+", 60))
	gone := h.rule(0, ranged("gone", "plant/+", 50))
	h.sends("plant/oven", "95")
	h.passes(time.Second, nil)
	high, off := 100., false
	hot.High, warm.Enabled = &high, &off
	h.rule(hot.ID, hot)
	h.rule(warm.ID, warm)
	if err := h.s.DeleteRule(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	h.sends("plant/oven", "96")
	h.passes(time.Second, nil)
	for _, a := range h.alerts() {
		if a.Status != "closed" {
			t.Errorf("%s: %s", a.Status, a.Title)
		}
	}
}

// TestWhatBreaksARuleBehindMaintenance is told once the work is over: nobody was told before.
func TestWhatBreaksARuleBehindMaintenance(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	h.rule(0, ranged("hot", "plant/+", 80))
	h.rule(0, AlertRule{Name: "heartbeat", Kind: RuleSilent, Topic: "plant/heart", Seconds: 30, Severity: "high"})
	if _, err := h.s.AddMaintenance(t.Context(), Maintenance{Scope: ScopeAll, Until: begin().Add(10 * time.Minute)}); err != nil {
		t.Fatal(err)
	}
	h.sends("plant/oven", "95")
	h.passes(9*time.Minute, nil)
	h.is("meanwhile")
	if n := h.s.Sent().Suppressed; n != 2 {
		t.Errorf("%d are counted as suppressed", n)
	}
	h.passes(2*time.Minute, nil)
	h.is("afterwards", "open rule: plant/oven breaks the rule hot", "open rule: plant/heart breaks the rule heartbeat")
}

// TestARestartIsNoAllClear: what broke a rule before a restart is not over because of it, only when it is.
func TestARestartIsNoAllClear(t *testing.T) {
	dir := t.TempDir()
	hot, heart := "rule: plant/oven breaks the rule hot", "rule: plant/heart breaks the rule heartbeat"
	gone := "rule: plant/fan breaks the rule gone"
	t.Run("before", func(t *testing.T) {
		h := at(t, dir, begin())
		h.rule(0, ranged("hot", "plant/oven", 80))
		h.rule(0, AlertRule{Name: "heartbeat", Kind: RuleSilent, Topic: "plant/heart", Seconds: 3600, Severity: "high"})
		h.rule(0, ranged("gone", "plant/fan", 80))
		h.sends("plant/oven", "95")
		h.passes(5*time.Minute, nil)
		h.sends("plant/fan", "95")
		h.passes(time.Hour, nil)
		h.is("before", "open "+hot, "open "+gone, "open "+heart)
	})
	h := at(t, dir, begin().Add(66*time.Minute))
	h.passes(30*time.Minute, nil)
	h.is("half an hour after a restart", "open "+hot, "open "+gone, "open "+heart)
	rules, err := h.s.Rules(t.Context())
	if err != nil || len(rules.Rules) != 3 {
		t.Fatalf("%+v %v", rules, err)
	}
	if err := h.s.DeleteRule(t.Context(), rules.Rules[2].ID); err != nil {
		t.Fatal(err)
	}
	h.sends("plant/heart", "1")
	h.sends("plant/oven", "70")
	h.passes(time.Second, nil)
	h.is("when all is well", "closed "+hot, "closed "+gone, "closed "+heart)
}

// TestOneValueIsEnough: what is outside and says nothing more is outside.
func TestOneValueIsEnough(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	r := ranged("hot", "plant/+", 80)
	r.Seconds = 60
	h.rule(0, r)
	h.sends("plant/oven", "70")
	h.passes(time.Second, nil)
	h.sends("plant/oven", "95")
	h.passes(55*time.Second, nil)
	h.is("too soon")
	h.passes(10*time.Second, nil)
	h.is("after a minute", "open rule: plant/oven breaks the rule hot")
}

// TestAClientThatIsRefusedIsNotThere: a rule about its silence does not take its tries for its presence.
func TestAClientThatIsRefusedIsNotThere(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	h.rule(0, AlertRule{Name: "gone", Kind: RuleSilent, Client: "pump", Seconds: 60, Severity: "high"})
	h.does(ClientConnected, "pump", "10.0.0.9")
	h.passes(5*time.Minute, nil)
	h.does(ClientGone, "pump", "10.0.0.9")
	h.passes(2*time.Minute, func(i int) {
		if i%20 == 0 {
			h.does(ClientRefused, "pump", "10.0.0.9")
		}
	})
	h.is("while it is refused", "open rule: pump breaks the rule gone")
}

// TestRulesThatMeanNothing are refused, with the place in the body.
func TestRulesThatMeanNothing(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	h.rule(0, ranged("hot", "plant/+", 80))
	high := 5.
	for name, c := range map[string]struct {
		rule AlertRule
		at   string
	}{
		"a blank name":             {AlertRule{Name: " ", Kind: RuleRange, Topic: "a", High: &high}, "body.name"},
		"the broker's own topics":  {AlertRule{Name: "r", Kind: RuleSilent, Topic: "$SYS/broker/uptime", Seconds: 5}, "body.topic"},
		"a range of a silence":     {AlertRule{Name: "r", Kind: RuleSilent, Topic: "a", Seconds: 5, High: &high}, "body.high"},
		"a field of a silence":     {AlertRule{Name: "r", Kind: RuleSilent, Topic: "a", Seconds: 5, Field: "x"}, "body.field"},
		"a topic and a client":     {AlertRule{Name: "r", Kind: RuleSilent, Topic: "a", Client: "c", Seconds: 5}, "body.topic"},
		"a range of what a client": {AlertRule{Name: "r", Kind: RuleRange, Client: "c", High: &high}, "body.client"},
	} {
		_, err := h.s.PutRule(t.Context(), 0, c.rule)
		if f := fault.From(err); f.Kind != fault.Invalid || fmt.Sprint(f.Fields[0].Location) != c.at {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.s.PutRule(t.Context(), 99, ranged("hot", "plant/+", 80)); fault.From(err).Kind != fault.NotFound {
		t.Errorf("of one that is not there: %v", err)
	}
}
