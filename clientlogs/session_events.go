package clientlogs

// SessionEvents are the events by which sessions began or ended; see EventsAfter.
func (s *Service) SessionEvents(after int64, n int) (events []Event, next int64, changed <-chan struct{}) {
	return s.eventsAfter(after, n, beginsOrEnds)
}

// EventsAfter returns up to n events that came after a position, the new position, and a channel that is closed when there
// is more. Position 0 asks for the present position alone. Whoever comes back so late that events have been forgotten goes
// on at the oldest that are kept: what was missed is in List.
func (s *Service) EventsAfter(after int64, n int) (events []Event, next int64, changed <-chan struct{}) {
	return s.eventsAfter(after, n, func(Kind) bool { return true })
}

func (s *Service) eventsAfter(after int64, n int, wanted func(Kind) bool) (events []Event, next int64, changed <-chan struct{}) {
	select {
	case <-s.begins:
	default:
		return nil, fromBeginning, s.begins
	}
	switch after {
	case 0:
		next = s.ring.Last()
		_, _, changed = s.ring.After(next, 0)
		return nil, orBeginning(next), changed
	case fromBeginning:
		after = s.beganAt
	}
	for next = after; len(events) < n; {
		items, gap, more := s.ring.After(next, n)
		changed = more
		if gap {
			next = s.ring.Forgotten()
			continue
		}
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			if next = item.ID; wanted(item.Value.Kind) {
				if events = append(events, *item.Value); len(events) == n {
					break
				}
			}
		}
	}
	return events, orBeginning(next), changed
}

// orBeginning is a position, where nothing has ever happened one that does not mean the present.
func orBeginning(position int64) int64 {
	if position == 0 {
		return fromBeginning
	}
	return position
}

func beginsOrEnds(kind Kind) bool { return kind == Connect || kind == Disconnect || kind == Takeover }
