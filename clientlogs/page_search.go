package clientlogs

import (
	"context"
	"math"
	"slices"

	"github.com/bunkerm/bunkerm/store"
)

// search finds events from the newest to the oldest. It goes down several lanes at once: each reads one table along one
// index, and the lanes are merged by id.
type search struct {
	q     store.Queries
	lanes []*lane
}

// newSearch begins a search within a range of ids. It reports false where no event can pass the filter.
func newSearch(ctx context.Context, q store.Queries, broker int64, c *codes, f Filter, ids idRange) (*search, bool, error) {
	w := condition{broker: broker, kinds: math.MaxInt64, from: math.MinInt64, to: math.MaxInt64}
	for _, text := range []struct {
		text string
		word *int64
	}{{f.ClientID, &w.client}, {f.Username, &w.username}, {f.Address, &w.address}} {
		if text.text == "" {
			continue
		}
		var err error
		if *text.word, err = wordOf(ctx, q, broker, text.text); err != nil || *text.word == 0 {
			return nil, false, err
		}
	}
	if f.Kinds != 0 {
		w.kinds = int64(f.Kinds)
	}
	if f.Own {
		w.own = 1
	}
	if !f.From.IsZero() {
		w.from = f.From.UnixMilli()
	}
	if !f.To.IsZero() {
		w.to = f.To.UnixMilli()
	}
	s := &search{q: q}
	for _, p := range parts() {
		ranges := []idRange{ids}
		if !f.From.IsZero() || !f.To.IsZero() {
			var err error
			if ranges, err = rangesOf(ctx, q, broker, p, w.from, w.to, ids); err != nil {
				return nil, false, err
			}
		}
		for _, key := range keysOf(p, f) {
			s.lanes = append(s.lanes, newLane(p, key, w, c, ranges))
		}
	}
	return s, true, nil
}

// laneKey is the index along which a lane reads, and the number to find in it.
type laneKey struct {
	column string // client, username, kind; empty for the table itself
	kind   Kind
}

// keysOf chooses the indexes: of what the filter names, the one that probably has the fewest entries.
func keysOf(p part, f Filter) []laneKey {
	wanted := slices.DeleteFunc(f.Kinds.kinds(), func(k Kind) bool { return partOf(k) != p })
	switch {
	case f.Kinds != 0 && len(wanted) == 0:
		return nil
	case f.ClientID != "":
		return []laneKey{{column: "client"}}
	case f.Username != "":
		return []laneKey{{column: "username"}}
	case p == publishesPart || f.Kinds == 0:
		return []laneKey{{}}
	}
	keys := make([]laneKey, len(wanted))
	for i, k := range wanted {
		keys[i] = laneKey{column: "kind", kind: k}
	}
	return keys
}

// kinds lists the members.
func (s KindSet) kinds() []Kind {
	var kinds []Kind
	for k := Connect; k <= Recording; k++ {
		if s != 0 && s.has(k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// next returns the newest event that was not returned yet. There is none when all lanes have been read to their end, and
// then more is false; or when late says that there is no time to look for it, and then more is true. want is how many
// events are still wanted.
func (s *search) next(ctx context.Context, want int, late func() bool) (e *Event, more bool, err error) {
	for {
		behind, best := s.behind(), s.best()
		switch {
		// What a lane has not looked at yet is below its floor.
		case best != nil && (behind == nil || best.found[0].ID >= behind.floor):
			e = &best.found[0]
			best.found = best.found[1:]
			return e, true, nil
		case behind == nil:
			return nil, false, nil
		// Each lane gets its turn, or a page could end where it began.
		case behind.moved && late():
			return nil, true, nil
		}
		if err := behind.advance(ctx, s.q, want); err != nil {
			return nil, false, err
		}
	}
}

// behind is the lane that has to be read on first: of those that have nothing found, the one that has come the least far.
func (s *search) behind() *lane {
	var behind *lane
	for _, l := range s.lanes {
		if len(l.found) == 0 && len(l.ranges) > 0 && (behind == nil || l.floor > behind.floor) {
			behind = l
		}
	}
	return behind
}

// best is the lane with the newest event found.
func (s *search) best() *lane {
	var best *lane
	for _, l := range s.lanes {
		if len(l.found) > 0 && (best == nil || l.found[0].ID > best.found[0].ID) {
			best = l
		}
	}
	return best
}
