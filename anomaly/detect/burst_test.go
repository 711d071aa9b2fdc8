package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// poisson draws from a Poisson distribution (Knuth), at rates up to some hundreds.
func poisson(r *rand.Rand, rate float64) int {
	n := 0
	for sum := r.ExpFloat64(); sum < rate; sum += r.ExpFloat64() {
		n++
	}
	return n
}

// cells are counts of ten seconds with which nothing is the matter.
func cells() map[string]func(r *rand.Rand) func(i int) int {
	of := func(draw func(r *rand.Rand, i int) int) func(r *rand.Rand) func(int) int {
		return func(r *rand.Rand) func(int) int { return func(i int) int { return draw(r, i) } }
	}
	return map[string]func(r *rand.Rand) func(i int) int{
		"one a minute":        of(func(_ *rand.Rand, i int) int { return int(b2f(i%6 == 0)) }),
		"Poisson 0.02":        of(func(r *rand.Rand, _ int) int { return poisson(r, 0.02) }),
		"Poisson 0.5":         of(func(r *rand.Rand, _ int) int { return poisson(r, 0.5) }),
		"Poisson 50":          of(func(r *rand.Rand, _ int) int { return poisson(r, 50) }),
		"ten every ten min":   of(func(r *rand.Rand, i int) int { return int(b2f(i%60 == 0)) * (8 + r.IntN(5)) }),
		"Poisson, day, night": of(func(r *rand.Rand, i int) int { return poisson(r, 10+9*math.Sin(2*math.Pi*float64(i)/8640)) }),
		"clustered":           of(func(r *rand.Rand, _ int) int { return poisson(r, 2*r.ExpFloat64()) }),
	}
}

func TestNothingBurstsThatIsBusy(t *testing.T) {
	const series, days, budget = 6, 4, 0.1
	threshold := math.Log10(8640 / budget)
	for name, process := range cells() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alarms := 0
			for s := range series {
				next := process(rand.New(rand.NewPCG(uint64(s), 14)))
				var d detect.Burst
				for i := range days * 8640 {
					if got := d.Add(next(i)); got.Score >= threshold {
						alarms++
					}
				}
			}
			t.Logf("%-20s %.3f a day at %.2f", name, float64(alarms)/series/days, threshold)
			if allowed := budget * series * days; float64(alarms) > allowed+3*math.Sqrt(allowed) {
				t.Errorf("%d alarms in %d days", alarms, series*days)
			}
		})
	}
}

func TestABurstIsFound(t *testing.T) {
	for name, c := range map[string]struct{ of, burst int }{
		"one a minute": {0, 12}, "Poisson 0.5": {0, 12}, "Poisson 50": {0, 120}, "ten every ten min": {0, 40}, "clustered": {0, 70},
	} {
		next := cells()[name](rand.New(rand.NewPCG(5, 14)))
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
		empty, n := r.IntN(40), 1+poisson(r, 2)
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
