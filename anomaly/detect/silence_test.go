package detect_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // the zones, wherever the tests run
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/nulls"
)

// Moments are milliseconds.
const (
	second = int64(1000)
	hour   = 3600 * second
	day    = 24 * hour
	monday = nulls.Monday
)

func utc(ms int64) int { return nulls.Week(ms) }

// TestNothingIsSilentWhoseSilenceIsUsual counts the alarms of 28 days of arrivals, at the score 5 and at the one that stands
// for an alarm in ten days, and how soon the end of a process is found.
func TestNothingIsSilentWhoseSilenceIsUsual(t *testing.T) {
	const series = 5
	for name, process := range nulls.Arrivals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count, arrivals := nulls.Silence(process, series, 28)
			found, atBudget := nulls.Dead(process, series, nulls.WednesdayNoon)
			t.Logf("%-32s %5.0f a day; false a day: %.3f at 5, %.3f at the budget; dead on Wednesday noon is found after %.0f s, at the budget %.0f s",
				name, arrivals, count.PerDay(0), count.PerDay(1), found, atBudget)
			if count.PerDay(0) > 0.25 || count.PerDay(1) > 0.25 {
				t.Errorf("%.3f and %.3f false alarms a day", count.PerDay(0), count.PerDay(1))
			}
			if bound := dead()[name]; bound == 0 || found > bound {
				t.Errorf("found after %.0f s, not within %.0f", found, bound)
			}
			if bound := atOneInTenDays()[name]; bound > 0 && atBudget > bound {
				t.Errorf("at the budget found after %.0f s, not within %.0f", atBudget, bound)
			}
		})
	}
}

// dead says after how many seconds the process that ends on a Wednesday at noon is to be found at score 5: after two and a half
// periods what comes at regular intervals, within the shift what works in shifts.
func dead() map[string]float64 {
	return map[string]float64{
		"every 60 s ± 5 %":               150,
		"every 60 s, 1 % lost":           192,
		"every 60 s, 2 % lost":           230, // 3 or 4 periods: three in a row are as rare as that, or nearly
		"Poisson 60 s":                   1500,
		"Pareto 1.5":                     29 * 3600,
		"10 in a burst every 10 min":     1500,
		"8 h on, 16 h off":               150,
		"8 h on, 16 h off, weekends off": 4 * 3600,
		"8 h on, Poisson, weekends off":  4 * 3600,
		"Poisson, seldom at night":       4 * 3600,
	}
}

// atOneInTenDays says the same of the score that stands for one alarm in ten days. Where messages are lost nobody can do better than
// three periods: two lost in a row are more frequent than that.
func atOneInTenDays() map[string]float64 {
	return map[string]float64{"every 60 s ± 5 %": 150, "every 60 s, 1 % lost": 186, "every 60 s, 2 % lost": 186}
}

func TestADeadlineIsWhenTheScoreIsReached(t *testing.T) {
	for name, process := range nulls.Arrivals() {
		r := rand.New(rand.NewPCG(3, 12))
		next := process(r)
		var d detect.Silence
		i := 0
		for at := monday; at < monday+10*day; at += next(at) {
			d.Arrive(at, utc)
			if i++; i%211 != 0 {
				continue
			}
			for _, score := range []float64{1.5, 3, 5, 7} {
				by, ok := d.Deadline(score, utc)
				if !ok {
					continue
				}
				if got := d.Score(by, utc); got.Score < score || got.Why != detect.Quiet || got.Alarm != got.Score {
					t.Fatalf("%s: at the deadline of %v: %+v", name, score, got)
				}
				early := by - max(3, (by-d.Last())/1_000_000)
				if got := d.Score(early, utc); got.Score >= score {
					t.Fatalf("%s: before the deadline of %v: %+v", name, score, got)
				}
			}
			if got := d.Score(d.Last(), utc); got.Score != 0 || got.Expected != d.Usual() || got.Spread <= 0 {
				t.Fatalf("%s: at once: %+v", name, got)
			}
		}
	}
}

// TestASecondWeekendIsNoNews has a shift end on Friday and begin again on Monday: once that is an alarm, and then it is known.
// What falls silent in the middle of a shift and comes back in the middle of one was a failure, and is none the next time either.
func TestASecondWeekendIsNoNews(t *testing.T) {
	for name, c := range map[string]struct {
		from, until int64 // of the silence, from Monday on
		known       bool
	}{
		"a weekend":                    {4*day + 14*hour, 7*day + 6*hour, true},
		"a failure from Friday's noon": {4*day + 12*hour, 7*day + 10*hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			var d detect.Silence
			works := func(at int64) bool {
				return at%day >= 6*hour && at%day < 14*hour && (at%(7*day) < c.from || at%(7*day) >= c.until%(7*day) && at >= 7*day)
			}
			for at := int64(0); at < 11*day+14*hour; at += 30 * second {
				if works(at) {
					d.Arrive(monday+at, utc)
				}
			}
			by, ok := d.Deadline(5, utc)
			if saturday := monday + 12*day; ok && by > saturday && by < saturday+day == c.known {
				t.Errorf("in the second week it is an alarm on %v", time.UnixMilli(by).UTC())
			}
		})
	}
}

