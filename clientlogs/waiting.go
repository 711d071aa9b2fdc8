package clientlogs

import "slices"

// waiting is the events that are not stored yet, in pieces, the oldest first; no piece is empty. Lists are answered from
// it and from the database, so that nothing is missing from them that the streams have told already.
//
// Ids grow, and pieces are stored in order: whatever is older than the first that waits was stored before, or never will
// be.
type waiting [][]*Event

// waiting is what a list has to add to what the database knows. Take it before the database is read, or what is stored in
// between is in neither. There is nothing while recording is paused: what comes then is thrown away.
func (s *Service) waiting() waiting {
	if !s.db.Recording() {
		return nil
	}
	s.collector.mu.Lock()
	defer s.collector.mu.Unlock()
	return s.unstored()
}

// unstored are the events that wait for the database. The caller holds mu.
func (c *collector) unstored() waiting {
	var w waiting
	add := func(events []*Event) {
		if len(events) > 0 {
			w = append(w, events)
		}
	}
	add(c.storing)
	for _, p := range c.full {
		add(p.events)
	}
	add(c.open.events) // which is only ever appended to, so that a copy of the slice may be read without the lock
	return w
}

// first is the lowest id, above all others where nothing waits.
func (w waiting) first() int64 {
	if len(w) == 0 {
		return noBound
	}
	return w[0][0].ID
}

// newest are up to n events below an id that pass a filter, the newest first.
func (w waiting) newest(f Filter, below int64, n int) []Event {
	found := make([]Event, 0, min(n, 256))
	for _, events := range slices.Backward(w) {
		for _, e := range slices.Backward(events) {
			if e.ID >= below || !f.lets(e) {
				continue
			}
			if found = append(found, *e); len(found) == n {
				return found
			}
		}
	}
	return found
}

// of are a client's events above an id, the oldest first.
func (w waiting) of(clientID string, above int64) []*Event {
	var found []*Event
	for _, events := range w {
		for _, e := range events {
			if e.ID > above && e.ClientID == clientID {
				found = append(found, e)
			}
		}
	}
	return found
}
