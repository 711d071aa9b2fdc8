package observe

import (
	"context"
	"errors"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// How long a broker may be silent until it counts as having told everything that it keeps, and what of it may wait to be counted.
const (
	toldWithin   = 500 * time.Millisecond
	countedQueue = 16 << 20
)

// CountRetained asks a broker for every message that it keeps, by a connection of its own, and counts them. It ends when none has
// come for half a second. Topics that begin with $ are left out; what is kept for the topic apart is counted apart.
func CountRetained(ctx context.Context, at broker.Endpoint, apart string) (n, apartFrom int64, err error) {
	s := New(Options{Endpoint: at, Filters: []string{"#"}})
	c := s.Consumer("retained", countedQueue)
	if err := s.Start(ctx); err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	last := time.Now() // when one came, or it could not be asked yet
	for {
		quiet, cancel := context.WithTimeout(ctx, toldWithin)
		b, err := c.Next(quiet)
		cancel()
		switch {
		case err == nil:
			if b.Kind == Connected {
				n, apartFrom = 0, 0
			}
			others, its := b.stored(apart)
			n, apartFrom = n+others, apartFrom+its
			if others+its > 0 {
				last = time.Now()
			}
			b.Release()
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return n, apartFrom, err
		}
		switch {
		case !s.hears():
			last = time.Now()
		case time.Since(last) >= toldWithin:
			return n, apartFrom, nil
		}
	}
}

// stored counts the messages that the broker had kept, and those that are lost, which are such as a rule.
func (b *Block) stored(apart string) (others, its int64) {
	others = b.Lost
	for m := (Message{}); b.Next(&m); {
		switch {
		case !m.Stored:
		case string(m.Topic) == apart:
			its++
		default:
			others++
		}
	}
	return others, its
}

// hears reports whether the broker has taken the one subscription.
func (s *Stream) hears() bool {
	now := s.Status()
	return now.State == broker.StateConnected && len(now.Filters) == 1 && now.Filters[0].State == FilterGranted
}
