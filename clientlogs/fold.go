package clientlogs

import "time"

// foldEvery is how long events beyond a quota are counted before one event tells of them.
const foldEvery = time.Minute

// foldKey is what events have in common that are folded: the client, or the address where the client would be a new one
// every time; of IPv6 the network, as in 2001:db8::/64, which the event then has for its address.
type foldKey struct {
	client, address string
	kind            Kind
	reason          Reason
}

// folds are the events beyond a quota.
type folds struct {
	limit int
	byKey map[foldKey]*queued[Event]
	order queue[Event]
	since time.Time // when the first of those that are open now came
	total int64
}

// add counts an event in.
func (f *folds) add(key foldKey, e Event) {
	f.total += int64(e.Count)
	if open, there := f.byKey[key]; there {
		open.value.join(e)
		return
	}
	if f.order.n >= f.limit {
		// Too many different ones: all of a kind in one.
		key.client, key.address = "", ""
		if open, there := f.byKey[key]; there {
			open.value.join(e)
			return
		}
	}
	if f.order.n == 0 {
		f.since = e.Time
	}
	e.Port, e.Raw = 0, ""
	if key.client == "" {
		e.ClientID, e.Address, e.Username, e.HasUser = "", key.address, "", false
	}
	f.byKey[key] = f.order.push(e)
}

// join makes e stand for another event too, and drops what the two do not have in common.
func (e *Event) join(other Event) {
	until := other.Time
	if other.Until.After(until) {
		until = other.Until
	}
	if until.After(e.Until) && until.After(e.Time) {
		e.Until = until
	}
	if e.Until.IsZero() {
		e.Until = e.Time
	}
	e.Count += other.Count
	e.Size += other.Size
	e.QoS = max(e.QoS, other.QoS)
	e.Certainty = max(e.Certainty, other.Certainty)
	e.Retain = e.Retain || other.Retain
	if e.Topic != other.Topic {
		e.Topic = ""
	}
	if e.Address != other.Address {
		e.Address = ""
	}
	if e.Username != other.Username {
		e.Username, e.HasUser = "", false
	}
}

// due reports whether what is folded should be told.
func (f *folds) due(now time.Time) bool {
	if f.order.n == 0 {
		return false
	}
	passed := now.Sub(f.since)
	return passed >= foldEvery || passed < -foldEvery // the clock has stepped back
}

// end empties the folds.
func (f *folds) end(tell func(Event)) {
	for e := f.order.oldest; e != nil; e = e.newer {
		tell(e.value)
	}
	f.order = queue[Event]{}
	clear(f.byKey)
}
