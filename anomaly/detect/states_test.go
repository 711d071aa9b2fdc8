package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// machines are processes over a few values with which nothing is the matter: how one value follows from another, point by
// point, one a minute.
func machines() map[string]func(r *rand.Rand) func(i int) uint64 {
	return map[string]func(r *rand.Rand) func(i int) uint64{
		"always the same": func(*rand.Rand) func(int) uint64 { return func(int) uint64 { return 7 } },
		"any of eight":    func(r *rand.Rand) func(int) uint64 { return func(int) uint64 { return uint64(r.IntN(8)) } },
		"in a circle":     func(*rand.Rand) func(int) uint64 { return func(i int) uint64 { return uint64(i / 30 % 4) } },
		"any, some seldom": func(r *rand.Rand) func(int) uint64 {
			return func(int) uint64 { return uint64(min(9, r.ExpFloat64())) }
		},
		"idle, and jobs by chance": func(r *rand.Rand) func(int) uint64 {
			s := uint64(0)
			return func(int) uint64 {
				switch {
				case s == 0 && r.IntN(100) == 0:
					s = 1
				case s == 1 && r.IntN(3) == 0:
					s = 2 + uint64(r.IntN(2))
				case s > 1 && r.IntN(10) == 0:
					s = 0
				}
				return s
			}
		},
	}
}

func TestNothingIsStrangeInAMachineThatRuns(t *testing.T) {
	const series, points, budget = 20, 20_000, 0.1
	threshold := math.Log10(1440 / budget)
	for name, machine := range machines() {
		transitions, dwells := 0, 0
		for s := range series {
			next := machine(rand.New(rand.NewPCG(uint64(s), 15)))
			var d detect.States
			told := false
			for i := range points {
				at := int64(i) * 60_000
				dwell := d.Dwell(at).Score >= threshold
				if dwell && !told {
					dwells++
				}
				told = dwell
				got, known := d.Add(next(i), at)
				if !known {
					t.Fatalf("%s: it gave up", name)
				}
				if got.Score >= threshold {
					transitions++
				}
			}
		}
		days := float64(series) * points / 1440
		t.Logf("%-26s %.3f transitions and %.3f dwells a day at %.2f", name, float64(transitions)/days, float64(dwells)/days, threshold)
		allowed := budget * days
		allowed += 3 * math.Sqrt(allowed)
		if float64(transitions) > allowed || float64(dwells) > allowed {
			t.Errorf("%s: %d transitions and %d dwells in %.0f days", name, transitions, dwells, days)
		}
	}
}

func TestAChangeThatNeverWasIsFound(t *testing.T) {
	next := machines()["in a circle"](nil)
	var d detect.States
	at := int64(0)
	for i := range 20_000 { // it ends after twenty points in state 2
		at += 60_000
		d.Add(next(i), at)
	}
	if got := d.Dwell(at); got.Score != 0 || math.Abs(got.Expected-1800) > 200 || got.Spread < 1800 {
		t.Errorf("of twenty minutes it says %+v", got)
	}
	if got := d.Dwell(at + 3*3_600_000); got.Score < 5 || got.Why != detect.Dwell || got.Alarm != got.Score {
		t.Errorf("of three hours it says %+v", got)
	}
	before := d
	if got, _ := d.Add(1, at); got.Score < 3 || got.Why != detect.State { // 5000 points of this state
		t.Errorf("of a step back it says %+v", got)
	}
	if got, known := before.Add(99, at); !known || got.Score < math.Log10(20_001)-1e-9 || got.Why != detect.State {
		t.Errorf("of what has never been it says %+v, %v", got, known)
	}
}

func TestItGivesUpWhenThereAreTooMany(t *testing.T) {
	var d detect.States
	for i := range 16 {
		if _, known := d.Add(uint64(i), int64(i)); !known {
			t.Fatalf("it gave up at %d", i)
		}
	}
	for range 2 {
		if r, known := d.Add(16, 17); known || r != (detect.Result{}) {
			t.Errorf("of the seventeenth it says %+v, %v", r, known)
		}
		if r, known := d.Add(1, 18); known || r != (detect.Result{}) {
			t.Errorf("afterwards it says %+v, %v", r, known)
		}
	}
	if d.Dwell(30) != (detect.Result{}) || d.Points() != 0 {
		t.Error("it has not forgotten")
	}
}

func TestAClockThatGoesBackTeachesNothing(t *testing.T) {
	var d detect.States
	for i := range 100 {
		d.Add(uint64(i%2), int64(1000*i))
	}
	d.Add(0, 100_000)
	want := d.Dwell(100_000 + 5000)
	d.Add(1, 50_000)
	d.Add(0, 51_000)
	if got := d.Dwell(51_000 + 5000); math.Abs(got.Score-want.Score) > 0.1 {
		t.Errorf("it was %+v and is %+v", want, got)
	}
}
