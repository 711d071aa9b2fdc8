package detect_test

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

func TestNothingIsStuckThatRests(t *testing.T) {
	threshold := nulls.Threshold(1440, 0.1)
	for name, process := range nulls.Resting() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := nulls.Stuck(process, 40, 18_000, threshold)
			t.Logf("%-32s %.4f a day at %.2f", name, count.PerDay(0), threshold)
			within(t, count, 0, 0.1)
		})
	}
}

func TestWhatIsStuckIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		of     func(r *rand.Rand) func(int) float64
		within int
	}{
		"it changes with every point":  {nulls.Series()["normal"], 12},
		"it is quantised":              {nulls.Series()["quantised"], 40},
		"it is on and off":             {nulls.Series()["on and off"], 2000},
		"it goes in steps":             {nulls.Resting()["a walk in steps"], 200},
		"it rests, and now and then …": {nulls.Resting()["constant, now and then a spike"], 20_000},
	} {
		next := c.of(rand.New(rand.NewPCG(2, 13)))
		var d detect.Stuck
		for i := range 60_000 {
			d.Add(next(i))
		}
		value, found := next(60_000), 0
		for i := 1; i <= c.within && found == 0; i++ {
			if got := d.Add(value); got.Score >= 5 {
				found = i
				if got.Why != detect.Flat || got.Spread != float64(d.Length()) || got.Expected <= 0 || got.Expected >= got.Spread {
					t.Errorf("%s: it says %+v", name, got)
				}
			}
		}
		t.Logf("%s: found after %d points, %d runs", name, found, d.Runs())
		if found == 0 {
			t.Errorf("%s: not found within %d points", name, c.within)
		}
	}
}

// TestEveryNightIsUsualSoon is of what does not change at night: an alarm for some nights, and then no more.
func TestEveryNightIsUsualSoon(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 13))
	var d detect.Stuck
	nights := 0
	for i := range 30 {
		alarm := false
		for minute := range 1440 {
			x := 5.0
			if minute < 960 { // it begins in the morning
				x = r.NormFloat64()
			}
			alarm = d.Add(x).Score >= 4.16 || alarm
		}
		if alarm {
			nights++
			if i > 10 {
				t.Errorf("an alarm in night %d", i)
			}
		}
	}
	t.Logf("%d nights were alarms", nights)
	if nights == 0 {
		t.Error("not even the first night is one")
	}
}

func TestAtRestNothingIsStuck(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 13))
	var d detect.Stuck
	for range 1000 {
		d.Add(r.NormFloat64())
	}
	runs := d.Runs()
	for range 100 {
		d.Rest()
	}
	if got := d.Add(1); got.Score != 0 || d.Length() != 1 || d.Runs() != runs {
		t.Errorf("after a rest: %+v, %d points, %d runs", got, d.Length(), d.Runs()-runs)
	}
	if size := unsafe.Sizeof(d); size > 136 {
		t.Errorf("Stuck has %d bytes", size)
	}
}
