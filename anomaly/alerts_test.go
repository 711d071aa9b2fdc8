package anomaly

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// frozen has a topic that is stuck, so that there is one incident.
func frozen(t *testing.T, h *house, topic string) Alert {
	t.Helper()
	s := newSine(3)
	h.passes(10*time.Minute, func(i int) { h.sends(topic, fmt.Sprintf("%.3f", s.at(i))) })
	h.passes(time.Minute, func(int) { h.sends(topic, "21.123") })
	all := h.alerts()
	if len(all) != 1 || all[0].Kind != "stuck" {
		t.Fatalf("%q", told(all))
	}
	return all[0]
}

// TestAcknowledging is twice, of one that is not there, and of one that is over.
func TestAcknowledging(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	a := frozen(t, h, "x")
	first, err := h.s.Acknowledge(t.Context(), a.ID, "looking at it")
	if err != nil || first.Status != "acknowledged" || first.Note != "looking at it" || first.AcknowledgedBy == nil || *first.AcknowledgedBy != "ann" {
		t.Fatalf("%+v %v", first, err)
	}
	h.now = h.now.Add(time.Second)
	second, err := h.s.Acknowledge(t.Context(), a.ID, "")
	if err != nil || second.Note != "looking at it" || !second.AcknowledgedAt.Equal(*first.AcknowledgedAt) {
		t.Errorf("the second time: %+v %v", second, err)
	}
	if _, err := h.s.Acknowledge(t.Context(), 99, ""); fault.From(err).Kind != fault.NotFound {
		t.Errorf("of one that is not there: %v", err)
	}
	h.sends("x", "22")
	h.passes(time.Second, nil)
	closed, err := h.s.Acknowledge(t.Context(), a.ID, "it was the cable")
	if err != nil || closed.Status != "closed" || closed.Note != "it was the cable" {
		t.Errorf("of one that is over: %+v %v", closed, err)
	}
}

// TestAFalseAlarmMakesASeriesLessTouchy, the same verdict counts once, and the other one takes it back.
func TestAFalseAlarmMakesASeriesLessTouchy(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	a := frozen(t, h, "x")
	offset := func() float64 {
		page, err := h.s.Metrics(t.Context(), MetricQuery{Entity: "x"})
		if err != nil || len(page.Metrics) != 1 {
			t.Fatalf("%+v %v", page, err)
		}
		return page.Metrics[0].Sensitivity
	}
	for i, step := range []struct {
		verdict string
		want    float64
	}{{FalseAlarm, 0.5}, {FalseAlarm, 0.5}, {TrueAlarm, -0.25}, {FalseAlarm, 0.5}} {
		if _, err := h.s.Feedback(t.Context(), a.ID, step.verdict); err != nil {
			t.Fatal(err)
		}
		if got := offset(); got != step.want {
			t.Errorf("step %d, %s: %v, want %v", i, step.verdict, got, step.want)
		}
	}
	h.now = h.now.Add(30 * 24 * time.Hour)
	h.sends("x", "21")
	if got := offset(); got != 0.25 {
		t.Errorf("a month later %v is left", got)
	}
}

// TestEverythingSurvivesARestart: incidents, what people said, rules, what was learned.
func TestEverythingSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	var a Alert
	var now time.Time
	t.Run("before", func(t *testing.T) {
		h := at(t, dir, begin())
		a = frozen(t, h, "x")
		if _, err := h.s.Acknowledge(t.Context(), a.ID, "seen"); err != nil {
			t.Fatal(err)
		}
		if err := h.s.writeSnapshot(true); err != nil {
			t.Fatal(err)
		}
		now = h.now
	})
	h := at(t, dir, now.Add(10*time.Second))
	all := h.alerts()
	if len(all) != 1 || all[0].Status != "acknowledged" || all[0].Note != "seen" {
		t.Fatalf("after the restart: %+v", all)
	}
	page, err := h.s.Metrics(t.Context(), MetricQuery{Entity: "x"})
	if err != nil || len(page.Metrics) != 1 || page.Metrics[0].State != "ready" {
		t.Fatalf("after the restart: %+v %v", page, err)
	}
	h.passes(5*time.Second, func(int) { h.sends("x", "21.123") })
	h.sends("x", "23.4")
	h.passes(time.Second, nil)
	if all := h.alerts(); len(all) != 1 || all[0].Status != "closed" {
		t.Errorf("when it moves again: %q", told(all))
	}
}

