package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

// TestNothingIsFoundWhereNothingIs counts alarms per series and day of processes with which nothing is the matter. With one
// point a minute, a threshold of T stands for 1440/10^T a day; up to one and a half times as many are accepted at 4 and at
// 4.16, one alarm in ten days, where people work. At 5 a random walk has more than that, because its next step is always near the edge of what was seen.
func TestNothingIsFoundWhereNothingIs(t *testing.T) {
	thresholds := []float64{4, 4.16, 5}
	for name, process := range nulls.Series() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := nulls.Standard(process, 40, 18_000, thresholds...)
			for i, threshold := range thresholds {
				budget := 1440 / math.Pow(10, threshold)
				t.Logf("%s, T=%v: %.4f a day, %.1f times the budget", name, threshold, count.PerDay(i), count.PerDay(i)/budget)
				times := 1.5
				if threshold > 4.5 {
					times = 6
				}
				within(t, count, i, times*budget)
			}
		})
	}
}

// within fails when there are more alarms a day than allowed, give or take three times what chance does.
func within(t *testing.T, count nulls.Count, threshold int, perDay float64) {
	t.Helper()
	if allowed := perDay * count.Days; float64(count.Alarms[threshold]) > allowed+3*math.Sqrt(allowed) {
		t.Errorf("%d alarms in %.0f days, %.0f are accepted", count.Alarms[threshold], count.Days, allowed)
	}
}

// TestASpikeDoesNotMakeTheNextOneUsual: the second of two is found as well, and between them the expected is as narrow as before.
// When there are many they become usual.
func TestASpikeDoesNotMakeTheNextOneUsual(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var d detect.Standard
	var alarms []float64
	var before, after float64
	for i := range 12_000 {
		x := 20 + r.NormFloat64()
		if i >= 5000 && i%700 == 0 {
			x = 60
		}
		low, _, high := d.Band(5, 0)
		switch i {
		case 5599:
			before = high - low
		case 5650:
			after = high - low
		}
		if got := d.Add(x, 0); x == 60 {
			alarms = append(alarms, got.Alarm)
		}
	}
	if len(alarms) != 10 || alarms[0] < 6 || alarms[1] < 5 || alarms[9] > 4 {
		t.Errorf("alarms %.1f", alarms)
	}
	if before <= 0 || after > 1.05*before {
		t.Errorf("expected were %.1f, and behind the first one %.1f", before, after)
	}
}

func TestWhatEverybodyWouldSeeIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		strange func(i int, x float64) float64
		within  int // points
	}{
		"a spike":            {func(i int, x float64) float64 { return x + 15*b2f(i == 5000) }, 1},
		"a step":             {func(i int, x float64) float64 { return x + 6*b2f(i >= 5000) }, 20},
		"a quick drift":      {func(i int, x float64) float64 { return x + max(0, float64(i-5000))/2 }, 40},
		"another unit":       {func(i int, x float64) float64 { return x * (1 + 999*b2f(i >= 5000)) }, 1},
		"night in the day":   {func(i int, x float64) float64 { return x - 12*b2f(i >= 5000 && i < 5060) }, 60},
		"the sign is lost":   {func(i int, x float64) float64 { return x * (1 - 2*b2f(i >= 5000)) }, 1},
		"the spread doubles": {func(i int, x float64) float64 { return 20 + (x-20)*(1+4*b2f(i >= 5000)) }, 100},
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var d detect.Standard
			for i := range 6000 {
				result := d.Add(c.strange(i, 20+r.NormFloat64()), i/60)
				switch {
				case i < 5000 && result.Alarm >= 4.2:
					t.Fatalf("an alarm at %d, before anything: %+v", i, result)
				case i >= 5000 && result.Alarm >= 4.2:
					if i-5000 >= c.within {
						t.Errorf("found after %d points", i-5000)
					}
					if result.Why == detect.NoPart || math.IsNaN(result.Expected) || math.Abs(result.Expected-20) > 20 {
						t.Errorf("it says %+v", result)
					}
					return
				}
			}
			t.Error("not found")
		})
	}
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestADetectorIsAsSmallAsItSays(t *testing.T) {
	t.Logf("Standard has %d bytes, Lean %d", unsafe.Sizeof(detect.Standard{}), unsafe.Sizeof(detect.Lean{}))
	if size := unsafe.Sizeof(detect.Standard{}); size > 1280 {
		t.Errorf("Standard has %d bytes", size)
	}
	if size := unsafe.Sizeof(detect.Lean{}); size > 360 {
		t.Errorf("Lean has %d bytes", size)
	}
}

func FuzzAnyNumbers(f *testing.F) {
	f.Add(int64(1), 1e300, -1e300)
	f.Add(int64(2), 5e-324, 1.0)
	f.Add(int64(3), math.MaxFloat64, 0.0)
	f.Fuzz(func(t *testing.T, seed int64, a, b float64) {
		if math.IsNaN(a) || math.IsInf(a, 0) || math.IsNaN(b) || math.IsInf(b, 0) {
			t.Skip()
		}
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		var standard detect.Standard
		var lean detect.Lean
		for i := range 600 {
			x := a
			if r.IntN(3) == 0 {
				x = b
			}
			for _, result := range []detect.Result{standard.Add(x, i), lean.Add(x)} {
				if math.IsNaN(result.Score) || result.Score < 0 || result.Score > 30 || math.IsNaN(result.Alarm) || result.Alarm > result.Score ||
					math.IsNaN(result.Expected) {
					t.Fatalf("%v, %v: at %d it says %+v", a, b, i, result)
				}
			}
		}
	})
}
