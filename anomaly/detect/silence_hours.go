package detect

import "math"

// farthestMs is how far ahead a deadline is looked for. In two weeks each hour of the week has come twice.
const farthestMs = 14 * hoursOfDay * hourMs

// begin makes the hour of a moment the one that is counted.
func (d *Silence) begin(at int64, week func(int64) int, whole bool) {
	d.hour, d.until = uint8(hourOfWeek(week(at))), hourEnd(at, week)
	d.whole, d.count = whole, 0
}

// pass closes the hour that is counted and those in which nothing came, up to the one of at, which begins. Empty hours
// within a silence that was an alarm, or that we did not see, are not learned.
func (d *Silence) pass(at int64, week func(int64) int, alarm bool) {
	if d.whole {
		d.learnHour(int(d.hour), float64(d.count))
	}
	seen := !d.blind
	planned := alarm && d.rests(int(d.hour)+1) && d.rests(week(at)-1)
	start := d.until
	for range hoursOfWeek { // after a week there is nothing new to learn
		end := nextHour(start, week)
		if end > at {
			break
		}
		switch hour := hourOfWeek(week(start)); {
		case !seen:
		case alarm:
			d.doubt(hour)
			if planned {
				d.doubt(hour)
			}
		default:
			d.learnHour(hour, 0)
		}
		start = end
	}
	d.begin(at, week, seen && !alarm)
}

// rests reports whether an hour of the week is known to bring nothing. A silence that was an alarm, began when a shift ends and
// ended when one begins was a weekend rather than a failure.
func (d *Silence) rests(hour int) bool {
	count, ok := d.brings(hourOfWeek(hour))
	return ok && count < leastCount
}

// learnHour takes in how many arrivals an hour has brought.
func (d *Silence) learnHour(hour int, count float64) {
	mean := count
	if known := d.hours[hour]; known == hourNone || known >= hourLowest {
		mean = decoded(known)
		mean += weekLearning * (count - mean)
	}
	d.hours[hour] = encoded(mean)
}

// doubt takes in that an hour was empty although it was an alarm. Twice is what it takes for an hour of which nothing
// else is known.
func (d *Silence) doubt(hour int) {
	switch d.hours[hour] {
	case hourUnknown:
		d.hours[hour] = hourDoubted
	case hourDoubted:
		d.hours[hour] = hourNone
	}
}

func encoded(mean float64) uint8 {
	if mean < leastCount/2 {
		return hourNone
	}
	step := math.Round(hourSteps * math.Log2(mean/leastCount))
	return hourLowest + uint8(max(0, min(255-hourLowest, step)))
}

func decoded(code uint8) float64 {
	if code < hourLowest {
		return 0
	}
	return leastCount * math.Exp2(float64(code-hourLowest)/hourSteps)
}

// brings is how many arrivals an hour of the week usually brings. An hour of which nothing certain is known goes by the
// same hour of other days; ok is false where those say nothing either.
func (d *Silence) brings(hour int) (count float64, ok bool) {
	if known := d.hours[hour]; known == hourNone || known >= hourLowest {
		return decoded(known), true
	}
	sum, days, doubts := 0.0, 0, 0
	for other := hour % hoursOfDay; other < hoursOfWeek; other += hoursOfDay {
		switch code := d.hours[other]; code {
		case hourUnknown:
		case hourDoubted:
			doubts++
		default:
			sum += decoded(code)
			days++
		}
	}
	if days == 0 {
		return 0, doubts > 0
	}
	return sum / float64(days), true
}

// Where an hour brings much less or much more than its neighbours, something begins or ends within it. Nobody knows when,
// so it is taken to bring all that it brings in the part that has been seen, at half again the highest rate around.
const (
	alike = 0.7
	rush  = 1.5
)

// missed is how many arrivals there should have been from the open gap's beginning until now, or up to when there should
// have been enough of them, whichever is earlier; and when that is.
func (d *Silence) missed(now int64, enough float64, week func(int64) int) (count float64, at int64) {
	at = now
	d.walk(now, week, func(hour int, from, to int64) bool {
		before, slope := d.line(hour)
		got := max(0, before+slope*min(1, float64(to-from)/hourMs))
		if count+got < enough {
			count += got
			return true
		}
		part := (enough - count - before) / slope
		count, at = enough, min(to, from+int64(math.Ceil(part*hourMs)))
		return false
	})
	return count, at
}

// usually is how many arrivals come in as much of these hours as the open gap has by now. Other than missed it allows for
// nothing: it is for learning.
func (d *Silence) usually(now int64, week func(int64) int) (count float64) {
	d.walk(now, week, func(hour int, from, to int64) bool {
		own, ok := d.brings(hour)
		if !ok {
			own = d.byLength()
		}
		count += own * float64(to-from) / hourMs
		return true
	})
	return count
}

// walk goes over the hours of the open gap until now, as long as each returns true. It looks back for two weeks at most.
func (d *Silence) walk(now int64, week func(int64) int, each func(hour int, from, to int64) bool) {
	from, hour, until := d.open, int(d.hour), d.until
	if from >= until || from < until-hourMs {
		hour, until = hourOfWeek(week(from)), hourEnd(from, week)
	}
	for from < now && each(hour, from, min(until, now)) {
		if from = until; now-from > farthestMs {
			from = hourEnd(now-farthestMs, week)
		}
		hour, until = hourOfWeek(week(from)), nextHour(from, week)
	}
}

// byLength is how many arrivals an hour would bring were all hours alike.
func (d *Silence) byLength() float64 { return hourMs / 1000 / max(float64(d.mean), 1e-3) }

// line says how many arrivals are missed in a part of an hour of the week: before + slope·part, and not less than none.
func (d *Silence) line(hour int) (before, slope float64) {
	own, ok := d.brings(hour)
	if !ok {
		return 0, d.byLength()
	}
	highest, lowest := own, own
	for _, beside := range []int{hour + 1, hour - 1} {
		if other, ok := d.brings(hourOfWeek(beside)); ok {
			highest, lowest = max(highest, other), min(lowest, other)
		}
	}
	if lowest >= alike*own && own >= alike*highest {
		return 0, own
	}
	return own - rush*highest, rush * highest
}