// TestASnapshotThatCannotBeRead is damaged in all ways; the service learns again and says so.
func TestASnapshotThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	t.Run("before", func(t *testing.T) {
		h := at(t, dir, begin())
		frozen(t, h, "x")
		if err := h.s.writeSnapshot(true); err != nil {
			t.Fatal(err)
		}
	})
	whole, err := os.ReadFile(filepath.Join(dir, "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"empty": {}, "truncated": whole[:len(whole)/2], "without its end": whole[:len(whole)-1], "no snapshot": []byte("hello"),
		"a bit turned": append(append([]byte{}, whole[:len(whole)/2]...), append([]byte{whole[len(whole)/2] ^ 1}, whole[len(whole)/2+1:]...)...),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "snapshot"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			h := at(t, dir, begin().Add(time.Hour))
			page, err := h.s.Alerts(t.Context(), AlertQuery{})
			if err != nil || !strings.HasSuffix(page.Learned, " log says why.") {
				t.Errorf("%+v %v", page, err)
			}
		})
	}
}

// TestAMillionInventedTopics keep the memory below its limit, and do not drive out what has been there for long.
func TestAMillionInventedTopics(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	limit := 16
	if _, err := h.s.SetSettings(t.Context(), AlertSettingsFields{MemoryMiB: &limit}); err != nil {
		t.Fatal(err)
	}
	h.passes(time.Minute, func(i int) { h.sends("old/one", fmt.Sprint(i)) })
	for i := range 1_000_000 {
		h.sends(fmt.Sprintf("invented/%d", i), fmt.Sprintf(`{"f%d":1,"g%d":"x"}`, i, i+1))
	}
	page, err := h.s.Entities(t.Context(), EntityQuery{Q: "old/one"})
	if err != nil || page.Total != 1 || page.MemoryBytes > limit<<20 || page.Evicted < 900_000 {
		t.Errorf("%d bytes of %d MiB, %d evicted, %d old: %v", page.MemoryBytes, limit, page.Evicted, page.Total, err)
	}
}

// TestTenThousandAlertsInAMinute open at most as many incidents as can be shown, and the list stays quick to read.
func TestTenThousandAlertsInAMinute(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	high := 1.
	if _, err := h.s.PutRule(t.Context(), 0, AlertRule{Name: "r", Kind: RuleRange, Topic: "+/+", High: &high, Severity: "high"}); err != nil {
		t.Fatal(err)
	}
	h.passes(60*time.Second, func(second int) {
		for i := range 170 {
			h.sends(fmt.Sprintf("t/%d", second*170+i), "5")
		}
	})
	page, err := h.s.Alerts(t.Context(), AlertQuery{Limit: 50})
	if err != nil || page.Total == 0 || page.Total > 2000 {
		t.Fatalf("%d alerts, %v", page.Total, err)
	}
	if sent := h.s.Sent(); sent.Sent > 10 {
		t.Errorf("%d notifications", sent.Sent)
	}
}

func TestWhatIsNotAcceptable(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	low, high := 2., 1.
	for name, r := range map[string]AlertRule{
		"nothing to look at": {Name: "r", Kind: RuleSilent, Seconds: 5, Severity: "high"},
		"no time":            {Name: "r", Kind: RuleSilent, Topic: "a", Severity: "high"},
		"no limit":           {Name: "r", Kind: RuleRange, Topic: "a", Severity: "high"},
		"the wrong way":      {Name: "r", Kind: RuleRange, Topic: "a", Low: &low, High: &high, Severity: "high"},
	} {
		if _, err := h.s.PutRule(t.Context(), 0, r); fault.From(err).Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	var f *fault.Error
	if _, err := h.s.AddMaintenance(t.Context(), Maintenance{Scope: ScopeAll, Until: begin().Add(-time.Second)}); !errors.As(err, &f) {
		t.Errorf("maintenance that is over: %v", err)
	}
}

// TestWhatPeopleSaidOutlivesAKill: what is learned is kept at once, not with the next round.
func TestWhatPeopleSaidOutlivesAKill(t *testing.T) {
	dir := t.TempDir()
	h := at(t, dir, begin())
	a := frozen(t, h, "x")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.s.Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	if _, err := h.s.Feedback(t.Context(), a.ID, FalseAlarm); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); ; {
		topics, _, err := readSnapshot(filepath.Join(dir, "snapshot"))
		if err == nil && len(topics) == 1 && topics[0].Field("").Summary().Sensitivity == lessTouchy {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("it is not kept: %v", err)
		}
		<-time.After(10 * time.Millisecond)
	}
}
