package query

import (
	"strconv"
	"time"
)

// mostYears keeps times within what milliseconds and durations can hold.
const mostYears = 100

// Moment reads a time: RFC 3339, or a duration back from now.
func Moment(text string, now time.Time) (time.Time, bool) {
	if back, ok := Duration(text); ok {
		return now.Add(-back), true
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1970 || at.Year() > now.Year()+mostYears {
		return time.Time{}, false
	}
	return at, true
}

// Duration reads a length of time as Go writes it, or a whole number of days or weeks as in 7d and 2w.
func Duration(text string) (time.Duration, bool) {
	const day = 24 * time.Hour
	if n := len(text); n > 1 && (text[n-1] == 'd' || text[n-1] == 'w') {
		unit := day
		if text[n-1] == 'w' {
			unit = 7 * day
		}
		count, err := strconv.Atoi(text[:n-1])
		if err != nil || count < 0 || count > int(mostYears*366*day/unit) {
			return 0, false
		}
		return time.Duration(count) * unit, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0 && d <= mostYears*366*day
}
