package incident

import (
	"maps"
	"slices"
)

func (b *Book) reopen(i *Incident) {
	i.Status, i.ClosedAt, i.AcknowledgedAt, i.AcknowledgedBy = Open, 0, 0, ""
	i.Reopened++
	for at := range i.Members {
		i.Members[at].Over = true
	}
	b.open[i.ID] = i
	for _, k := range i.keys {
		b.byKey[k] = i
		delete(b.ended, k)
	}
}

// over notes that what a member did has ended. An incident ends with the last of them.
func (b *Book) over(i *Incident, r *Report) Change {
	if i == nil {
		return Change{}
	}
	for at := range i.Members {
		m := &i.Members[at]
		if m.Entity == r.Subject.Entity && m.Field == r.Field && m.Type == r.Subject.Type && m.Kind == r.Kind {
			m.Over = true
		}
	}
	i.LastSeen = max(i.LastSeen, r.At)
	b.Touch(i)
	if !i.over() || i.settles() > 0 {
		return Change{i, Extended} // what has no end of its own ends with Tick, and so does what comes and goes
	}
	b.end(i, r.At)
	return Change{i, Ended}
}

func (b *Book) end(i *Incident, at int64) {
	i.Status, i.ClosedAt = Closed, at
	delete(b.open, i.ID)
	for _, k := range i.keys {
		if b.byKey[k] == i {
			delete(b.byKey, k)
			b.ended[k] = i
		}
	}
	b.Touch(i)
}

// over reports whether the ends of all its members have been told.
func (i *Incident) over() bool {
	return i.MemberCount <= len(i.Members) && !slices.ContainsFunc(i.Members, func(m Member) bool { return !m.Over })
}

// settles is how long what has begun again soon after its end must be over before it has ended, in milliseconds: a minute, and
// twice as long each time. A value that wavers around a limit is one matter, and not two messages each time.
func (i *Incident) settles() int64 {
	if i.Reopened == 0 {
		return 0
	}
	return min(int64(minuteMs)<<min(i.Reopened-1, 10), reopenedFor)
}

// Tick ends what has been quiet for long enough, and forgets what ended long ago.
func (b *Book) Tick(now int64) (ended []*Incident) {
	for _, i := range b.open {
		i.LastSeen = min(i.LastSeen, now) // the clock may have been put back
		going := slices.ContainsFunc(i.Members, func(m Member) bool { return m.Lasts && !m.Over })
		quiet := i.quiet
		if !slices.ContainsFunc(i.Members, func(m Member) bool { return !m.Lasts }) && i.over() && i.settles() > 0 {
			quiet = i.settles()
		}
		if !going && now-i.LastSeen >= quiet {
			ended = append(ended, i)
		}
	}
	slices.SortFunc(ended, func(x, y *Incident) int { return int(x.ID - y.ID) })
	for _, i := range ended {
		b.end(i, now)
	}
	maps.DeleteFunc(b.ended, func(_ key, i *Incident) bool { return now-i.ClosedAt > reopenedFor })
	return ended
}
