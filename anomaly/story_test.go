package anomaly

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestASpikeAFreezeAndASilence is what a stranger tries first: a noisy sine once a second for ten minutes, and then what can
// go wrong. Whatever the noise, it is three incidents.
func TestASpikeAFreezeAndASilence(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			h := at(t, t.TempDir(), begin())
			s := newSine(seed)
			s.period = []float64{20, 60, 300, 3600}[seed%4]
			number := func(x float64) string { return fmt.Sprintf("%.2f", x) }
			normal := func(i int) { h.sends("plant/pump", number(s.at(i))) }
			h.passes(10*time.Minute, normal)
			if got := told(h.alerts()); len(got) > 0 {
				t.Fatalf("before anything happened: %q", got)
			}
			h.passes(time.Second, func(int) { h.sends("plant/pump", number(20+50)) })
			h.passes(40*time.Second, normal)
			frozen := number(s.at(40))
			h.passes(30*time.Second, func(int) { h.sends("plant/pump", frozen) })
			h.passes(30*time.Second, normal)
			h.passes(30*time.Second, nil)
			h.passes(5*time.Minute, normal)
			var kinds []string
			for _, a := range h.alerts() {
				kinds = append(kinds, a.Status+" "+a.Kind)
				if a.ClosedAt == nil || a.Explanation == "" || !strings.Contains(a.Title, "plant/pump") {
					t.Errorf("it says %+v", a)
				}
			}
			if len(kinds) > 0 && kinds[0] == "closed record" {
				kinds[0] = "closed level" // either is right
			}
			if diff := cmp.Diff([]string{"closed level", "closed stuck", "closed silence"}, kinds); diff != "" {
				t.Errorf("(-want +got)\n%s%s", diff, strings.Join(told(h.alerts()), "\n"))
			}
		})
	}
}

// TestASiteThatIsGoneIsOneIncident has forty sensors fall silent together, and another one elsewhere go on.
func TestASiteThatIsGoneIsOneIncident(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	say := func(i int, sites ...string) {
		for _, site := range sites {
			for sensor := range 40 {
				if i%10 == sensor%10 {
					h.sends(fmt.Sprintf("%s/%d/temperature", site, sensor), fmt.Sprint(20+i%7))
				}
			}
		}
	}
	h.passes(40*time.Minute, func(i int) { say(i, "hall1", "hall2") })
	h.passes(5*time.Minute, func(i int) { say(i, "hall2") })
	got := h.alerts()
	if len(got) != 1 || got[0].Title != "40 topics below hall1/ are silent" || got[0].Members != 40 || got[0].Severity != "critical" {
		t.Fatalf("%+v", told(got))
	}
	h.passes(time.Minute, func(i int) { say(i, "hall1", "hall2") })
	if got := h.alerts(); len(got) != 1 || got[0].Status != "closed" {
		t.Errorf("after they came back: %q", told(got))
	}
}

// TestARestartIsNoIncident has everything fall silent because the broker is restarted, and come back slowly.
func TestARestartIsNoIncident(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	say := func(i int) {
		for sensor := range 40 {
			if i%10 == sensor%10 {
				h.sends(fmt.Sprintf("hall/%d", sensor), fmt.Sprint(20+i%7))
			}
		}
	}
	h.passes(40*time.Minute, say)
	h.s.Missed(h.now, false)
	h.passes(20*time.Second, nil)
	h.s.Missed(h.now, true)
	for client := range 40 {
		h.s.Client(&ClientEvent{At: h.now, Kind: ClientConnected, ClientID: fmt.Sprint("c", client)})
	}
	h.passes(90*time.Second, func(i int) {
		if i > 60 {
			say(i)
		}
	})
	h.passes(10*time.Minute, say)
	if got := h.alerts(); len(got) > 0 {
		t.Errorf("%q", told(got))
	}
}

// TestARuleWorksFromTheFirstMinute has a value leave its range, and a topic that never came be missed.
func TestARuleWorksFromTheFirstMinute(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	high := 80.
	for _, r := range []AlertRule{
		{Name: "too hot", Kind: RuleRange, Topic: "plant/+/status", Field: "temp.c", High: &high, Seconds: 10, Severity: "critical"},
		{Name: "heartbeat", Kind: RuleSilent, Topic: "plant/heart", Seconds: 30, Severity: "high"},
	} {
		if _, err := h.s.PutRule(t.Context(), 0, r); err != nil {
			t.Fatal(err)
		}
	}
	hot := func(i int) { h.sends("plant/oven/status", fmt.Sprintf(`{"temp":{"c":%d}}`, 85+i%3)) }
	h.passes(8*time.Second, hot)
	if got := h.alerts(); len(got) > 0 {
		t.Fatalf("too soon: %q", told(got))
	}
	h.passes(4*time.Second, hot)
	h.passes(3*time.Minute, func(i int) { h.sends("plant/oven/status", `{"temp":{"c":70}}`) })
	want := []string{"closed rule: plant/oven/status breaks the rule too hot", "open rule: plant/heart breaks the rule heartbeat"}
	if diff := cmp.Diff(want, told(h.alerts())); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	h.sends("plant/heart", "1")
	h.passes(time.Second, nil)
	if got := h.alerts(); got[1].Status != "closed" {
		t.Errorf("%q", told(got))
	}
}

// TestWhatIsWorkedOnIsQuiet has a frozen value in maintenance, and another one out of it.
func TestWhatIsWorkedOnIsQuiet(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	if _, err := h.s.AddMaintenance(t.Context(), Maintenance{Scope: ScopeTopic, Target: "a/#", Until: begin().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	a, b := newSine(1), newSine(2)
	h.passes(10*time.Minute, func(i int) {
		h.sends("a/x", fmt.Sprintf("%.3f", a.at(i)))
		h.sends("b/x", fmt.Sprintf("%.3f", b.at(i)))
	})
	h.passes(time.Minute, func(int) {
		h.sends("a/x", "21.123")
		h.sends("b/x", "21.123")
	})
	if diff := cmp.Diff([]string{"open stuck: b/x is stuck at 21.12"}, told(h.alerts())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if h.s.Sent().Suppressed == 0 {
		t.Error("nothing is counted as suppressed")
	}
}
