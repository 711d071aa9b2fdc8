package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

func TestNothingIsStrangeThatGoesTogether(t *testing.T) {
	threshold := nulls.Threshold(1440, 0.1)
	for name, process := range nulls.Messages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := nulls.Joint(process, 6, 12_000, threshold)
			t.Logf("%-28s %.3f a day at %.2f", name, count.PerDay(0), threshold)
			within(t, count, 0, 0.15)
		})
	}
}

func TestWhatDoesNotGoTogetherIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		of      string
		strange func(x []float64)
		field   int
		within  int
	}{
		"it draws current and nothing flows":  {"a pump", func(x []float64) { x[1] = 5 }, 1, 3},
		"the sum is none":                     {"one follows from the others", func(x []float64) { x[2] = -x[2] }, 2, 3},
		"one drifts a little":                 {"a pump", func(x []float64) { x[2] += 2 }, 2, 30},
		"what never changed does, a little":   {"one never changes, 16", func(x []float64) { x[0] += 0.01 }, 0, 1},
		"each is usual, the order is another": {"a pump", func(x []float64) { x[0], x[2] = x[2], x[0] }, 0, 1},
	} {
		next := nulls.Messages()[c.of](rand.New(rand.NewPCG(1, 18)))
		d := detect.NewJoint(len(next(0)))
		found := 0
		for i := range 3000 {
			x := append([]float64{}, next(i)...)
			if i >= 2900 {
				c.strange(x)
			}
			got, contribution := d.Add(x)
			if i < 2900 && got.Alarm >= 4.16 {
				t.Errorf("%s: before, at %d, it says %+v", name, i, got)
			}
			if i < 2900 || got.Alarm < 4.16 || found > 0 {
				continue
			}
			found = i - 2900 + 1
			most := 0
			for j, part := range contribution {
				if part > contribution[most] {
					most = j
				}
			}
			if got.Why != detect.Together || len(contribution) != len(x) || most != c.field || got.Spread <= got.Expected {
				t.Errorf("%s: it says %+v, %v", name, got, contribution)
			}
		}
		t.Logf("%s: found after %d points", name, found)
		if found == 0 || found > c.within {
			t.Errorf("%s: found after %d points", name, found)
		}
	}
}

func TestAJointTakesWhatItIsFor(t *testing.T) {
	if got := detect.NewJoint(40).Fields(); got != 16 {
		t.Errorf("of 40 fields it takes %d", got)
	}
	d := detect.NewJoint(3)
	if r, c := d.Add([]float64{1, 2}); r != (detect.Result{}) || c != nil || d.Points() != 0 {
		t.Error("it takes two for three")
	}
}

func FuzzAnyMessages(f *testing.F) {
	f.Add(int64(1), 1e300, -1e300, 3)
	f.Add(int64(2), 5e-324, 1.0, 16)
	f.Add(int64(3), 0.0, 0.0, 2)
	f.Fuzz(func(t *testing.T, seed int64, a, b float64, fields int) {
		if math.IsNaN(a) || math.IsInf(a, 0) || math.IsNaN(b) || math.IsInf(b, 0) {
			t.Skip()
		}
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		d := detect.NewJoint(fields)
		x := make([]float64, d.Fields())
		for range 600 {
			for i := range x {
				x[i] = a
				if r.IntN(3) == 0 {
					x[i] = b
				}
			}
			got, contribution := d.Add(x)
			if math.IsNaN(got.Score) || got.Score < 0 || got.Score > 30 || got.Alarm > got.Score || math.IsNaN(got.Expected) || math.IsNaN(got.Spread) {
				t.Fatalf("%v, %v: %+v", a, b, got)
			}
			for _, part := range contribution {
				if math.IsNaN(part) || part < 0 {
					t.Fatalf("%v, %v: %v", a, b, contribution)
				}
			}
		}
	})
}
