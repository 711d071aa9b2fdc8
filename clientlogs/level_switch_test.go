package clientlogs

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bunkerm/bunkerm/fault"
)

// seconds are whole seconds: what is tried at a time is tried at the next look.
func seconds(times []time.Duration) []int {
	var s []int
	for _, d := range times {
		s = append(s, int(d/time.Second))
	}
	return s
}

func errEdited() error {
	return fault.New(fault.Conflict, "mosquitto.conf was edited and not loaded yet").Hint("restart the broker")
}

func TestATriedSwitchIsTriedAgainWithPatience(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		off, full := ModeOff, ModeFull
		h.set(PublishEventsFields{Mode: &off})
		h.passes(time.Minute)
		h.lever.becomes(func(l *lever) { l.err = errEdited() })
		begun := time.Now()
		is := h.set(PublishEventsFields{Mode: &full})
		if is.State != PublishesUnavailable || is.LastError == nil || is.LastError.Message != is.Reason ||
			*is.LastError != (ErrorAnswer{"mosquitto.conf was edited and not loaded yet", "restart the broker"}) {
			t.Errorf("%+v, %+v", is, is.LastError)
		}
		h.passes(4*time.Minute + 30*time.Second)
		if diff := cmp.Diff([]int{0, 5, 15, 35, 75, 135, 195, 255}, seconds(h.lever.ordered(true, begun))); diff != "" {
			t.Error(diff)
		}
		if n := strings.Count(h.log.String(), "cannot be switched"); n != 1 {
			t.Errorf("told %d times", n)
		}

		h.lever.becomes(func(l *lever) { l.err = nil })
		h.passes(time.Minute)
		if is := h.want(PublishesRecorded, true); is.LastError != nil {
			t.Errorf("%+v", is.LastError)
		}
	})
}

func TestAChangeIsTriedAtOnce(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.lever.becomes(func(l *lever) { l.on, l.err = false, errEdited() })
		h.passes(10 * time.Minute)
		h.want(PublishesUnavailable, false)
		h.lever.becomes(func(l *lever) { l.err = nil })
		full := ModeFull
		h.set(PublishEventsFields{Mode: &full})
		h.want(PublishesRecorded, true)
	})
}

func TestSwitchingOffIsNotDelayed(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.want(PublishesRecorded, true)
		off, full := ModeOff, ModeFull
		h.set(PublishEventsFields{Mode: &full})
		h.set(PublishEventsFields{Mode: &off})
		h.want(PublishesOff, false)
		h.set(PublishEventsFields{Mode: &full})
		h.want(PublishesRecorded, true)

		h.passes(time.Minute)
		h.lever.becomes(func(l *lever) { l.err = errEdited() })
		begun := time.Now()
		if is := h.set(PublishEventsFields{Mode: &off}); is.State != PublishesOff || is.LastError == nil {
			t.Errorf("%+v", is)
		}
		h.passes(21 * time.Second)
		if diff := cmp.Diff([]int{0, 5, 10, 15, 20}, seconds(h.lever.ordered(false, begun))); diff != "" {
			t.Error(diff)
		}
		h.lever.becomes(func(l *lever) { l.err = nil })
		h.passes(5 * time.Second)
		if is := h.want(PublishesOff, false); is.LastError != nil {
			t.Errorf("%+v", is.LastError)
		}
	})
}

func TestABrokerThatStartsAgainIsSwitchedAnew(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.passes(2 * time.Minute)
		h.lever.becomes(func(l *lever) { l.on = false })
		h.passes(lookEvery)
		h.want(PublishesRecorded, true)

		// One that falls all the time is not signalled all the time.
		h.passes(time.Second)
		begun := time.Now()
		for time.Since(begun) < 10*time.Minute {
			h.lever.becomes(func(l *lever) { l.on = false })
			h.passes(time.Second)
		}
		on := h.lever.ordered(true, begun)
		for i := 1; i < len(on); i++ {
			if on[i]-on[i-1] < time.Minute {
				t.Errorf("switched on at %v and %v", on[i-1], on[i])
			}
		}
		if len(on) != 10 {
			t.Errorf("switched on %d times", len(on))
		}
		h.lever.becomes(func(l *lever) { l.on = false })
		h.passes(lookEvery)
		if is := h.want(PublishesPaused, false); !strings.Contains(is.Reason, "less than a minute ago") {
			t.Errorf("%+v", is)
		}
		full := ModeFull
		h.set(PublishEventsFields{Mode: &full}) // an order does not wait
		h.want(PublishesRecorded, true)
	})
}

