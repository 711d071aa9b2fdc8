package gateway

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// throttle counts wrong keys by address. It remembers a bounded number of addresses and forgets the one that was
// quiet for longest.
type throttle struct {
	perMinute int
	most      int
	clock     func() time.Time

	mu     sync.Mutex
	known  map[netip.Prefix]*list.Element
	recent *list.List // of *guesser, the latest in front
}

type guesser struct {
	from   netip.Prefix
	bucket *rate.Limiter
}

func newThrottle(perMinute, most int, clock func() time.Time) *throttle {
	return &throttle{perMinute: perMinute, most: most, clock: clock, known: map[netip.Prefix]*list.Element{}, recent: list.New()}
}

// wrong counts a wrong key from a remote address, as in host:port, and returns how long that address has to wait;
// zero while it has guesses left.
func (t *throttle) wrong(remote string) time.Duration {
	from := network(remote)
	t.mu.Lock()
	defer t.mu.Unlock()
	element, ok := t.known[from]
	if ok {
		t.recent.MoveToFront(element)
	} else {
		every := rate.Every(time.Minute / time.Duration(t.perMinute))
		element = t.recent.PushFront(&guesser{from: from, bucket: rate.NewLimiter(every, t.perMinute)})
		t.known[from] = element
		if t.recent.Len() > t.most {
			oldest := t.recent.Remove(t.recent.Back()).(*guesser)
			delete(t.known, oldest.from)
		}
	}
	now := t.clock()
	reservation := element.Value.(*guesser).bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		// A guess that was not looked at must not push the end of the wait away.
		reservation.CancelAt(now)
	}
	return wait
}

// network returns whom an address belongs to: an IPv4 address alone, an IPv6 network of /64, which is what one
// subscriber has. What is no address, such as a unix socket's peer, counts as one.
func network(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	bits, addr := 64, at.Addr().Unmap().WithZone("")
	if addr.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(addr, bits).Masked()
}
