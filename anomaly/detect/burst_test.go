package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

func TestNothingBurstsThatIsBusy(t *testing.T) {
	threshold := nulls.Threshold(8640, 0.1)
	for name, process := range nulls.Cells() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := nulls.Burst(process, 6, 4, threshold)
			t.Logf("%-20s %.3f a day at %.2f", name, count.PerDay(0), threshold)
			within(t, count, 0, 0.1)
		})
	}
}

func TestABurstIsFound(t *testing.T) {
	for name, c := range map[string]struct{ of, burst int }{
		"one a minute": {0, 12}, "Poisson 0.5": {0, 12}, "Poisson 50": {0, 120}, "ten every ten min": {0, 40}, "clustered": {0, 70},
	} {
		next := nulls.Cells()[name](rand.New(rand.NewPCG(5, 14)))
		var d detect.Burst
		for i := range 8640 {
			d.Add(next(i))
		}
		got := d.Add(c.burst)
		t.Logf("%s, %d: %+v", name, c.burst, got)
		if got.Score < 5 || got.Why != detect.Rush || got.Alarm != got.Score || got.Expected > float64(c.burst)/2 || got.Spread > float64(c.burst) {
			t.Errorf("%s: it says %+v", name, got)
		}
		if got := d.Add(0); got.Score != 0 {
			t.Errorf("%s: of nothing it says %+v", name, got)
		}
	}
}

// TestSkippedCellsAreEmptyOnes compares Skip with as many calls of Add.
func TestSkippedCellsAreEmptyOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 14))
	var a, b detect.Burst
	for range 300 {
		empty, n := r.IntN(40), 1+nulls.Poisson(r, 2)
		for range empty {
			a.Add(0)
		}
		b.Skip(empty)
		x, y := a.Add(n), b.Add(n)
		if a.Cells() != b.Cells() || math.Abs(x.Score-y.Score) > 0.01 || math.Abs(x.Expected-y.Expected) > 1e-4*x.Expected {
			t.Fatalf("after %d cells: %+v, %+v", a.Cells(), x, y)
		}
	}
	b.Skip(1 << 40)
	if got := b.Add(3); got.Score < 3 || math.IsNaN(got.Score) || got.Expected > 1e-6 {
		t.Errorf("after ages of nothing: %+v", got)
	}
	if size := unsafe.Sizeof(b); size > 136 {
		t.Errorf("Burst has %d bytes", size)
	}
}

func FuzzAnyCounts(f *testing.F) {
	f.Add(int64(1), 5, 1<<50)
	f.Add(int64(2), -3, 0)
	f.Fuzz(func(t *testing.T, seed int64, a, b int) {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		var d detect.Burst
		for range 300 {
			n := a
			if r.IntN(3) == 0 {
				n = b
			}
			if r.IntN(5) == 0 {
				d.Skip(r.IntN(5))
			}
			got := d.Add(n)
			if math.IsNaN(got.Score) || got.Score < 0 || got.Score > 30 || math.IsNaN(got.Expected) || math.IsInf(got.Spread, 0) || math.IsNaN(got.Spread) {
				t.Fatalf("%d, %d: %+v", a, b, got)
			}
		}
	})
}
