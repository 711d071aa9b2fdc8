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

// Score is what a detector reaches with its best threshold.
type Score struct {
	Value     float64
	Threshold float64
	Hits      int // windows found
	False     int // alarms outside
}

// Best finds the threshold, one for all series, with which scores reach most for a profile. scores[i] are those of series
// i, one for each point.
func Best(all []Series, scores [][]float64, p Profile) Score {
	var alarms []alarm
	windows := 0
	for i, s := range all {
		windows += len(s.Windows)
		alarms = append(alarms, s.alarms(i, scores[i])...)
	}
	slices.SortFunc(alarms, func(a, b alarm) int { return cmp.Compare(b.score, a.score) })
	type place struct{ series, window int }
	found := map[place]float64{}
	raw := -p.FN * float64(windows)
	now := Score{Threshold: math.Inf(1)}
	best, bestRaw := now, raw
	for i, a := range alarms {
		if a.window < 0 {
			raw += p.FP * a.weight
			now.False++
		} else {
			at := place{a.series, a.window}
			had, hit := found[at]
			if !hit {
				raw += p.FN
				now.Hits++
			}
			if a.weight > had || !hit {
				raw += p.TP * (a.weight - had)
				found[at] = a.weight
			}
		}
		if i+1 < len(alarms) && alarms[i+1].score == a.score {
			continue // the threshold takes all of one score or none
		}
		if raw > bestRaw {
			now.Threshold = a.score
			best, bestRaw = now, raw
		}
	}
	null, perfect := -p.FN*float64(windows), p.TP*float64(windows)
	best.Value = 100 * (bestRaw - null) / (perfect - null)
	return best
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
