package clientlogs

import (
	"fmt"
	"time"
)

// The rules of auto. A message costs the broker two lines of debug and more; DefaultThreshold messages a second are where
// that begins to be worth a thought (docs/performance.md has the figures).
const (
	DefaultThreshold = 500 // messages a second

	loudFor   = time.Second // how long a rate has to be above the threshold
	flood     = 4           // times the threshold is at once too much
	calmFor   = time.Minute // how long it has to be below half the threshold before recording goes on
	onAgainIn = time.Minute // between two times of switching on
	lookEvery = 250 * time.Millisecond
)

// judge decides whether the broker is quiet enough to say who publishes what. It is fed with the time and the rate, and
// has no clock of its own.
type judge struct {
	threshold float64
	paused    bool
	since     time.Time // when the present state began
	peak      float64   // the highest rate of the present pause
	loud      time.Time // since when the rate has been above the threshold; zero: it is not
	calm      time.Time // since when it has been below half of it
	onAt      time.Time // when recording was last begun
}

// look takes the present rate and reports whether the state has changed.
func (j *judge) look(now time.Time, rate float64) (changed bool) {
	if j.since.IsZero() || now.Before(j.since) { // the first look, or the clock was set back
		j.since, j.loud, j.calm, j.onAt = now, time.Time{}, time.Time{}, time.Time{}
	}
	mark(&j.loud, rate > j.threshold, now)
	mark(&j.calm, rate < j.threshold/2, now)
	if !j.paused {
		if rate > flood*j.threshold || lasted(j.loud, now, loudFor) {
			j.paused, j.since, j.peak = true, now, rate
			return true
		}
		return false
	}
	j.peak = max(j.peak, rate)
	if lasted(j.calm, now, calmFor) && (j.onAt.IsZero() || now.Sub(j.onAt) >= onAgainIn) {
		j.paused, j.since, j.onAt = false, now, now
		return true
	}
	return false
}

// mark keeps since when something holds.
func mark(since *time.Time, holds bool, now time.Time) {
	switch {
	case !holds:
		*since = time.Time{}
	case since.IsZero() || since.After(now):
		*since = now
	}
}

func lasted(since, now time.Time, long time.Duration) bool {
	return !since.IsZero() && now.Sub(since) >= long
}

// pausedSentence and resumedSentence are what the events about a pause say.
func pausedSentence(rate, threshold float64) string {
	return fmt.Sprintf("publish events are not recorded: %.0f messages a second are more than %.0f", rate, threshold)
}

func resumedSentence(peak float64) string {
	return fmt.Sprintf("publish events are recorded again; up to %.0f messages a second were not", peak)
}
