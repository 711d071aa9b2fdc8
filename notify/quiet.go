package notify

import "time"

const minutesADay = 24 * 60

// minuteOfDay reads a time such as 22:00 as minutes since midnight.
func minuteOfDay(text string) (minute int, ok bool) {
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, false
	}
	return at.Hour()*60 + at.Minute(), true
}

// holds reports whether a message of a severity is held back at a time of the service's zone. What the clocks on the wall
// show counts, so on the days on which they are changed the hours are longer or shorter.
func (q *QuietHours) holds(s Severity, now time.Time) bool {
	return q.quiet(now) && (s != Critical || q.AlsoCritical)
}

func (q *QuietHours) quiet(now time.Time) bool {
	if q == nil {
		return false
	}
	from, okFrom := minuteOfDay(q.From)
	to, okTo := minuteOfDay(q.To)
	if !okFrom || !okTo {
		return false
	}
	minute := now.Hour()*60 + now.Minute()
	return (minute-from+minutesADay)%minutesADay < (to-from+minutesADay)%minutesADay
}

// untilLooked is how long to wait before asking again: to the next full minute. Anything further would have to know when
// somebody changes the clock or the zone.
func untilLooked(now time.Time) time.Duration {
	return now.Truncate(time.Minute).Add(time.Minute).Sub(now)
}
