package anomaly

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPayloadsThatAreNoGood come between good ones: none of them makes an alert, and what they bring is bounded.
func TestPayloadsThatAreNoGood(t *testing.T) {
	wide := make([]string, 5000)
	for i := range wide {
		wide[i] = fmt.Sprintf(`"k%d":%d`, i, i)
	}
	bad := map[string]string{
		"ten MiB":           `{"a":"` + strings.Repeat("x", 10<<20) + `"}`,
		"nested":            strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"nested arrays":     strings.Repeat("[", 100_000),
		"wide":              "{" + strings.Join(wide, ",") + "}",
		"the same key":      "{" + strings.Repeat(`"a":1,`, 10_000) + `"a":21}`,
		"more than a float": `{"a":1e999,"b":-1e999}`,
		"no number":         `{"a":NaN}`,
		"nothing":           "",
		"bytes":             "\x00\xff\xfe{\"a\":1}",
		"cut off":           `{"a":`,
	}
	for name, payload := range bad {
		t.Run(name, func(t *testing.T) {
			h, now := at(t, t.TempDir(), begin()), newSine(1)
			h.passes(10*time.Minute, func(i int) { h.sends("x", fmt.Sprintf(`{"a":%.3f}`, now.at(i))) })
			h.passes(5*time.Second, func(int) { h.sends("x", payload) })
			h.passes(time.Minute, func(i int) { h.sends("x", fmt.Sprintf(`{"a":%.3f}`, now.at(605+i))) })
			for _, a := range h.alerts() {
				if a.Kind != "size" && a.Kind != "missing" && a.Kind != "level" && a.Kind != "record" {
					t.Errorf("%s: %s", a.Kind, a.Explanation)
				}
			}
			page, err := h.s.Metrics(t.Context(), MetricQuery{Entity: "x"})
			if err != nil || len(page.Metrics) > 64 || page.Metrics[0].Field != "a" || page.Metrics[0].State != "ready" {
				t.Errorf("%d metrics, %v", len(page.Metrics), err)
			}
		})
	}
}

// TestTheClockJumps by an hour to both sides, and by a year, and time stands still for as long: nothing is an alarm by that
// alone, and what comes then is.
func TestTheClockJumps(t *testing.T) {
	for name, by := range map[string]time.Duration{
		"an hour back": -time.Hour, "a year back": -365 * 24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			h, now := at(t, t.TempDir(), begin()), newSine(1)
			sends := func(i int) { h.sends("x", fmt.Sprintf("%.3f", now.at(i))) }
			h.passes(10*time.Minute, sends)
			h.now = h.now.Add(by)
			h.passes(10*time.Minute, func(i int) { sends(600 + i) })
			if all := h.alerts(); len(all) > 0 {
				t.Fatalf("the jump made %q", told(all))
			}
			h.passes(time.Minute, nil)
			if diff := cmp.Diff([]string{"open silence: x is silent"}, told(h.alerts())); diff != "" {
				t.Errorf("after the jump it falls silent (-want +got)\n%s", diff)
			}
		})
	}
}

// TestAYearOfPause is one silence while nobody is there, and no storm when everything comes back.
func TestAYearOfPause(t *testing.T) {
	h, now := at(t, t.TempDir(), begin()), newSine(1)
	sends := func(i int) {
		for topic := range 20 {
			h.sends(fmt.Sprintf("home/%d", topic), fmt.Sprintf("%.3f", now.at(i)))
		}
	}
	h.passes(10*time.Minute, sends)
	h.now = h.now.Add(365 * 24 * time.Hour)
	h.passes(time.Minute, nil)
	if diff := cmp.Diff([]string{"open silence: 20 topics below home/ are silent"}, told(h.alerts())); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
	h.passes(10*time.Minute, func(i int) { sends(600 + i) })
	if diff := cmp.Diff([]string{"closed silence: 20 topics below home/ are silent"}, told(h.alerts())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestABurstThatEndsIsNoSilence: three hundred messages within three seconds are not what has to come for ever.
func TestABurstThatEndsIsNoSilence(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	for i := range 300 {
		h.now = h.now.Add(10 * time.Millisecond)
		h.sends("x", fmt.Sprint(i%7))
	}
	h.passes(time.Hour, nil)
	if all := h.alerts(); len(all) > 0 {
		t.Errorf("%q", told(all))
	}
}

// TestASnapshotThatCannotBeWritten leaves the last good one where it is, and none of its own pieces.
func TestASnapshotThatCannotBeWritten(t *testing.T) {
	h := at(t, t.TempDir(), begin())
	h.sends("x", "1")
	if err := h.s.writeSnapshot(true); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(h.s.o.SnapshotFile)
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	if err := h.s.writeTopics(full, true); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk: %v", err)
	}
	h.s.o.SnapshotFile = filepath.Join(h.dir, "gone", "snapshot")
	if err := h.s.writeSnapshot(true); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("a folder that is not there: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(h.dir, "snapshot"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the one before has changed, %v", err)
	}
}

// TestCoursesComeBack: after an orderly end charts are not empty.
func TestCoursesComeBack(t *testing.T) {
	dir := t.TempDir()
	points := func(h *house) int {
		page, err := h.s.Metrics(h.t.Context(), MetricQuery{Entity: "x", Points: 400})
		if err != nil || len(page.Metrics) != 1 {
			h.t.Fatalf("%+v %v", page, err)
		}
		return len(page.Metrics[0].Series)
	}
	n := 0
	t.Run("before", func(t *testing.T) {
		h := at(t, dir, begin())
		h.passes(5*time.Minute, func(i int) { h.sends("x", fmt.Sprint(i%5)) })
		if n = points(h); n < 100 {
			t.Fatalf("%d points", n)
		}
		if err := h.s.writeSnapshot(true); err != nil {
			t.Fatal(err)
		}
	})
	if again := points(at(t, dir, begin().Add(6*time.Minute))); again != n {
		t.Errorf("%d points of %d", again, n)
	}
}
