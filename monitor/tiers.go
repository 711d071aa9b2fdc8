package monitor

import (
	"math"
	"time"
)

// tier is one resolution in which history is kept.
type tier struct {
	name string
	step time.Duration // the width of a point
	// chunk is how much time one row of the database holds, 0 for the first tier, which has a row of its own form for
	// each point.
	chunk time.Duration
	keep  func(HistoryRetention) time.Duration
}

// The numbers of the tiers, by which they are stored.
const (
	tierRaw = iota
	tierMinute
	tierQuarter
	tierCount
)

// settled is how much time is condensed at once: the raw points of a quarter of an hour become points of the other
// tiers when it is over. Until then answers come from the raw ones.
const settled = 15 * time.Minute

// tierTable describes the tiers, from the finest on.
func tierTable() [tierCount]tier {
	return [tierCount]tier{
		tierRaw: {name: "raw", step: 10 * time.Second,
			keep: func(r HistoryRetention) time.Duration { return time.Duration(r.RawHours) * time.Hour }},
		tierMinute: {name: "1min", step: time.Minute, chunk: 4 * time.Hour,
			keep: func(r HistoryRetention) time.Duration { return time.Duration(r.MinuteDays) * 24 * time.Hour }},
		tierQuarter: {name: "15min", step: 15 * time.Minute, chunk: 24 * time.Hour,
			keep: func(r HistoryRetention) time.Duration { return time.Duration(r.QuarterDays) * 24 * time.Hour }},
	}
}

// point sums up what a figure was during a time, so that peaks survive when times are put together.
type point struct {
	n             uint64
	min, max, sum float64
}

func pointOf(v float64) point { return point{1, v, v, v} }

func (p point) mean() float64 { return p.sum / float64(p.n) }

// add puts the times of both together.
func (p *point) add(q point) {
	switch {
	case q.n == 0:
	case p.n == 0:
		*p = q
	default:
		p.n += q.n
		p.min, p.max, p.sum = math.Min(p.min, q.min), math.Max(p.max, q.max), p.sum+q.sum
	}
}

// constant reports that the figure did not move, so that one number tells all.
func (p point) constant() bool { return p.min == p.max && p.sum == p.min*float64(p.n) }

// down is a time cut to a whole number of steps since 1970, in milliseconds.
func down(ms int64, step time.Duration) int64 {
	width := step.Milliseconds()
	at := ms / width * width
	if at > ms {
		at -= width // before 1970
	}
	return at
}
