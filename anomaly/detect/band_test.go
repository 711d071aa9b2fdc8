package detect

import (
	"math"
	"math/rand/v2"
	"testing"
)

// by is what one part alone would let a value score.
func by(d *Standard, x float64, hour int) float64 {
	v := d.core.relative(x)
	asked := 2.0
	if d.core.n >= recordFrom && (v < d.core.low || v > d.core.high) {
		asked++
	}
	p := d.core.onLevel.rarity(math.Abs(float64(v - d.core.level)))
	if asked > 2 {
		p *= d.core.outside(float64(max(d.core.low-v, v-d.core.high)))
	}
	if d.speaks(hour) {
		asked++
		p = d.onWeek.rarity(math.Abs(float64(v - d.mean[hour])))
	}
	return max(0, -math.Log10(p*asked))
}

func TestABandIsWhereNothingScores(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	var d Standard
	spoke := false
	for i := range 40_000 {
		hour := i / 60 % hoursOfWeek
		if i%97 == 0 {
			for _, score := range []float64{1, 2.7, 4.16, 6} {
				low, expected, high := d.Band(score, hour)
				if math.IsNaN(low+expected+high) || math.IsInf(high-low, 0) || low > expected || expected > high {
					t.Fatalf("at %d a band of %v, %v, %v", i, low, expected, high)
				}
				if i < warmUp {
					continue
				}
				spoke = spoke || d.speaks(hour)
				for _, side := range []float64{low, high} {
					reach := side - expected
					if got := by(&d, expected+0.999*reach, hour); got >= score {
						t.Fatalf("at %d, inside of %v to %v: %v", i, low, high, got)
					}
					if got := by(&d, expected+1.001*reach, hour); math.Abs(reach) < 1e30 && got < score-0.18 { // a record shares with one part more
						t.Fatalf("at %d, outside of %v to %v: %v of %v", i, low, high, got, score)
					}
				}
			}
		}
		d.Add(20+8*math.Sin(2*math.Pi*float64(i)/1440)+r.NormFloat64(), hour)
	}
	if !spoke {
		t.Error("the profile never had a say")
	}
	low, expected, high := d.Band(4.16, 6)
	t.Logf("at six in the morning: %.1f, %.1f, %.1f", low, expected, high)
	if expected < 26 || low < 15 || high > 40 {
		t.Errorf("at the sine's height: %v, %v, %v", low, expected, high)
	}
	low, expected, high = d.Demote().Band(4.16)
	if math.Abs(expected-20) > 2 || low > 10 || high < 30 {
		t.Errorf("without a profile: %v, %v, %v", low, expected, high)
	}
}

func TestPromotedItGoesOnAsItWas(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var lean Lean
	for range 3000 {
		lean.Add(r.NormFloat64())
	}
	standard := lean.Promote()
	again := standard.Demote()
	if again.core != lean.core || standard.Points() != 3000 {
		t.Error("the core is another one")
	}
	for i := range 3000 {
		x := r.NormFloat64()
		if i == 2000 {
			x = 30
		}
		a, b := lean.Add(x), again.Add(x)
		c := standard.Add(x, 5)
		if a != b || i < 2 && a != c {
			t.Fatalf("at %d: %+v, %+v, %+v", i, a, b, c)
		}
	}
}

func TestAfterAPauseTheShortMeansBeginAtTheLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	var d Lean
	for range 3000 {
		d.Add(r.NormFloat64())
	}
	for range 12 {
		d.Add(3.5)
	}
	paused := d
	paused.Pause()
	if with, without := d.Add(3), paused.Add(3); with.Why != Drift || without.Why == Drift {
		t.Errorf("without a pause %+v, with one %+v", with, without)
	}
}

func TestRebasedItLearnsAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	var d Standard
	for i := range 3000 {
		d.Add(r.NormFloat64(), i/60)
	}
	d.Rebase()
	for i := range 3000 {
		if got := d.Add(1e6+1000*r.NormFloat64(), i/60); got.Alarm > 4.5 {
			t.Fatalf("after the change of unit, at %d: %+v", i, got)
		}
	}
	if _, expected, _ := d.Band(4, 0); math.Abs(expected-1e6) > 1000 || d.Points() != 3000 {
		t.Errorf("it expects %v after %d points", expected, d.Points())
	}
}
