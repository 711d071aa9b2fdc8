package detect

import (
	"math"
	"math/rand/v2"
	"testing"
)

// tails are some that have seen different things.
func tails() map[string]*tail {
	made := map[string]*tail{"empty": {}}
	add := func(name string, n int, draw func(r *rand.Rand) float64) {
		r := rand.New(rand.NewPCG(4, 4))
		t := &tail{}
		for range n {
			t.add(draw(r))
		}
		made[name] = t
	}
	add("nothing but zeros", 500, func(*rand.Rand) float64 { return 0 })
	add("one", 1, func(*rand.Rand) float64 { return 3 })
	add("a few", 12, func(r *rand.Rand) float64 { return r.ExpFloat64() })
	add("normal", 20_000, func(r *rand.Rand) float64 { return math.Abs(r.NormFloat64()) })
	add("exponential", 3_000, func(r *rand.Rand) float64 { return 1e6 * r.ExpFloat64() })
	add("Pareto 1", 20_000, func(r *rand.Rand) float64 { return 1 / (1 - r.Float64()) })
	add("very wide", 20_000, func(r *rand.Rand) float64 { return math.Exp2(60*r.Float64() - 30) })
	add("all the same", 5_000, func(*rand.Rand) float64 { return 60 })
	add("seldom not zero", 5_000, func(r *rand.Rand) float64 { return math.Floor(r.Float64() * 1.01) })
	return made
}

func TestBeyondIsWhereRarityGetsThere(t *testing.T) {
	for name, d := range tails() {
		for score := 0.05; score < 12; score += 0.05 {
			p := math.Pow(10, -score)
			u := d.beyond(p)
			if math.IsNaN(u) || u < 0 {
				t.Fatalf("%s: beyond(%v) is %v", name, p, u)
			}
			if math.IsInf(u, 1) {
				if got := d.rarity(1e30); got <= p {
					t.Errorf("%s: %v is said never to be, and 1e30 is %v", name, p, got)
				}
				continue
			}
			if got := d.rarity(u*(1+1e-9) + 1e-300); got > p*(1+1e-6) {
				t.Errorf("%s: rarity(beyond(%v) = %v) is %v", name, p, u, got)
			}
			if got := d.rarity(u * (1 - 1e-9)); u > 0 && got <= p*(1-1e-6) {
				t.Errorf("%s: something smaller than beyond(%v) = %v has %v", name, p, u, got)
			}
		}
	}
}

func TestAQuantileHasItsPartBelowIt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var d tail
	for range 20_000 {
		d.add(r.ExpFloat64())
	}
	for _, q := range []float64{0.1, 0.5, 0.9, 0.99} {
		want := -math.Log(1 - q)
		if got := d.quantile(q); math.Abs(got/want-1) > 0.15 {
			t.Errorf("the quantile %v is %v, not %v", q, got, want)
		}
	}
	if got := new(tail).quantile(0.5); got != 0 {
		t.Errorf("of nothing it is %v", got)
	}
}
