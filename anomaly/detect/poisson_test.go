package detect

import (
	"math"
	"testing"
)

// TestPoissonIsWhatTablesSay compares with four hundred terms, summed by another program.
func TestPoissonIsWhatTablesSay(t *testing.T) {
	for _, c := range []struct{ n, rate, want float64 }{
		{1, 0.01, 0.009950166250831947},
		{3, 0.5, 0.014387677966970713},
		{10, 2, 4.649807501726321e-05},
		{100, 50, 3.2000653245851537e-10},
	} {
		got := poissonAtLeast(c.n, c.rate)
		if math.Abs(got/c.want-1) > 0.01 {
			t.Errorf("P(X >= %v) at %v is %v, not %v", c.n, c.rate, got, c.want)
		}
	}
	// The bound at high rates and the sum at low ones meet.
	below, above := poissonAtLeast(10_300, 9_999), poissonAtLeast(10_301+0.003, 10_001)
	if math.Abs(above/below-1) > 0.25 {
		t.Errorf("at 10,000 it goes from %v to %v", below, above)
	}
	for _, rate := range []float64{0, 0.001, 0.3, 4, 77, 5000, 1e5, 1e8} {
		for _, p := range []float64{0.3, 1e-3, 1e-5, 1e-12} {
			n := poissonBeyond(p, rate)
			if poissonAtLeast(n, rate) > p || poissonAtLeast(n-1, rate) <= p {
				t.Errorf("beyond %v at %v is %v", p, rate, n)
			}
		}
	}
}
