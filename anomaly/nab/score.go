package nab

import (
	"cmp"
	"math"
	"slices"
)

// Profile weighs what a detector does.
type Profile struct {
	Name       string
	TP, FP, FN float64
}

// Profiles are the three that the benchmark has.
func Profiles() []Profile {
	return []Profile{
		{"standard", 1, 0.11, 1}, {"low false positives", 1, 0.22, 1}, {"low false negatives", 1, 0.11, 2},
	}
}

// Window is where an anomaly was labelled: the indexes of its first and last point.
type Window struct{ From, To int }

// Series is one file with its labels.
type Series struct {
	Name    string
	Times   []int64 // seconds since 1970 of what the file says, without a time zone
	Values  []float64
	Windows []Window
}

// Probation is how many points at the beginning are not scored.
func (s Series) Probation() int {
	return int(math.Floor(0.15 * float64(min(len(s.Values), 5000))))
}

// PerDay is how many points the series has a day, by the gap between two that is in the middle of all.
func (s Series) PerDay() float64 {
	var gaps []int64
	for i := 1; i < len(s.Times); i++ {
		gaps = append(gaps, s.Times[i]-s.Times[i-1])
	}
	slices.Sort(gaps)
	const day = 24 * 3600
	return day / float64(max(1, gaps[len(gaps)/2]))
}

// sigmoid weighs a position: -1 at the beginning of a window, 0 at its end, more behind it.
func sigmoid(x float64) float64 {
	if x > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*x)) - 1
}

// alarm is one point whose score is as high as the threshold.
type alarm struct {
	score  float64
	window int     // of the series, -1 outside
	weight float64 // of a hit, 0 to 1; of a false alarm, -1 to 0
	series int
}

// Score is what a detector reaches with a threshold.
type Score struct {
	Value     float64
	Threshold float64 // NaN where each series has its own
	Hits      int     // windows found
	False     int     // alarms outside
}

// Best finds the threshold, one for all series, with which scores reach most for a profile. scores[i] are those of series
// i, one for each point.
func Best(all []Series, scores [][]float64, p Profile) Score {
	var alarms []alarm
	for i, s := range all {
		alarms = append(alarms, s.alarms(i, scores[i])...)
	}
	slices.SortFunc(alarms, func(a, b alarm) int { return cmp.Compare(b.score, a.score) })
	t := newTally(all, p)
	best, bestRaw := Score{Value: t.value(), Threshold: math.Inf(1)}, t.raw
	for i, a := range alarms {
		t.take(a)
		if i+1 < len(alarms) && alarms[i+1].score == a.score {
			continue // the threshold takes all of one score or none
		}
		if t.raw > bestRaw {
			best, bestRaw = t.score(a.score), t.raw
		}
	}
	return best
}

// At is what scores reach for a profile where thresholds[i] is that of series i, chosen by somebody who has not seen the
// labels. It may be less than 0: worse than never to alarm.
func At(all []Series, scores [][]float64, thresholds []float64, p Profile) Score {
	t := newTally(all, p)
	for i, s := range all {
		for _, a := range s.alarms(i, scores[i]) {
			if a.score >= thresholds[i] {
				t.take(a)
			}
		}
	}
	return t.score(math.NaN())
}

// place is a window of a series.
type place struct{ series, window int }

// tally adds up what alarms are worth, in any order.
type tally struct {
	profile Profile
	windows int
	found   map[place]float64 // the best weight of a hit in each window
	raw     float64
	false   int
}

// newTally is that of a detector that never alarms.
func newTally(all []Series, p Profile) *tally {
	t := &tally{profile: p, found: map[place]float64{}}
	for _, s := range all {
		t.windows += len(s.Windows)
	}
	t.raw = -p.FN * float64(t.windows)
	return t
}

func (t *tally) take(a alarm) {
	if a.window < 0 {
		t.raw += t.profile.FP * a.weight
		t.false++
		return
	}
	at := place{a.series, a.window}
	had, hit := t.found[at]
	if !hit {
		t.raw += t.profile.FN
	}
	if a.weight > had || !hit {
		t.raw += t.profile.TP * (a.weight - had)
		t.found[at] = a.weight
	}
}

// value is between what a detector reaches that never alarms, 0, and a perfect one, 100.
func (t *tally) value() float64 {
	null, perfect := -t.profile.FN*float64(t.windows), t.profile.TP*float64(t.windows)
	return 100 * (t.raw - null) / (perfect - null)
}

func (t *tally) score(threshold float64) Score {
	return Score{Value: t.value(), Threshold: threshold, Hits: len(t.found), False: t.false}
}

// alarms are all points behind the probation with a score.
func (s Series) alarms(number int, scores []float64) []alarm {
	var all []alarm
	window := -1 // the last one that has begun
	most := sigmoid(-1)
	for i := range s.Values {
		for window+1 < len(s.Windows) && s.Windows[window+1].From <= i {
			window++
		}
		if i < s.Probation() || scores[i] <= 0 {
			continue
		}
		a := alarm{score: scores[i], series: number, window: -1, weight: -1}
		if window >= 0 {
			w := s.Windows[window]
			width := float64(w.To - w.From + 1)
			if i <= w.To {
				a.window, a.weight = window, sigmoid(-float64(w.To-i+1)/width)/most
			} else {
				a.weight = sigmoid(float64(i-w.To) / (width - 1))
			}
		}
		all = append(all, a)
	}
	return all
}
