package clientlogs

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestAutoRecordsWhileTheBrokerIsQuiet(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.busy(DefaultThreshold * 0.99)
		h.passes(time.Hour)
		is := h.want(PublishesRecorded, true)
		if is.Mode != ModeAuto || is.Threshold != 500 || is.Rate != 495 || is.LastError != nil || is.Trace != nil {
			t.Errorf("%+v", is)
		}
		if n := len(h.lever.orders); n != 1 || len(h.told()) != 0 {
			t.Errorf("%d orders, events %+v", n, h.told())
		}
	})
}

func TestAutoPausesAndGoesOn(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.passes(time.Hour)
		began := time.Now()
		h.busy(1500)
		h.passes(time.Second)
		h.want(PublishesRecorded, true)
		h.passes(time.Second)
		is := h.want(PublishesPaused, false)
		if !strings.Contains(is.Reason, "are more than 500") {
			t.Error(is.Reason)
		}
		if !h.levels.Wants([]byte("c"), []byte("t")) {
			t.Error("what the broker says nevertheless is not wanted")
		}
		h.busy(251) // not above the threshold, and not below half of it
		h.passes(3 * time.Hour)
		h.want(PublishesPaused, false)
		h.busy(200)
		h.passes(55 * time.Second)
		h.busy(251) // calm not long enough
		h.passes(10 * time.Second)
		h.busy(200)
		h.passes(time.Minute)
		h.want(PublishesPaused, false)
		h.passes(5 * time.Second)
		h.want(PublishesRecorded, true)
		h.passes(time.Hour)

		events := h.told()
		if len(events) != 2 {
			t.Fatalf("%+v", events)
		}
		paused, resumed := events[0], events[1]
		if paused.Kind != Recording || paused.Reason != RecordingPaused || paused.Topic != is.Reason || !paused.Until.IsZero() || paused.Count != 1 ||
			paused.Time.Before(began.Add(time.Second)) || paused.Time.After(began.Add(2*time.Second)) {
			t.Errorf("began %v: %+v", began, paused)
		}
		if resumed.Kind != Recording || resumed.Reason != RecordingResumed || !resumed.Time.Equal(paused.Time) || resumed.Until.IsZero() ||
			resumed.Count != 1 || !strings.Contains(resumed.Topic, "recorded again; up to 1") {
			t.Errorf("%+v", resumed)
		}
		if on := h.lever.ordered(true, resumed.Until); len(on) != 1 || on[0] > lookEvery {
			t.Errorf("switched on at %v after %v", on, resumed.Until)
		}
		if text := h.log.String(); strings.Count(text, "state=paused") != 1 || strings.Count(text, "state=resumed") != 1 {
			t.Error(text)
		}
	})
}

func TestAutoEndsAFloodAtOnce(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.passes(time.Hour)
		h.busy(50_000)
		h.passes(lookEvery)
		h.want(PublishesPaused, false)
	})
}

func TestTheThresholdIsASetting(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.busy(1500)
		h.passes(time.Minute)
		h.want(PublishesPaused, false)
		higher := 4000
		h.set(PublishEventsFields{Threshold: &higher})
		h.passes(time.Minute + time.Second)
		h.want(PublishesRecorded, true)
		lower := 1
		h.set(PublishEventsFields{Threshold: &lower})
		h.want(PublishesPaused, false)
	})
}

// TestAutoUnderAnyLoad holds for random loads what auto promises: a broker is relieved within seconds, is not signalled
// all the time, and the events tell of each pause exactly once.
func TestAutoUnderAnyLoad(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		random := rand.New(rand.NewPCG(3, 5))
		start := time.Now()
		for time.Since(start) < 12*time.Hour {
			load, long := random.ExpFloat64()*400, time.Duration(random.ExpFloat64()*float64(90*time.Second))
			h.busy(load)
			h.passes(long)
			// From nothing a load of 1.2 times the threshold is seen as such after 1.8 s.
			if load > 1.2*DefaultThreshold && long > 3500*time.Millisecond && h.lever.DebugLog() {
				t.Fatalf("the debug log is on after %v of %.0f messages a second", long, load)
			}
			if load < DefaultThreshold/2 && long > 2*time.Minute && !h.lever.DebugLog() {
				t.Fatalf("the debug log is off after %v of %.0f messages a second", long, load)
			}
		}
		on := h.lever.ordered(true, start)
		for i := 1; i < len(on); i++ {
			if on[i]-on[i-1] < time.Minute {
				t.Errorf("switched on at %v and %v", on[i-1], on[i])
			}
		}
		events := h.told()
		for i, e := range events {
			want := RecordingPaused
			if i%2 == 1 {
				want = RecordingResumed
			}
			if e.Reason != want || want == RecordingResumed && (!e.Time.Equal(events[i-1].Time) || e.Until.Before(e.Time.Add(time.Minute))) {
				t.Fatalf("event %d: %+v", i, e)
			}
		}
		if len(events) < 50 || len(h.lever.ordered(false, start)) != (len(events)+1)/2 {
			t.Errorf("%d events, switched off %d times", len(events), len(h.lever.ordered(false, start)))
		}
	})
}

func TestAPauseOutlivesUs(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.busy(10_000)
		h.passes(time.Minute)
		began := h.want(PublishesPaused, false)
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		h.busy(0)
		h.passes(time.Hour)
		h.start()
		again := h.want(PublishesPaused, false)
		if again.Reason != began.Reason || !again.Since.Equal(h.told()[0].Time) {
			t.Errorf("%+v, before %+v", again, began)
		}
		h.passes(59 * time.Second)
		h.want(PublishesPaused, false)
		h.passes(2 * time.Second)
		h.want(PublishesRecorded, true)
		events := h.told()
		if len(events) != 2 || !events[1].Time.Equal(events[0].Time) || !strings.Contains(events[1].Topic, "up to 10000 ") {
			t.Errorf("%+v", events)
		}
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		h.start()
		h.want(PublishesRecorded, true)
	})
}

func TestAPauseEndsWithTheMode(t *testing.T) {
	for mode, on := range map[Mode]bool{ModeFull: true, ModeOff: false} {
		t.Run(string(mode), func(t *testing.T) {
			inLevels(t, func(h *levelHouse) {
				h.busy(10_000)
				h.passes(time.Minute)
				h.want(PublishesPaused, false)
				h.set(PublishEventsFields{Mode: &mode})
				if h.lever.DebugLog() != on {
					t.Errorf("the debug log is on: %v", !on)
				}
				h.passes(time.Hour)
				events := h.told()
				if len(events) != 2 || events[1].Reason != RecordingResumed || !strings.Contains(events[1].Topic, "ended with the mode "+string(mode)) {
					t.Fatalf("%+v", events)
				}
				auto := ModeAuto
				h.set(PublishEventsFields{Mode: &auto}) // begins anew
				h.passes(2 * time.Second)
				h.want(PublishesPaused, false)
				if n := len(h.told()); n != 3 {
					t.Errorf("%d events", n)
				}
			})
		})
	}
}
