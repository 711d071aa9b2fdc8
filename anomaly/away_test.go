package anomaly

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestADeviceThatDiedWhileWeWereAway says nothing any more after a restart, and is missed all the same.
func TestADeviceThatDiedWhileWeWereAway(t *testing.T) {
	dir := t.TempDir()
	t.Run("before", func(t *testing.T) {
		h := at(t, dir, begin())
		h.passes(40*time.Minute, func(i int) {
			if i%10 == 0 {
				h.sends("x", fmt.Sprint(20+i%7))
			}
		})
		if err := h.s.writeSnapshot(true); err != nil {
			t.Fatal(err)
		}
	})
	h := at(t, dir, begin().Add(time.Hour))
	h.passes(10*time.Minute, nil)
	if diff := cmp.Diff([]string{"open silence: x is silent"}, told(h.alerts())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestIgnoredTopicsAreBounded, too: who invents topics may do so below a filter that is not looked at.
func TestIgnoredTopicsAreBounded(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	limit, ignored := 16, []string{"noise/#"}
	if _, err := h.s.SetSettings(t.Context(), AlertSettingsFields{MemoryMiB: &limit, IgnoredTopics: &ignored}); err != nil {
		t.Fatal(err)
	}
	for i := range 200_000 {
		h.sends(fmt.Sprintf("noise/%d", i), "1")
	}
	if n := len(h.s.watch.topics.byName); n > 100_000 {
		t.Errorf("%d topics are kept", n)
	}
}

// TestAClosedAlertKeepsItsChart when somebody writes a note long after.
func TestAClosedAlertKeepsItsChart(t *testing.T) {
	dir := t.TempDir()
	var id int64
	points := 0
	t.Run("before", func(t *testing.T) {
		h := at(t, dir, begin())
		id = frozen(t, h, "x").ID
		h.sends("x", "22")
		h.passes(time.Second, nil)
		a, err := h.s.Alert(t.Context(), id)
		if err != nil || a.Status != "closed" || len(a.Points) == 0 {
			t.Fatalf("%+v %v", a, err)
		}
		points = len(a.Points)
	})
	h := at(t, dir, begin().Add(24*time.Hour))
	if _, err := h.s.Acknowledge(t.Context(), id, "it was the cable"); err != nil {
		t.Fatal(err)
	}
	a, err := h.s.Alert(t.Context(), id)
	if err != nil || len(a.Points) != points || a.Note != "it was the cable" {
		t.Errorf("%d points of %d, %q: %v", len(a.Points), points, a.Note, err)
	}
}
