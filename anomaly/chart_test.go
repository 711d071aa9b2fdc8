package anomaly

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestTheBeginningStaysInTheChart: a value each second is kept for two minutes, and what an alert shows half an hour later still begins
// before it did.
func TestTheBeginningStaysInTheChart(t *testing.T) {
	dir := t.TempDir()
	var opened, now time.Time
	check := func(h *house) {
		t.Helper()
		all := h.alerts()
		at := slices.IndexFunc(all, func(a Alert) bool { return a.Kind == "rule" && a.Status == "open" })
		if at < 0 {
			t.Fatalf("%q", told(all))
		}
		a, err := h.s.Alert(h.t.Context(), all[at].ID)
		if err != nil || len(a.Points) > mostBefore+mostSince {
			t.Fatalf("%d points, %v", len(a.Points), err)
		}
		before, since := 0, 0
		for i, p := range a.Points {
			if i > 0 && !p.Time.After(a.Points[i-1].Time) {
				t.Fatalf("point %d is of %v, after %v", i, p.Time, a.Points[i-1].Time)
			}
			switch {
			case !p.Time.After(opened):
				before++
			case p.Time.Before(opened.Add(time.Minute)):
				since++
			}
		}
		if last := a.Points[len(a.Points)-1].Time; before < mostBefore-1 || since == 0 || now.Sub(last) > 30*time.Second {
			t.Fatalf("%d points before it began, %d of the first minute, the last one %v ago", before, since, now.Sub(last))
		}
	}
	t.Run("while it goes on", func(t *testing.T) {
		h := at(t, dir, begin())
		h.rule(0, ranged("too hot", "oven", 100))
		h.passes(5*time.Minute, func(i int) { h.sends("oven", fmt.Sprint(50+i%5)) })
		opened = h.now
		h.passes(2*time.Second, func(int) { h.sends("oven", "150") }) // incidents are stored each second
		for range 15 {
			h.passes(2*time.Minute, func(i int) { h.sends("oven", fmt.Sprint(150+i%5)) })
			now = h.now
			check(h)
		}
		if err := h.s.writeSnapshot(true); err != nil {
			t.Fatal(err)
		}
	})
	h := at(t, dir, now.Add(time.Second)) // and after a restart
	h.passes(10*time.Second, func(i int) { h.sends("oven", fmt.Sprint(150+i%5)) })
	now = h.now
	check(h)
}
