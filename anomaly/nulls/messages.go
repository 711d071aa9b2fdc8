package nulls

import (
	"math"
	"math/rand/v2"
)

// Fields makes messages of several numbers, one a minute. What it returns is good until the next.
type Fields func(r *rand.Rand) func(i int) []float64

// Messages are the processes by which the detector of values that do not go together is measured.
func Messages() map[string]Fields {
	plain := func(width int, draw func(r *rand.Rand, i int, x []float64)) Fields {
		return func(r *rand.Rand) func(int) []float64 {
			x := make([]float64, width)
			return func(i int) []float64 {
				draw(r, i, x)
				return x
			}
		}
	}
	return map[string]Fields{
		"normal, 4": plain(4, func(r *rand.Rand, _ int, x []float64) {
			for i := range x {
				x[i] = 20 + r.NormFloat64()
			}
		}),
		"one follows from the others": plain(3, func(r *rand.Rand, _ int, x []float64) {
			x[0], x[1] = r.NormFloat64(), 100*r.NormFloat64()
			x[2] = x[0] + x[1]
		}),
		"a pump": plain(3, func(r *rand.Rand, _ int, x []float64) { // current, flow, temperature
			load := 2 + r.NormFloat64()
			x[0], x[1], x[2] = load+0.1*r.NormFloat64(), 10*load+r.NormFloat64(), 40+r.NormFloat64()
		}),
		"lognormal, 3": plain(3, func(r *rand.Rand, _ int, x []float64) {
			for i := range x {
				x[i] = math.Exp(r.NormFloat64())
			}
		}),
		"one never changes, 16": plain(16, func(r *rand.Rand, i int, x []float64) {
			for j := range x {
				x[j] = 7 + float64(j)*(r.NormFloat64()+math.Sin(2*math.Pi*float64(i)/1440))
			}
		}),
		"autoregressive, 3": plain(3, func(r *rand.Rand, _ int, x []float64) {
			for i := range x {
				x[i] = 0.95*x[i] + r.NormFloat64()
			}
		}),
	}
}
