package clientlogs

import (
	"testing"
	"time"
)

// burstsPerSecond feeds a judge with so many messages in the same moment of every second, measured as a meter does that
// looks four times a second.
func burstsPerSecond(messages float64, seconds int) (paused bool) {
	var j judge
	var rate smoothed
	now := time.Unix(1_700_000_000, 0)
	rate.add(now, 0)
	for i := range 4 * seconds {
		measured := 0.0
		if i%4 == 0 {
			measured = 4 * messages
		}
		now = now.Add(lookEvery)
		j.look(now, rate.add(now, measured), DefaultThreshold, "")
	}
	return j.pause.on()
}

func TestBurstsAreWhatTheyAreASecond(t *testing.T) {
	for _, c := range []struct {
		messages float64
		seconds  int
		paused   bool
	}{
		{300, 600, false},   // four times that in the moment when they come
		{1000, 1, false},    // once only
		{1000, 10, true},    // twice the threshold
		{100_000, 1, true},  // a flood, however short
		{0, 1, false},       // nothing
		{2_000, 1, false},   // more than the threshold, and over before a second is
		{12_000, 600, true}, // all the time
	} {
		if paused := burstsPerSecond(c.messages, c.seconds); paused != c.paused {
			t.Errorf("bursts of %.0f for %d seconds: paused %v", c.messages, c.seconds, paused)
		}
	}
}

func TestAClockThatIsSetBackIsNoLoad(t *testing.T) {
	var j judge
	var rate smoothed
	now := time.Unix(1_700_000_000, 0)
	for range 100 {
		now = now.Add(lookEvery)
		j.look(now, rate.add(now, 900), DefaultThreshold, "")
	}
	if !j.pause.on() {
		t.Fatal("not paused")
	}
	for range 4 * 30 {
		now = now.Add(lookEvery)
		j.look(now, rate.add(now, 0), DefaultThreshold, "")
	}
	now = now.Add(-24 * time.Hour)
	for i := range 4 * 70 {
		now = now.Add(lookEvery)
		if j.look(now, rate.add(now, 0), DefaultThreshold, "") && i < 4*59 {
			t.Fatalf("the pause ended after %d looks", i)
		}
	}
	if j.pause.on() {
		t.Error("the pause goes on for as long as the clock was set back")
	}
	if e := ended(intermission{Since: now.Add(time.Hour), Peak: 1}, now, ""); e.Until.Before(e.Time) {
		t.Errorf("%+v", e)
	}
}
