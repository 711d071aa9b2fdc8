package clientlogs

import "time"

// arrivalKept is how long a connection that does not log in is remembered. The broker itself ends it after 90 seconds.
const arrivalKept = 5 * time.Minute

// arrival is a connection that has not logged in yet.
type arrival struct {
	key      arrivalKey
	listener int
	at       time.Time
	doubtful bool
}

type arrivalKey struct {
	address string
	port    int
}

// arrivals are the connections that have not logged in yet.
type arrivals struct {
	limit     int
	byAddress map[arrivalKey]*queued[arrival]
	order     queue[arrival]
	evicted   int64
}

func (s *arrivals) add(r *Record, now time.Time) {
	key := arrivalKey{string(r.Address), r.Port}
	if old := s.byAddress[key]; old != nil && key.port != 0 {
		s.drop(old)
	}
	if s.order.n >= s.limit {
		s.evicted++
		s.drop(s.order.oldest)
	}
	s.byAddress[key] = s.order.push(arrival{key: key, listener: r.ListenerPort, at: now, doubtful: r.Doubtful})
}

// take returns the arrival of an address and forgets it, nil where there is none.
func (s *arrivals) take(address []byte, port int) *arrival {
	e := s.byAddress[arrivalKey{string(address), port}]
	if e == nil {
		return nil
	}
	s.drop(e)
	return &e.value
}

func (s *arrivals) drop(e *queued[arrival]) {
	s.order.remove(e)
	key := e.value.key
	if s.byAddress[key] != e {
		return
	}
	delete(s.byAddress, key)
	if key.port != 0 {
		return
	}
	// All that come over a unix socket are called alike. One that was let in must not leave another behind, whom the next
	// refused login would be taken for.
	steps := 0
	for other := s.order.newest; other != nil && steps < looksBack; other = other.older {
		if steps++; other.value.key == key {
			s.byAddress[key] = other
			return
		}
	}
}

// What is looked through for the connection that a refused login came from.
const (
	loginWithin = time.Second
	looksBack   = 1000
)

// plausible takes the connection that most probably sent a login that 2.0 refused without saying whose it was: of the
// address where that is known, the oldest of those that came within the last second, as the broker answers in the order
// of arrival; if none came lately, the newest. Connections that never log in, of port scanners and health checks, are
// older as a rule. nil where there is none.
func (s *arrivals) plausible(address string, now time.Time) *arrival {
	var found *queued[arrival]
	steps := 0
	for e := s.order.newest; e != nil && steps < looksBack; e = e.older {
		steps++
		if address != "" && e.value.key.address != address {
			continue
		}
		lately := now.Sub(e.value.at) <= loginWithin
		if !lately && found != nil {
			break
		}
		found = e
		if !lately {
			break
		}
	}
	if found == nil {
		return nil
	}
	s.drop(found)
	return &found.value
}

// expire forgets connections that have not logged in for long.
func (s *arrivals) expire(now time.Time) {
	for s.order.n > 0 {
		if passed := now.Sub(s.order.oldest.value.at); passed < arrivalKept && passed > -arrivalKept {
			return
		}
		s.drop(s.order.oldest)
	}
}

// forget drops all of them.
func (s *arrivals) forget() {
	s.order = queue[arrival]{}
	clear(s.byAddress)
}
