package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// resting are processes that repeat themselves although nothing is the matter. One point a minute.
func resting() map[string]func(r *rand.Rand) func(i int) float64 {
	all := nulls()
	all["constant, now and then a spike"] = func(r *rand.Rand) func(int) float64 {
		return func(int) float64 { return b2f(r.IntN(200) == 0) * float64(1+r.IntN(3)) }
	}
	all["a set point that is changed"] = func(r *rand.Rand) func(int) float64 {
		x := 0
		return func(int) float64 {
			if r.IntN(60) == 0 {
				x = r.IntN(40)
			}
			return float64(x)
		}
	}
	all["a walk in steps"] = func(r *rand.Rand) func(int) float64 {
		x := 0.0
		return func(int) float64 {
			if r.IntN(5) == 0 {
				x += float64(r.IntN(3) - 1)
			}
			return x
		}
	}
	return all
}

func TestNothingIsStuckThatRests(t *testing.T) {
	const series, points, budget = 40, 18_000, 0.1
	threshold := math.Log10(1440 / budget)
	for name, process := range resting() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alarms := 0
			for s := range series {
				next := process(rand.New(rand.NewPCG(uint64(s), 13)))
				var d detect.Stuck
				last := 0.0
				for i := range points {
					got := d.Add(next(i)).Score
					if got >= threshold && (last < threshold || d.Length() == 1) {
						alarms++
					}
					last = got
				}
			}
			days := float64(series) * points / 1440
			t.Logf("%-32s %.4f a day at %.2f", name, float64(alarms)/days, threshold)
			if allowed := budget * days; float64(alarms) > allowed+3*math.Sqrt(allowed) {
				t.Errorf("%d alarms in %.0f days", alarms, days)
			}
		})
	}
}

func TestWhatIsStuckIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		of     func(r *rand.Rand) func(int) float64
		within int
	}{
		"it changes with every point":  {nulls()["normal"], 12},
		"it is quantised":              {nulls()["quantised"], 40},
		"it is on and off":             {nulls()["on and off"], 2000},
		"it goes in steps":             {resting()["a walk in steps"], 200},
		"it rests, and now and then …": {resting()["constant, now and then a spike"], 20_000},
	} {
		next := c.of(rand.New(rand.NewPCG(2, 13)))
		var d detect.Stuck
		for i := range 20_000 {
			d.Add(next(i))
		}
		value, found := next(20_000), 0
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
