package auth

import (
	"maps"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often a password may be tried. Somebody who guesses has many addresses, or knows many names: so names and
// networks are both counted. The owner of a name that is being guessed still gets in from where they signed in before,
// because there the name has an allowance of its own.
const (
	triesOfName    = 10 // at once, from networks that the account does not know; then one in retryName
	triesAtHome    = 10 // at once, of one name from one network that the account knows
	triesOfNetwork = 30 // at once, from one network, whatever the names
	retryName      = 30 * time.Second
	retryHome      = 6 * time.Second
	retryNetwork   = 2 * time.Second

	mostThrottled = 8192 // names and networks that are remembered
	knownFor      = 30 * 24 * time.Hour
)

// throttle counts wrong passwords.
type throttle struct {
	clock func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newThrottle(clock func() time.Time) *throttle {
	return &throttle{clock: clock, buckets: map[string]*rate.Limiter{}}
}

// try takes one try for a name from a network, and returns how long to wait where there is none left. home says that the
// account has signed in from there before. A right password gives its try back.
func (t *throttle) try(name, network string, home bool) (wait time.Duration, giveBack func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	of := t.bucket("name "+name, retryName, triesOfName)
	if home {
		of = t.bucket("home "+name+" "+network, retryHome, triesAtHome)
	}
	reserved := []*rate.Reservation{of.ReserveN(now, 1), t.bucket("network "+network, retryNetwork, triesOfNetwork).ReserveN(now, 1)}
	for _, r := range reserved {
		wait = max(wait, r.DelayFrom(now))
	}
	back := func() {
		for _, r := range reserved {
			r.CancelAt(now)
		}
	}
	if wait > 0 {
		back() // a try that was not made must not push the end of the wait away
	}
	return wait, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		back()
	}
}

// bucket returns the one of a name. Where too many are remembered, those that are full again are forgotten, which changes
// nothing for anybody; if that is not enough, those that are half full, so that a flood of names that are tried once does
// not forgive what was tried often; and if even that is not enough, all are.
func (t *throttle) bucket(key string, every time.Duration, burst int) *rate.Limiter {
	if b, known := t.buckets[key]; known {
		return b
	}
	if len(t.buckets) >= mostThrottled {
		now := t.clock()
		for _, share := range []float64{1, 0.5, -1} {
			if len(t.buckets) < mostThrottled {
				break
			}
			maps.DeleteFunc(t.buckets, func(_ string, b *rate.Limiter) bool { return b.TokensAt(now) >= share*float64(b.Burst()) })
		}
	}
	b := rate.NewLimiter(rate.Every(every), burst)
	t.buckets[key] = b
	return b
}

// Network is whom an address belongs to: an IPv4 address alone, an IPv6 network of /64, which one subscriber has. What
// has no address, as a unix socket, is one network.
func Network(address netip.Addr) string {
	if !address.IsValid() {
		return "local"
	}
	address = address.Unmap().WithZone("")
	bits := 64
	if address.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(address, bits).Masked().String()
}
