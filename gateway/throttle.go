package gateway

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bunkerm/bunkerm/auth"
)

// throttle counts wrong keys by address. It remembers a bounded number of addresses and forgets the one that was
// quiet for longest.
type throttle struct {
	perMinute int
	most      int
	clock     func() time.Time

	mu     sync.Mutex
	known  map[string]*list.Element
	recent *list.List // of *guesser, the latest in front
}

type guesser struct {
	from   string
	bucket *rate.Limiter
}

func newThrottle(perMinute, most int, clock func() time.Time) *throttle {
	return &throttle{perMinute: perMinute, most: most, clock: clock, known: map[string]*list.Element{}, recent: list.New()}
}

// wrong counts a wrong key from an address and returns how long that address has to wait; zero while it has guesses
// left.
func (t *throttle) wrong(address netip.Addr) time.Duration {
	from := auth.Network(address)
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
