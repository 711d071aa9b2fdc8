package nulls

import (
	"math"
	"math/rand/v2"
	"time"
)

// Gaps makes arrivals: it says how many milliseconds after one moment the next comes.
type Gaps func(r *rand.Rand) func(at int64) int64

// Monday is a Monday at midnight in UTC, in milliseconds since the epoch: where measuring begins.
const Monday = int64(1_767_571_200_000)

const (
	hour = int64(3_600_000)
	day  = 24 * hour
)

// Week is the hour of the week in UTC; Sunday's first is 0.
func Week(ms int64) int {
	t := time.UnixMilli(ms).UTC()
	return int(t.Weekday())*24 + t.Hour()
}

// Arrivals are the processes by which the detector of silence is measured.
func Arrivals() map[string]Gaps {
	seconds := func(s float64) int64 { return max(1, int64(s*1000)) }
	minutely := func(r *rand.Rand) func(int64) int64 {
		return func(int64) int64 { return seconds(60 * (1 + 0.1*(r.Float64()-0.5))) }
	}
	// losing loses one arrival in so many.
	losing := func(of int) Gaps {
		return func(r *rand.Rand) func(int64) int64 {
			next := minutely(r)
			return func(at int64) int64 {
				wait := next(at)
				for r.IntN(of) == 0 {
					wait += next(at)
				}
				return wait
			}
		}
	}
	// within lets arrivals come from 8 to 16 o'clock only, on so many days of the week.
	within := func(of Gaps, days int) Gaps {
		return func(r *rand.Rand) func(int64) int64 {
			next := of(r)
			return func(at int64) int64 {
				then := at + next(at)
				for {
					since := (then - Monday) % day
					switch {
					case int((then-Monday)/day)%7 >= days || since >= 16*hour:
						then += day - since + 8*hour + next(at)
					case since < 8*hour:
						then += 8*hour - since + next(at)
					default:
						return then - at
					}
				}
			}
		}
	}
	poisson := func(r *rand.Rand) func(int64) int64 {
		return func(int64) int64 { return seconds(60 * r.ExpFloat64()) }
	}
	return map[string]Gaps{
		"every 60 s ± 5 %":     minutely,
		"every 60 s, 1 % lost": losing(100),
		"every 60 s, 2 % lost": losing(50),
		"Poisson 60 s":         poisson,
		"Pareto 1.5": func(r *rand.Rand) func(int64) int64 {
			return func(int64) int64 { return seconds(20 * math.Pow(1-r.Float64(), -1/1.5)) }
		},
		"10 in a burst every 10 min": func(r *rand.Rand) func(int64) int64 {
			i := 0
			return func(int64) int64 {
				if i++; i%10 != 0 {
					return seconds(3 * r.ExpFloat64())
				}
				return seconds(570 + 20*r.NormFloat64())
			}
		},
		"8 h on, 16 h off":               within(minutely, 7),
		"8 h on, 16 h off, weekends off": within(minutely, 5),
		"8 h on, Poisson, weekends off":  within(poisson, 5),
		"Poisson, seldom at night": func(r *rand.Rand) func(int64) int64 {
			return func(at int64) int64 {
				// Thinned: 60 an hour by day, 1 at night.
				then := at
				for {
					then += seconds(60 * r.ExpFloat64())
					if since := (then - Monday) % day; since > 7*hour && since < 22*hour || r.IntN(60) == 0 {
						return then - at
					}
				}
			}
		},
	}
}
