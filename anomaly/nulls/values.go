package nulls

import (
	"math"
	"math/rand/v2"
)

// Values makes a series of numbers, one a minute. The i-th is asked for with i, in order.
type Values func(r *rand.Rand) func(i int) float64

// Series are the eight processes by which detectors of numbers are measured.
func Series() map[string]Values {
	return map[string]Values{
		"normal": func(r *rand.Rand) func(int) float64 { return func(int) float64 { return 20 + r.NormFloat64() } },
		"Student t3": func(r *rand.Rand) func(int) float64 {
			return func(int) float64 {
				sum := 0.0
				for range 3 {
					x := r.NormFloat64()
					sum += x * x
				}
				return r.NormFloat64() / math.Sqrt(sum/3)
			}
		},
		"lognormal": func(r *rand.Rand) func(int) float64 { return func(int) float64 { return math.Exp(r.NormFloat64()) } },
		"autoregressive 0.95": func(r *rand.Rand) func(int) float64 {
			x := 0.0
			return func(int) float64 { x = 0.95*x + r.NormFloat64(); return x }
		},
		"daily sine": func(r *rand.Rand) func(int) float64 {
			return func(i int) float64 { return 10*math.Sin(2*math.Pi*float64(i)/1440) + r.NormFloat64() }
		},
		"quantised": func(r *rand.Rand) func(int) float64 {
			return func(int) float64 { return math.Round(2 * r.NormFloat64()) }
		},
		"on and off": func(r *rand.Rand) func(int) float64 {
			on := 0.0
			return func(int) float64 {
				if r.IntN(30) == 0 {
					on = 1 - on
				}
				return on
			}
		},
		"random walk": func(r *rand.Rand) func(int) float64 {
			x := 0.0
			return func(int) float64 { x += r.NormFloat64(); return x }
		},
	}
}

// Resting are those of Series, and some more that repeat themselves.
func Resting() map[string]Values {
	all := Series()
	all["constant, now and then a spike"] = func(r *rand.Rand) func(int) float64 {
		return func(int) float64 {
			if r.IntN(200) != 0 {
				return 0
			}
			return float64(1 + r.IntN(3))
		}
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
