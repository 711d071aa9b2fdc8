package nulls

import (
	"math"
	"math/rand/v2"
)

// Poisson draws from a Poisson distribution (Knuth), at rates up to some hundreds.
func Poisson(r *rand.Rand, rate float64) int {
	n := 0
	for sum := r.ExpFloat64(); sum < rate; sum += r.ExpFloat64() {
		n++
	}
	return n
}

// Counts makes how many come in one cell of ten seconds after the other.
type Counts func(r *rand.Rand) func(i int) int

// Cells are the processes by which the detector of bursts is measured.
func Cells() map[string]Counts {
	of := func(draw func(r *rand.Rand, i int) int) Counts {
		return func(r *rand.Rand) func(int) int { return func(i int) int { return draw(r, i) } }
	}
	return map[string]Counts{
		"one a minute":        of(func(_ *rand.Rand, i int) int { return every(6, i) }),
		"Poisson 0.02":        of(func(r *rand.Rand, _ int) int { return Poisson(r, 0.02) }),
		"Poisson 0.5":         of(func(r *rand.Rand, _ int) int { return Poisson(r, 0.5) }),
		"Poisson 50":          of(func(r *rand.Rand, _ int) int { return Poisson(r, 50) }),
		"ten every ten min":   of(func(r *rand.Rand, i int) int { return every(60, i) * (8 + r.IntN(5)) }),
		"Poisson, day, night": of(func(r *rand.Rand, i int) int { return Poisson(r, 10+9*math.Sin(2*math.Pi*float64(i)/8640)) }),
		"clustered":           of(func(r *rand.Rand, _ int) int { return Poisson(r, 2*r.ExpFloat64()) }),
	}
}

// every is 1 in one cell of n and 0 in the others.
func every(n, i int) int {
	if i%n == 0 {
		return 1
	}
	return 0
}
