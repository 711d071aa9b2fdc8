package detect_test

import (
	"math"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

func TestNothingIsStrangeInAMachineThatRuns(t *testing.T) {
	threshold := nulls.Threshold(1440, 0.1)
	for name, process := range nulls.Machines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes, dwells := nulls.States(process, 20, 20_000, threshold)
			t.Logf("%-26s %.3f changes and %.3f dwells a day at %.2f", name, changes.PerDay(0), dwells.PerDay(0), threshold)
			within(t, changes, 0, 0.1)
			within(t, dwells, 0, 0.1)
		})
	}
}

func TestAChangeThatNeverWasIsFound(t *testing.T) {
	next := nulls.Machines()["in a circle"](nil)
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
