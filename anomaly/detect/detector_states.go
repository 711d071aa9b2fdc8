package detect

import (
	"math"
	"slices"
)

// States watches what takes one of a few values, like an operating mode: which value follows which, and how long each lasts.
// Values are handed in as hashes. It takes some 40 bytes a value, 110 more for each that has been left, and 4 for each pair.
// The zero value is ready.
type States struct {
	of      []state
	n       uint32 // points
	now     int16  // the index of the present state
	partial bool   // it has not been seen from its beginning
	gaveUp  bool   // there are too many
	entered int64  // when it began
}

// state is one value.
type state struct {
	hash   uint64
	next   []uint32 // how often each value followed, itself included
	dwells *tail    // how long it lasted, in seconds; nil until it has been left
	left   uint32   // how often it has been
}

const (
	mostStates = 16
	mostNext   = 1 << 24 // points of a state from which on the past is worth half
	dwellFrom  = 10      // times that a state was left before its dwelling is scored
	dwellAlarm = 5       // a dwell from this score on teaches less than its length, see stuckClip
)

// Add takes a value in, with the moment at which it came, and scores what followed what: how improbable a change is that
// seldom, by the table of transitions with the counts of Krichevsky and Trofimov ("The performance of universal encoding",
// IEEE Transactions on Information Theory 27, 1981), which give half a count to what has not been seen. A value that has
// never been seen scores as the first after so many others. Expected is the probability that it had. known is false, and
// remains so, when there are more than sixteen values: then it has given up, and forgotten everything.
func (d *States) Add(value uint64, at int64) (r Result, known bool) {
	if d.gaveUp {
		return Result{}, false
	}
	to := slices.IndexFunc(d.of, func(s state) bool { return s.hash == value })
	switch {
	case to >= 0:
		r = d.follow(to)
	case len(d.of) == mostStates:
		*d = States{gaveUp: true}
		return Result{}, false
	default:
		to = len(d.of)
		r = surprise(1 / float64(d.n+1))
		d.of = append(d.of, state{hash: value})
	}
	if d.n == 0 {
		d.partial, d.entered = true, at
	} else {
		d.of[d.now].count(to)
		if to != int(d.now) {
			d.leave(at)
		}
	}
	d.now = int16(to)
	d.n = min(d.n, math.MaxUint32-1) + 1
	return r, true
}

// Dwell scores how long the present value has lasted: 0 until it has been left ten times. Expected is for how long it usually
// does, the median, Spread for how long it must for a score of 5, in seconds.
func (d *States) Dwell(now int64) Result {
	if d.n == 0 || d.of[d.now].left < dwellFrom {
		return Result{}
	}
	dwells := d.of[d.now].dwells
	r := Result{
		Expected: dwells.quantile(0.5),
		Spread:   min(widest, dwells.carefulBeyond(math.Pow(10, -dwellAlarm))),
	}
	if rarity := dwells.careful(float64(now-d.entered) / 1000); rarity < 1 {
		r.Score = -math.Log10(max(rarity, leastRarity))
		r.Alarm, r.Why = r.Score, Dwell
	}
	return r
}

// Points is how many values it has taken in.
func (d *States) Points() int { return int(d.n) }

// follow scores that a value follows the present one. What counts is not how rare this one is but how often something as
// rare comes: where there are ten values that never follow, one of them does ten times as often.
func (d *States) follow(to int) Result {
	from := &d.of[d.now]
	all := float64(len(d.of)) / 2
	for _, c := range from.next {
		all += float64(c)
	}
	mine, asRare := from.followed(to), 0.0
	for i := range d.of {
		if c := from.followed(i); c <= mine {
			asRare += c
		}
	}
	return surprise(asRare / all)
}

// surprise is the result of something with that probability.
func surprise(probability float64) Result {
	r := Result{Expected: probability}
	if probability < 1 {
		r.Score = -math.Log10(max(probability, leastRarity))
		r.Alarm, r.Why = r.Score, State
	}
	return r
}

// followed is how often a value followed, with the half that everything has.
func (s *state) followed(to int) float64 {
	if to < len(s.next) {
		return float64(s.next[to]) + 0.5
	}
	return 0.5
}

// count takes in what followed.
func (s *state) count(to int) {
	for len(s.next) <= to {
		s.next = append(s.next, 0)
	}
	s.next[to]++
	if s.next[to] < mostNext {
		return
	}
	for i, c := range s.next {
		s.next[i] = (c + 1) / 2 // what has been seen stays seen
	}
}

// leave takes in how long the present value lasted. A clock that went back says nothing about that.
func (d *States) leave(at int64) {
	s := &d.of[d.now]
	if !d.partial && at >= d.entered {
		if s.dwells == nil {
			s.dwells = &tail{}
		}
		dwell := float64(at-d.entered) / 1000
		if s.left >= dwellFrom {
			if longest := s.dwells.carefulBeyond(math.Pow(10, -dwellAlarm)); longest > 0 {
				dwell = min(dwell, stuckClip*longest)
			}
		}
		s.dwells.addCarefully(dwell)
		s.left = min(s.left, math.MaxUint32-1) + 1
	}
	d.partial, d.entered = false, at
}