// TestWhatStaysAwayInTheMorningIsFound is the shift that does not begin: most of the gap is usual, its end is not.
func TestWhatStaysAwayInTheMorningIsFound(t *testing.T) {
	process := nulls.Arrivals()["8 h on, 16 h off, weekends off"]
	next := process(rand.New(rand.NewPCG(1, 1)))
	var d detect.Silence
	for at := monday; at < monday+28*day+20*hour; at += next(at) {
		d.Arrive(at, utc)
	}
	by, ok := d.Deadline(5, utc)
	if begin := monday + 29*day + 8*hour; !ok || by < begin || by > begin+hour {
		t.Errorf("found %v after the shift should have begun, %v", time.Duration(by-begin)*time.Millisecond, ok)
	}
	last := d.Last()
	d.Missed(monday + 29*day + 13*hour) // we did not look in the meantime
	if by, _ := d.Deadline(5, utc); by < monday+29*day+13*hour+2*60*second || by > monday+29*day+14*hour {
		t.Errorf("found %v after we looked again", time.Duration(by-monday-29*day-13*hour)*time.Millisecond)
	}
	if d.Last() != last {
		t.Error("the last arrival is another one")
	}
}

func TestWhatWasNotSeenIsNotLearned(t *testing.T) {
	next := nulls.Arrivals()["every 60 s ± 5 %"](rand.New(rand.NewPCG(1, 1)))
	var d detect.Silence
	at := monday
	for ; at < monday+7*day; at += next(at) {
		d.Arrive(at, utc)
	}
	usual, before := d.Usual(), d.Score(d.Last()+100*second, utc)
	for range 20 { // a day without us, again and again; and a clock that goes back
		at += day
		d.Missed(at)
		if got := d.Score(at+30*second, utc); got.Score != 0 {
			t.Fatalf("after we were away: %+v", got)
		}
		at += next(at)
		d.Arrive(at, utc)
		at += next(at)
		d.Arrive(at, utc)
		back := at - 3*hour
		d.Arrive(back, utc)
		if d.Last() != back {
			t.Fatal("the clock that goes back is not followed")
		}
	}
	after := d.Score(d.Last()+100*second, utc)
	if math.Abs(d.Usual()-usual) > 1 || math.Abs(after.Score-before.Score) > 0.5 {
		t.Errorf("it was %v, %+v, and is %v, %+v", usual, before, d.Usual(), after)
	}
	if d.Points() < 10_000 {
		t.Errorf("%d points", d.Points())
	}
}

// TestTheDeadDoNotTeach: a device that was dead for days is found as quickly when it dies again, in the same hours.
func TestTheDeadDoNotTeach(t *testing.T) {
	next := nulls.Arrivals()["every 60 s ± 5 %"](rand.New(rand.NewPCG(1, 1)))
	var d detect.Silence
	at := monday
	for week := range 4 {
		for ; at < monday+int64(week*7+9)*day; at += next(at) {
			d.Arrive(at, utc)
		}
		by, ok := d.Deadline(5, utc)
		if late := float64(by-d.Last()) / 1000; !ok || late > 200 {
			t.Errorf("dead for the %d. time it is found after %.0f s, %v", week+1, late, ok)
		}
		at += 3 * day
	}
}

// TestAnHourIsAnHourInAllZones walks through a year of a zone with summer time, and one that is a quarter of an hour off.
func TestAnHourIsAnHourInAllZones(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"} {
		where, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		week := func(ms int64) int {
			t := time.UnixMilli(ms).In(where)
			return int(t.Weekday())*24 + t.Hour()
		}
		// From 8 to 18 o'clock there, every minute.
		var d detect.Silence
		false5 := 0
		for at := monday; at < monday+364*day; at += 60 * second {
			if h := week(at) % 24; h < 8 || h >= 18 {
				continue
			}
			if by, ok := d.Deadline(5, week); ok && by < at {
				false5++
			}
			d.Arrive(at, week)
		}
		if false5 > 1 {
			t.Errorf("%s: %d alarms in a year; only the first night may be one", zone, false5)
		}
	}
}

func TestASilenceIsAsSmallAsItSays(t *testing.T) {
	size := unsafe.Sizeof(detect.Silence{})
	t.Logf("Silence has %d bytes", size)
	if size > 320 {
		t.Errorf("Silence has %d bytes", size)
	}
}
