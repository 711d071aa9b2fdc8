package clientlogs

import (
	"math"
	"time"
)

// The rules of auto. A message costs the broker two lines of debug and more, each a few microseconds; DefaultThreshold
// messages a second are where that begins to be worth a thought (docs/performance.md has the figures).
const (
	DefaultThreshold = 500     // messages a second
	mostThreshold    = 100_000 // more than a broker with its debug log on can do

	loudFor = time.Second // how long a rate has to be above the threshold
	flood   = 4           // times the threshold is at once too much
	calmFor = time.Minute // how long it has to be below half the threshold before recording goes on
)

// judge decides whether the broker is quiet enough to say who publishes what. It is fed with the time and the rate, and
// has no clock of its own.
type judge struct {
	pause intermission
	loud  time.Time // since when the rate has been above the threshold; zero: it is not
	calm  time.Time // since when it has been below half of it; zero: it is not
}

// look takes the present rate and reports whether a pause has begun or ended.
func (j *judge) look(now time.Time, rate, threshold float64) (changed bool) {
	mark(&j.loud, rate > threshold, now)
	mark(&j.calm, rate < threshold/2, now)
	if !j.pause.on() {
		if rate <= flood*threshold && !lasted(j.loud, now, loudFor) {
			return false
		}
		j.pause = intermission{Since: now, Peak: rate, Reason: pausedSentence(rate, threshold)}
		return true
	}
	j.pause.Peak = max(j.pause.Peak, rate)
	if !lasted(j.calm, now, calmFor) {
		return false
	}
	j.pause = intermission{}
	return true
}

// mark keeps since when something holds. A clock that was set back begins anew.
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

// smoothing is how long a rate is remembered, about. Devices publish in bursts: a thousand messages in the same moment of
// every second are a thousand a second, not four thousand and then none.
const smoothing = time.Second

// smoothed is a rate whose older measurements count less and less.
type smoothed struct {
	value float64
	at    time.Time
}

// add takes what was measured since the last call, and returns the rate.
func (s *smoothed) add(now time.Time, measured float64) float64 {
	if s.at.IsZero() {
		s.value = measured
	}
	passed := max(now.Sub(s.at), 0)
	s.value += (measured - s.value) * -math.Expm1(-passed.Seconds()/smoothing.Seconds())
	s.at = now
	return s.value
}
