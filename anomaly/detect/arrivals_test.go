package detect_test

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	second = int64(1000)
	hour   = 3600 * second
	day    = 24 * hour
)

// monday is a Monday at midnight, UTC.
const monday = int64(1_767_571_200_000)

// utc is the hour of the week in UTC; Sunday's first is 0.
func utc(ms int64) int {
	t := time.UnixMilli(ms).UTC()
	return int(t.Weekday())*24 + t.Hour()
}

// arrivals are processes with which nothing is the matter. Each says how long after one moment the next arrival comes.
func arrivals() map[string]func(r *rand.Rand) func(at int64) int64 {
	seconds := func(s float64) int64 { return max(1, int64(s*1000)) }
	minutely := func(r *rand.Rand) func(int64) int64 {
		return func(int64) int64 { return seconds(60 * (1 + 0.1*(r.Float64()-0.5))) }
	}
	// within lets arrivals come from 8 to 16 o'clock only, on so many days of the week.
	within := func(of func(r *rand.Rand) func(int64) int64, days int) func(r *rand.Rand) func(int64) int64 {
		return func(r *rand.Rand) func(int64) int64 {
			next := of(r)
			return func(at int64) int64 {
				then := at + next(at)
				for {
					since := (then - monday) % day
					switch {
					case int((then-monday)/day)%7 >= days || since >= 16*hour:
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
	return map[string]func(r *rand.Rand) func(int64) int64{
		"every 60 s ± 5 %": minutely,
		"every 60 s, 2 % lost": func(r *rand.Rand) func(int64) int64 {
			next := minutely(r)
			return func(at int64) int64 {
				wait := next(at)
				for r.IntN(50) == 0 {
					wait += next(at)
				}
				return wait
			}
		},
		"Poisson 60 s": poisson,
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
					if since := (then - monday) % day; since > 7*hour && since < 22*hour || r.IntN(60) == 0 {
						return then - at
					}
				}
			}
		},
	}
}
