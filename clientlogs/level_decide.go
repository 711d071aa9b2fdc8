package clientlogs

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The rules of auto. DefaultThreshold messages a second, of three lines of debug each, cost broker and keeper together
// about 2 % of a core (BenchmarkDebugLog in package broker).
const (
	DefaultThreshold = 500     // messages a second
	mostThreshold    = 100_000 // more than a broker with its debug log on can do

	loudFor = time.Second // how long a rate has to be above the threshold
	flood   = 4           // times the threshold is at once too much
	calmFor = time.Minute // how long it has to be below half the threshold before recording goes on

	linesPerMessage = 3 // received, delivered to a subscriber, delivered to BunkerM
)

// How long a signal keeps the broker from doing anything else: it checks the password of every client that is connected
// (measured with 2,000 of them on 2.0.11 and 2.1.2, which hashes longer). auto does not switch on what would hold it up
// for longer than longestHold.
const (
	holdPerClient   = 290 * time.Microsecond
	holdPerClient20 = 45 * time.Microsecond
	longestHold     = 500 * time.Millisecond
	clientsWithin   = 15 * time.Second // after a start, for the broker to tell how many clients it has
)

// load is what the messages of a second mean for the debug log, in messages of linesPerMessage lines: one that goes to a
// thousand subscribers has a thousand lines.
func load(published, delivered float64) float64 {
	return max(published, (published+delivered+published)/linesPerMessage)
}

// tooDear says why a switch would hold up the broker for too long; empty when it would not.
func tooDear(version string, clients int) string {
	each := holdPerClient
	if strings.HasPrefix(version, "2.0.") {
		each = holdPerClient20
	}
	hold := time.Duration(clients) * each
	if hold <= longestHold {
		return ""
	}
	return fmt.Sprintf("switching the broker's debug log would hold up its %d clients for about %.1f seconds", clients, hold.Seconds())
}

// judge decides whether the broker is quiet enough to say who publishes what. It is fed with the time and the rate, and
// has no clock of its own.
type judge struct {
	pause intermission
	loud  time.Time // since when the rate has been above the threshold; zero: it is not
	calm  time.Time // since when it has been below half of it; zero: it is not
}

// look takes the present rate, and why the debug log had better not be switched on, and reports whether a pause has begun
// or ended.
func (j *judge) look(now time.Time, rate, threshold float64, dear string) (changed bool) {
	mark(&j.loud, rate > threshold, now)
	mark(&j.calm, rate < threshold/2, now)
	if !j.pause.on() {
		if dear != "" {
			j.pause = intermission{Since: now, Peak: rate, Reason: "publish events paused: " + dear}
			return true
		}
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
	if dear != "" {
		j.pause.Reason = "publish events paused: " + dear
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
