package audit

import "time"

// foldFor is how long equal refusals are counted before the count is written.
const (
	foldFor   = time.Minute
	mostFolds = 1024
)

// fold is what makes refusals equal.
type fold struct{ actor, via, address, action, object string }

// folded is refusals that were not written one by one.
type folded struct {
	first Entry
	since time.Time
	count int
}

// AddRefusal keeps that something was refused. The first of equal refusals is written at once; those that follow within a
// minute become one more entry with their count, so that somebody who guesses cannot fill the disk, or push out what
// others did. It never waits.
func (l *Log) AddRefusal(e Entry) {
	e.Outcome = Refused
	key := fold{e.Actor, e.Via, e.Address, e.Action, e.Object}
	now := l.o.Clock()
	l.mu.Lock()
	f, known := l.folds[key]
	if known {
		if f.count == 0 {
			f.first = e
			f.first.Time = now
		}
		f.count++
		l.mu.Unlock()
		return
	}
	if len(l.folds) >= mostFolds {
		// So many different ones at once are an attack too: they are counted together.
		key = fold{via: e.Via, action: e.Action}
		e.Actor, e.Address, e.Object, e.RequestID = "", "", "", ""
		if f, known = l.folds[key]; known {
			f.count++
			l.mu.Unlock()
			return
		}
	}
	l.folds[key] = &folded{since: now, first: e}
	l.mu.Unlock()
	l.put(e, later)
}

// unfold writes the counts whose minute is over, all of them at the end.
func (l *Log) unfold(all bool) {
	now := l.o.Clock()
	var due []Entry
	l.mu.Lock()
	for key, f := range l.folds {
		if !all && now.Sub(f.since) < foldFor && !now.Before(f.since) {
			continue
		}
		delete(l.folds, key)
		if f.count > 0 {
			f.first.Count = f.count
			due = append(due, f.first)
		}
	}
	l.mu.Unlock()
	for _, e := range due {
		l.put(e, later)
	}
}
