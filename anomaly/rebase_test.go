package anomaly

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// TestAChangeOfUnitBeginsAnew has a sensor go over from one unit to another: the alert about that is over when somebody says so,
// and the new values are learned like those of a new sensor.
func TestAChangeOfUnitBeginsAnew(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	var recorded []string
	h.s.o.Record = func(_ context.Context, action, object string, _, after any) {
		recorded = append(recorded, fmt.Sprint(action, " ", object, " ", after))
	}
	s := newSine(1)
	celsius := func(i int) { h.sends("oven", fmt.Sprintf(`{"t":%.2f,"n":%d}`, s.at(i), i%7)) }
	kelvin := func(i int) { h.sends("oven", fmt.Sprintf(`{"t":%.2f,"n":%d}`, s.at(i)+273.15, i%7)) }
	h.passes(10*time.Minute, celsius)
	h.passes(20*time.Second, kelvin)
	if got := h.alerts(); len(got) != 1 || got[0].Status != "open" {
		t.Fatalf("%q", told(got))
	}
	counted := func() int { e := h.s.watch.topics.get("oven"); return e.bytes - e.topic.Bytes() }
	before := counted()
	m, err := h.s.Rebase(t.Context(), "oven", "t")
	if err != nil || m.State != stateLearning || m.Samples != 0 || m.LastValue != nil {
		t.Errorf("%+v, %v", m, err)
	}
	if got := h.alerts(); len(got) != 1 || got[0].Status != "closed" {
		t.Errorf("%q", told(got))
	}
	h.passes(20*time.Minute, kelvin)
	if got := h.alerts(); len(got) != 1 {
		t.Errorf("what is usual now alarms: %q", told(got))
	}
	page, err := h.s.Metrics(t.Context(), MetricQuery{Entity: "oven", Points: 1000})
	if err != nil || page.Total != 2 || *page.Metrics[0].Low < 200 || page.Metrics[0].State != stateReady || page.Metrics[1].State != stateReady {
		t.Errorf("%+v, %v", page, err)
	}
	for _, p := range page.Metrics[0].Series {
		if *p.Value < 200 {
			t.Errorf("the chart still has %v of %v", *p.Value, p.Time)
			break
		}
	}
	for _, unknown := range [][2]string{{"oven", "x"}, {"oven/2", "t"}, {"broker", "clients.connected"}} {
		if _, err := h.s.Rebase(t.Context(), unknown[0], unknown[1]); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v: %v", unknown, err)
		}
	}
	if len(recorded) != 1 || recorded[0] != "metric.rebase metric/oven map[field:t]" {
		t.Errorf("recorded: %q", recorded)
	}
	if after := counted(); after != before {
		t.Errorf("its memory is counted wrong by %d", after-before)
	}
}