func TestASwitchThatIsNeverAnswered(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		off, full := ModeOff, ModeFull
		h.set(PublishEventsFields{Mode: &off})
		h.passes(time.Minute)
		h.lever.becomes(func(l *lever) { l.hangs = true })
		begun := time.Now()
		is := h.set(PublishEventsFields{Mode: &full})
		if is.State != PublishesUnavailable || is.LastError == nil || !strings.Contains(is.LastError.Message, "longer than 10s") || time.Since(begun) > switchWithin {
			t.Errorf("after %v: %+v, %+v", time.Since(begun), is, is.LastError)
		}
		h.passes(time.Minute) // each try takes 10 s, and patience begins behind it
		if diff := cmp.Diff([]int{0, 15, 35, 65}, seconds(h.lever.ordered(true, begun))); diff != "" {
			t.Error(diff)
		}
		h.lever.becomes(func(l *lever) { l.hangs = false })
		h.passes(time.Minute)
		h.want(PublishesRecorded, true)
	})
}

func TestTheEndDoesNotTrustWhatWasNeverAnswered(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		off, full := ModeOff, ModeFull
		h.set(PublishEventsFields{Mode: &off})
		h.lever.becomes(func(l *lever) { l.hangs = true })
		go func() {
			if _, err := h.levels.SetSettings(context.Background(), SettingsFields{PublishEvents: &PublishEventsFields{Mode: &full}}); err != nil {
				t.Errorf("setting full: %v", err)
			}
		}()
		h.passes(time.Second)
		ending := time.Now()
		if err := h.stop(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run: %v", err)
		}
		if passed := time.Since(ending); passed > leaveWithin {
			t.Errorf("the end took %v", passed)
		}
		if off := h.lever.ordered(false, ending); len(off) != 1 {
			t.Errorf("switched off at %v", off)
		}
		// What comes later is stored, and switches nothing on.
		h.lever.becomes(func(l *lever) { l.hangs = false })
		h.set(PublishEventsFields{Mode: &full})
		if h.lever.DebugLog() {
			t.Error("switched on behind the end")
		}
		h.stop = func() error { return nil }
	})
}

// A signal makes the broker check every client's password again, and do nothing else meanwhile.
func TestAutoDoesNotHoldUpManyClients(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		h.want(PublishesRecorded, true)
		has := func(clients int) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.clients = clients
		}
		has(10_000)
		h.passes(time.Hour)
		h.want(PublishesRecorded, true) // to switch it off would hold them up
		h.busy(10_000)
		h.passes(2 * time.Second)
		if is := h.want(PublishesPaused, false); !strings.Contains(is.Reason, "are more than 500") {
			t.Error(is.Reason)
		}
		h.busy(0)
		h.passes(time.Hour)
		if is := h.want(PublishesPaused, false); !strings.Contains(is.Reason, "its 10000 clients for about 2.9 seconds") {
			t.Error(is.Reason)
		}
		full := ModeFull
		h.set(PublishEventsFields{Mode: &full}) // a person may
		h.want(PublishesRecorded, true)
		auto := ModeAuto
		h.set(PublishEventsFields{Mode: &auto})
		h.want(PublishesRecorded, true)

		h.lever.becomes(func(l *lever) { l.on = false }) // as when the broker has been started again
		h.passes(time.Second)
		h.want(PublishesPaused, false)
		has(100)
		h.passes(calmFor + time.Second)
		h.want(PublishesRecorded, true)
		events := h.told()
		if len(events) != 4 {
			t.Fatalf("%+v", events)
		}
		for i, want := range []string{"are more than 500", "ended with the mode full", "its 10000 clients", "recorded again"} {
			if !strings.Contains(events[i].Topic, want) {
				t.Errorf("event %d: %s", i, events[i].Topic)
			}
		}
	})
}

func TestAutoWaitsForTheNumberOfClients(t *testing.T) {
	inLevels(t, func(h *levelHouse) {
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}
		tells := func(mute bool, clients int) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.mute, h.clients = mute, clients
		}
		tells(true, 0)
		h.start()
		h.passes(5 * time.Second)
		h.want(PublishesUnavailable, false)
		tells(false, 10_000)
		h.passes(time.Hour)
		h.want(PublishesPaused, false)
		if err := h.stop(); err != nil {
			t.Fatal(err)
		}

		// A broker that never tells is taken to have few.
		tells(true, 0)
		h.start()
		h.passes(calmFor + clientsWithin)
		h.want(PublishesRecorded, true)
	})
}

func TestWhatIsDeliveredCounts(t *testing.T) {
	for _, c := range []struct{ published, delivered, want float64 }{
		{100, 0, 100}, {100, 100, 100}, {100, 100_000, 33_400}, {0, 0, 0},
	} {
		if got := load(c.published, c.delivered); got < c.want || got > c.want+1 {
			t.Errorf("%v published and %v delivered are %v", c.published, c.delivered, got)
		}
	}
	inLevels(t, func(h *levelHouse) {
		h.busy(20)
		h.passes(time.Minute)
		h.want(PublishesRecorded, true)
		h.mu.Lock()
		h.delivered = 20 * 1000 // each to a thousand subscribers
		h.mu.Unlock()
		h.passes(2 * time.Second)
		h.want(PublishesPaused, false)
	})
}
