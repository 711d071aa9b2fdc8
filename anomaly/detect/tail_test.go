package detect

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestABinIsAFifthOfAnOctave(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 100_000 {
		u := math.Exp2(40*r.Float64() - 20)
		exact := perOctave * math.Log2(u)
		if math.Abs(exact-math.Round(exact)) < 1e-9 {
			continue // the logarithm itself cannot tell
		}
		if want := int(math.Floor(exact)); bin(u) != want {
			t.Fatalf("bin(%v) is %d, not %d", u, bin(u), want)
		}
	}
	for b := -100; b <= 100; b++ {
		if bin(edge(b)*1.0001) != b || bin(edge(b)*0.9999) != b-1 {
			t.Errorf("bin %d does not begin at %v", b, edge(b))
		}
	}
}

// TestWhatIsCommonIsKnown compares the bin that is moved along with one that is counted from the top each time.
func TestWhatIsCommonIsKnown(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var d tail
	scale := 1.0
	for i := range 100_000 {
		if r.IntN(3000) == 0 {
			scale = math.Exp2(60*r.Float64() - 30) // the bins move up, and later down again
		}
		u := scale * math.Abs(r.NormFloat64())
		if r.IntN(4) == 0 {
			u = 0
		}
		d.add(u)
		total, above, mid := uint32(d.zeros), uint32(0), 0
		for _, c := range d.bins {
			total += uint32(c)
		}
		for b := tailBins - 1; b > 0; b-- {
			if above += uint32(d.bins[b]); above >= uint32(float32(total)*common) {
				mid = b
				break
			}
		}
		if d.total != total || mid > 0 && int(d.mid) != mid {
			t.Fatalf("at %d: %d of %d from bin %d on; it says %d, %d", i, above, total, mid, d.total, d.mid)
		}
	}
}

func TestTheTailKnowsHowRareThingsAre(t *testing.T) {
	for name, c := range map[string]struct {
		draw   func(r *rand.Rand) float64
		beyond func(u float64) float64 // the probability
	}{
		"normal":      {func(r *rand.Rand) float64 { return math.Abs(r.NormFloat64()) }, func(u float64) float64 { return math.Erfc(u / math.Sqrt2) }},
		"exponential": {func(r *rand.Rand) float64 { return r.ExpFloat64() }, func(u float64) float64 { return math.Exp(-u) }},
		"Pareto 3":    {func(r *rand.Rand) float64 { return math.Pow(1-r.Float64(), -1./3) }, func(u float64) float64 { return math.Pow(u, -3) }},
	} {
		r := rand.New(rand.NewPCG(3, 3))
		var d tail
		for range 20_000 {
			d.add(c.draw(r))
		}
		for _, p := range []float64{0.05, 0.01, 0.001, 0.0001} {
			u := 1e-3
			for c.beyond(u) > p {
				u *= 1.001
			}
			// Light tails are taken for heavier than they are, which is the side to err on.
			if got := d.rarity(u); got < p/3 || got > p*30 {
				t.Errorf("%s: %v is exceeded once in %.0f, it says %.0f", name, u, 1/p, 1/got)
			}
		}
	}
}
