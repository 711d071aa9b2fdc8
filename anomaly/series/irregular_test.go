package series_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/anomaly/extract"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
	"github.com/bunkerm/bunkerm/anomaly/series"
)

// sampling says how many seconds after one value the next comes; i counts them, at is milliseconds.
type sampling func(r *rand.Rand, i int, at int64) float64

func samplings() map[string]sampling {
	const dayMs, hourMs = 86_400_000, 3_600_000
	burst := func(values int, gap, rest float64) sampling {
		return func(_ *rand.Rand, i int, _ int64) float64 {
			if i%values == 0 {
				return rest
			}
			return gap
		}
	}
	return map[string]sampling{
		"every minute":                  func(*rand.Rand, int, int64) float64 { return 60 },
		"by chance":                     func(r *rand.Rand, _ int, _ int64) float64 { return 60 * r.ExpFloat64() },
		"ten in a burst":                burst(10, 3, 570),
		"a hundred in a burst, at 5 Hz": burst(100, 0.2, 580),
		"eight hours a day": func(_ *rand.Rand, _ int, at int64) float64 {
			if (at-nulls.Monday)%dayMs > 16*hourMs {
				return 16 * 3600
			}
			return 60
		},
		"every five minutes, and now and then every five seconds": func(_ *rand.Rand, _ int, at int64) float64 {
			if (at-nulls.Monday)%(6*hourMs) < hourMs/2 {
				return 5
			}
			return 300
		},
	}
}

// TestHoweverIrregularlyItComes a quantity that changes within two hours makes hardly a false alarm in a fortnight, and a step of six
// times what it usually is from its mean is found within half a day.
func TestHoweverIrregularlyItComes(t *testing.T) {
	const runs, days = 4, 14
	for name, next := range samplings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alarms, found := 0, 0
			for run := range runs {
				r := rand.New(rand.NewPCG(uint64(run), 5))
				c := &series.Context{Week: nulls.Week, Budget: 0.1}
				topic := series.NewTopic(c, "t")
				x, at := 0., nulls.Monday
				step := at + days*24*time.Hour.Milliseconds()
				stepped := false
				for i := 1; at < step+12*time.Hour.Milliseconds() && !stepped; i++ {
					seconds := next(r, i, at)
					at += int64(1000 * seconds)
					stays := math.Exp(-seconds / 7200)
					x = stays*x + math.Sqrt(1-stays*stays)*r.NormFloat64()
					v := 20 + x + 0.1*r.NormFloat64()
					if at >= step {
						v += 6
					}
					c.At, c.Hour, c.Found = at, nulls.Week(at), c.Found[:0]
					topic.Message(c, []extract.Field{{Kind: extract.Number, Number: math.Round(100*v) / 100}}, 5)
					for _, f := range c.Found {
						switch {
						case f.Over || f.Score < f.Threshold:
						case at < step:
							alarms++
						default:
							stepped = true
						}
					}
				}
				if stepped {
					found++
				}
			}
			t.Logf("%d alarms for nothing in %d days; %d steps of %d found", alarms, runs*days, found, runs)
			if alarms > 2 || found < runs-1 {
				t.Errorf("%d alarms for nothing in %d days; %d steps of %d found", alarms, runs*days, found, runs)
			}
		})
	}
}
