package detect

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestTheProfileIsWhatItIs compares the distances that are carried on with ones that are reckoned anew each time.
func TestTheProfileIsWhatItIs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 17))
	d := NewShape()
	all := []float32{}
	for i := range 5000 {
		x := 100 + math.Sin(float64(i)/9) + 0.1*r.NormFloat64()
		if i == 3000 {
			x = 1e9
		}
		d.Add(x)
		all = append(all, d.values[d.newest])
		if i%101 != 0 && i > 200 {
			continue
		}
		for window, p := range map[int]*profile{shortWindow: &d.short, longWindow: &d.long} {
			want := math.Inf(1)
			for end := max(window-1, i-(shapeMemory-window)); end <= i-window; end++ {
				sum := 0.0
				for k := range window {
					e := float64(all[i-k] - all[end-k])
					sum += e * e
				}
				want = min(want, math.Sqrt(sum/float64(window)))
			}
			values := d.values[d.newest-shapeMemory+1 : d.newest+1]
			if math.IsInf(want, 1) {
				continue
			}
			least := float32(math.Inf(1))
			const last = shapeMemory - 1
			for place := max(window-1, last-(i+1-window)); place <= last-window; place++ {
				least = min(least, p.square[place])
			}
			got := math.Sqrt(max(0, float64(least)) / float64(window))
			if math.Abs(got-want) > 0.02*want+0.01 {
				t.Fatalf("at %d, window %d of %d values: %v, not %v", i, window, len(values), got, want)
			}
		}
	}
}
