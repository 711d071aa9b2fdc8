package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

func TestNoCurveIsStrangeThatGoesAsEver(t *testing.T) {
	threshold := nulls.Threshold(1440, 0.1)
	for name, process := range nulls.Series() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := nulls.Shape(process, 4, 12_000, threshold)
			t.Logf("%-20s %.3f a day at %.2f", name, count.PerDay(0), threshold)
			within(t, count, 0, 0.15)
		})
	}
}

// TestACurveThatNeverWasIsFound: a machine's cycle in which each value is usual, and the order of them is not.
func TestACurveThatNeverWasIsFound(t *testing.T) {
	cycle := func(i int) float64 { return 10 * math.Sin(2*math.Pi*float64(i)/100) }
	for name, strange := range map[string]func(i int) float64{
		"it stops on the way":   func(int) float64 { return cycle(6010) },
		"it goes back":          func(i int) float64 { return cycle(12020 - i) },
		"it goes twice as fast": func(i int) float64 { return cycle(6010 + 2*(i-6010)) },
	} {
		r := rand.New(rand.NewPCG(1, 16))
		d := detect.NewShape()
		found := 0
		for i := range 6100 {
			x := cycle(i)
			if i >= 6010 {
				x = strange(i)
			}
			got := d.Add(x + 0.3*r.NormFloat64())
			if i < 6010 && got.Alarm >= 4.16 {
				t.Errorf("%s: before, at %d, it says %+v", name, i, got)
			}
			if i >= 6010 && got.Alarm >= 4.16 && found == 0 {
				found = i - 6010 + 1
				if got.Why != detect.Form || math.Abs(got.Expected) > 15 || got.Spread <= 0 || got.Spread > 2 {
					t.Errorf("%s: it says %+v", name, got)
				}
			}
		}
		t.Logf("%s: found after %d points", name, found)
		if found == 0 {
			t.Errorf("%s: not found", name)
		}
	}
	if size := unsafe.Sizeof(detect.Shape{}); size > 28_000 {
		t.Errorf("Shape has %d bytes", size)
	}
}

func FuzzAnyCurve(f *testing.F) {
	f.Add(int64(1), 1e300, -1e300)
	f.Add(int64(2), 5e-324, 1.0)
	f.Fuzz(func(t *testing.T, seed int64, a, b float64) {
		if math.IsNaN(a) || math.IsInf(a, 0) || math.IsNaN(b) || math.IsInf(b, 0) {
			t.Skip()
		}
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		d := detect.NewShape()
		for range 700 {
			x := a
			if r.IntN(3) == 0 {
				x = b
			}
			if got := d.Add(x); math.IsNaN(got.Score) || got.Score < 0 || got.Score > 30 || got.Alarm > got.Score || math.IsNaN(got.Expected) || math.IsNaN(got.Spread) {
				t.Fatalf("%v, %v: %+v", a, b, got)
			}
		}
	})
}
