package detect

// Hours of the week are asked for and not reckoned with, because time zones and summer time are the caller's. All zones
// there are differ from each other by quarters of an hour.
const (
	quarterMs = 15 * 60 * 1000
	hourMs    = 4 * quarterMs
)

// hourEnd is when the hour of the week ends in which a moment lies, in milliseconds.
func hourEnd(at int64, week func(int64) int) int64 {
	quarter := at / quarterMs
	if at%quarterMs < 0 {
		quarter--
	}
	end := (quarter + 1) * quarterMs
	for hour := week(at); end-at <= hourMs-quarterMs && week(end) == hour; {
		end += quarterMs
	}
	return end
}

// nextHour is when the hour ends that begins at a moment.
func nextHour(start int64, week func(int64) int) int64 {
	if end := start + hourMs; week(end-1) == week(start) {
		return end
	}
	return hourEnd(start, week) // summer time begins or ends
}

// The counts of an hour are kept in one byte, a twelfth of an octave apart, which is 6 %.
const (
	hourUnknown  = 0 // never seen as a whole
	hourNone     = 1 // known to bring nothing
	hourDoubted  = 2 // nothing came, but once only and within a silence that was an alarm: perhaps it never does
	hourLowest   = 3 // leastCount, and what is less
	hourSteps    = 12
	leastCount   = 1. / 8
	hoursOfDay   = 24
	weekLearning = 0.3 // what the last week is worth in the mean of all
)
