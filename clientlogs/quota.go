package clientlogs

import (
	"net/netip"
	"time"
)

// bucket is a token bucket: a Quota's AtOnce tokens, refilled by PerMinute.
type bucket struct {
	tokens float64
	filled time.Time // zero for one that has never been used and is full
}

// take takes a token if there is one. A clock that steps back refills nothing.
func (b *bucket) take(q Quota, now time.Time) bool {
	if b.filled.IsZero() {
		b.tokens, b.filled = float64(q.AtOnce), now
	}
	if passed := now.Sub(b.filled); passed > 0 {
		b.tokens = min(float64(q.AtOnce), b.tokens+passed.Minutes()*float64(q.PerMinute))
		b.filled = now
	} else if passed < 0 {
		b.filled = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// source is an address from which clients come.
type source struct {
	key    string
	bucket bucket
}

// sources are the addresses whose use is measured. The longest known is forgotten when there are too many; who held on
// to it goes on using it.
type sources struct {
	limit int
	byKey map[string]*queued[source]
	order queue[source]
}

// find returns the source of an address, nil where the address is not known.
func (s *sources) find(address string) *source {
	if address == "" {
		return nil
	}
	key := network(address)
	if e, there := s.byKey[key]; there {
		return &e.value
	}
	if s.order.n >= s.limit {
		old := s.order.oldest
		s.order.remove(old)
		delete(s.byKey, old.value.key)
	}
	e := s.order.push(source{key: key})
	s.byKey[key] = e
	return &e.value
}

// network is what counts as one address: of IPv6 the first 64 bits, of which every household has at least one.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() || ip.Is4In6() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
