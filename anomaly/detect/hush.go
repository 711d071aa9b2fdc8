package detect

import "math"

const alarms = 200 // points before the first alarm

const (
	tiring      = 2.7 // a score from which on an excursion counts for fatigue
	apart       = 60  // points between two excursions, and for which an alarm is not repeated
	fatigue     = 0.4
	fatigueHalf = 500 // points

	unheard  = 4   // an alarm from which on a point is not learned when it is
	firstOne = 1.5 // the only excursion of late, itself counted
)

// fatigueKept is 2^(-1/fatigueHalf): what of the fatigue is left one point later.
const fatigueKept = 0.9986146661010289

// hush makes alarms of scores: the more there were of late, the less each is worth.
type hush struct {
	tired float32 // excursions, each worth less as time goes by
	peak  float32 // the last alarm
	quiet uint16  // points since the last excursion began
	held  uint16  // points since the last alarm
}

// alarm lowers a score by how many excursions there have been of late, and passes over what only repeats the last alarm. n is
// how many points there were before.
func (h *hush) alarm(score float64, n uint32) float64 {
	h.tired *= fatigueKept
	h.quiet, h.held = next(h.quiet), next(h.held)
	alarm := score
	if score > 1 { // what is less is never an alarm
		alarm = max(0, score-fatigue*math.Log10(1+float64(h.tired)))
	}
	if score > tiring && h.quiet >= apart {
		h.tired++
		h.quiet = 0
	}
	switch {
	case n < alarms:
		return 0
	case h.held < apart && alarm <= float64(h.peak):
		return 0
	case alarm > 1:
		h.peak, h.held = float32(alarm), 0
	}
	return alarm
}

// first reports whether a point belongs to the only alarm of late. It is not learned then, so that right behind it the expected is
// no wider and the same once more is strange again; what comes a third time is learned as usual.
func (h *hush) first(alarm float64) bool { return alarm >= unheard && h.tired < firstOne }

func next(n uint16) uint16 {
	if n < math.MaxUint16 {
		return n + 1
	}
	return n
}
