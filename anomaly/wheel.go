package anomaly

const (
	wheelSlots = 4096 // seconds; what is due later is looked at then, and put in again
	wheelMs    = 1000
)

// wheel is a timer wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987) for entries that are to be
// looked at when nothing comes. An entry is in one slot at most, and stays there when it becomes due later: whoever finds it
// there puts it in again.
type wheel struct {
	slots [wheelSlots]map[*entry]struct{}
	at    int64 // the slot, counted from the epoch, up to which everything has been looked at
	slot  map[*entry]int64
}

// put has an entry looked at when a moment has come. One that is looked at before that anyway stays where it is.
func (w *wheel) put(e *entry, ms int64) {
	if w.slot == nil {
		w.slot = map[*entry]int64{}
	}
	due := (ms + wheelMs - 1) / wheelMs
	due = max(due, w.at+1)
	due = min(due, max(w.at, 0)+wheelSlots-1)
	if e.scheduled {
		if w.slot[e] <= due {
			return
		}
		w.remove(e)
	}
	at := due % wheelSlots
	if w.slots[at] == nil {
		w.slots[at] = map[*entry]struct{}{}
	}
	w.slots[at][e] = struct{}{}
	w.slot[e] = due
	e.scheduled = true
}

func (w *wheel) remove(e *entry) {
	if due, there := w.slot[e]; there {
		delete(w.slots[due%wheelSlots], e)
		delete(w.slot, e)
	}
	e.scheduled = false
}

// clockBack is how many seconds a clock may go back without being taken for one that was put right.
const clockBack = 2

// advance takes out what is due until a moment. A clock that jumps looks at everything once.
func (w *wheel) advance(ms int64, look func(*entry)) {
	now := ms / wheelMs
	if w.at == 0 || now < w.at-clockBack {
		w.restart(now)
	}
	if now-w.at > wheelSlots {
		w.at = now - wheelSlots
	}
	for w.at < now {
		w.at++
		due := w.slots[w.at%wheelSlots]
		w.slots[w.at%wheelSlots] = nil
		for e := range due {
			delete(w.slot, e)
			e.scheduled = false
			look(e)
		}
	}
}

// restart begins at another time with everything that is in the wheel.
func (w *wheel) restart(now int64) {
	all := w.slot
	w.slots, w.slot, w.at = [wheelSlots]map[*entry]struct{}{}, nil, now
	for e := range all {
		e.scheduled = false
		w.put(e, (now+1)*wheelMs)
	}
}
