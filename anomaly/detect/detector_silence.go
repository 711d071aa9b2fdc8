package detect

import "math"

// Silence tells when something that usually comes has not come for too long. It learns how long the gaps between arrivals
// are, and how many arrivals each hour of the week brings, in about 300 bytes. The zero value is ready.
//
// A gap is strange when it is rare by its length and when, besides, the hours it spans should have brought something: what
// works in shifts is quiet at night. How much they should have brought goes by how irregular the arrivals are. Moments are
// milliseconds since the epoch; they are handed in, and so is what tells the hour of the week, 0 to 167, of a moment.
type Silence struct {
	gaps  tail // in seconds
	hours [hoursOfWeek]uint8
	hour  uint8   // the hour of the week that is being counted
	whole bool    // it has been seen from its beginning
	blind bool    // the open gap does not begin with an arrival, because we did not see
	n     uint32  // arrivals
	count uint32  // arrivals in this hour
	mean  float32 // gap, in seconds
	off   float32 // by how much one in which nothing is missing differs from that, in the mean
	last  int64   // the last arrival
	open  int64   // when the open gap began
	until int64   // when this hour ends
}

const (
	silenceFrom  = 20   // arrivals before the first score
	silenceAlarm = 5    // a gap from this score on teaches only that it was as long as that
	firstGaps    = 20   // medians: until then, what is longer counts as so long
	meanMemory   = 1000 // gaps

	// leastMissed is how many arrivals the profile must miss at least. It is not three, because what comes at regular
	// intervals and ends is to be found within two and a half of them.
	leastMissed = 2
	// slack is how much less than the gap itself the profile's count of missing arrivals may say, before it lowers a score:
	// it is made of counts, which differ.
	slack = 1 / 0.7
)

// Arrive takes an arrival in. One that is earlier than the last begins anew, as after [Silence.Missed].
func (d *Silence) Arrive(at int64, week func(ms int64) int) {
	switch {
	case d.n == 0:
		d.begin(at, week, false)
	case at < d.last:
		d.Missed(at)
		d.begin(at, week, false)
	}
	d.learnGap(at, week)
	d.n = min(d.n, math.MaxUint32-1) + 1
	d.count = min(d.count, math.MaxUint32-1) + 1
	d.last, d.open, d.blind = at, at, false
}

// Missed says that for a while, until at, arrivals could not be seen. The open gap begins anew, and is not learned.
func (d *Silence) Missed(at int64) {
	if d.n == 0 {
		return
	}
	d.open, d.blind, d.whole = at, true, false
	d.last = min(d.last, at)
}

// Points is how many arrivals it has seen.
func (d *Silence) Points() int { return int(d.n) }

// Last is the last arrival.
func (d *Silence) Last() int64 { return d.last }

// Usual is the median gap, in seconds, and 0 as long as there is none.
func (d *Silence) Usual() float64 { return d.gaps.quantile(0.5) }

// Score is that of the gap which is open now. Expected is the median gap, Spread the gap from which on the score is 5, by
// which it is an alarm whatever the budget; both in seconds.
func (d *Silence) Score(now int64, week func(ms int64) int) Result {
	r := Result{Expected: d.Usual()}
	if d.n < silenceFrom {
		return r
	}
	if at, ok := d.Deadline(silenceAlarm, week); ok {
		r.Spread = float64(at-d.open) / 1000
	} else {
		r.Spread = min(widest, d.beyond(math.Pow(10, -silenceAlarm)))
	}
	if now <= d.open {
		return r
	}
	missed, _ := d.missed(now, math.Inf(1), week)
	r.Score = d.score(float64(now-d.open)/1000, missed)
	if r.Alarm = r.Score; r.Score > 0 {
		r.Why = Quiet
	}
	return r
}

// score is that of a gap of so many seconds in which the profile misses so many arrivals.
func (d *Silence) score(gap, missed float64) float64 {
	if missed < leastMissed {
		return 0
	}
	gap = min(gap, missed*float64(d.mean)*slack)
	return -math.Log10(max(d.rarity(gap), leastRarity)) + 0 // and no negative zero
}

// Deadline says when the open gap will reach a score. ok is false while it learns, and when it never will: because gaps
// are too irregular, or nothing comes within the next two weeks by the profile.
func (d *Silence) Deadline(score float64, week func(ms int64) int) (at int64, ok bool) {
	if d.n < silenceFrom {
		return 0, false
	}
	gap := d.beyond(math.Pow(10, -score))
	if gap > farthestMs/1000 {
		return 0, false
	}
	byLength := d.open + int64(math.Ceil(gap*1000*(1+1e-9))) + 1
	enough := leastMissed * (1 + 1e-9)
	if d.mean > 0 {
		enough = max(enough, gap*(1+1e-9)/(float64(d.mean)*slack))
	}
	missed, at := d.missed(d.open+farthestMs, enough, week)
	if missed < enough {
		return 0, false
	}
	return max(byLength, at+1), true
}

// learnGap takes in the gap that ends now, and the hours it spans.
func (d *Silence) learnGap(at int64, week func(int64) int) {
	alarm := false
	// The first gap is none to learn from: as yet nobody knows whether it is a usual one.
	if d.n > 1 && !d.blind {
		gap, usual := float64(at-d.open)/1000, true
		if d.n < silenceFrom {
			if median := d.Usual(); median > 0 {
				gap = min(gap, firstGaps*median) // a night may be among the first
			}
		} else {
			longest := d.beyond(math.Pow(10, -silenceAlarm))
			if gap > longest {
				missed, _ := d.missed(at, math.Inf(1), week)
				alarm = d.score(gap, missed) >= silenceAlarm
				usual = alarm // what the profile explains says nothing about gaps
			}
			gap = min(gap, longest, d.usually(at, week)*float64(d.mean)*slack)
		}
		if usual {
			d.gaps.addCarefully(gap)
			share := 1 / float32(min(d.n-1, meanMemory))
			off := float32(gap) - d.mean
			d.mean += share * off
			if off = float32(math.Abs(float64(off))); off < (missedFrom-1)*d.mean {
				d.off += share * (off - d.off)
			}
		}
	}
	if alarm {
		d.whole = false
	}
	if at >= d.until {
		d.pass(at, week, alarm)
	}
}
