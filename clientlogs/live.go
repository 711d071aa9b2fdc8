package clientlogs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/stream"
)

const (
	// liveWindow is how many ids are looked at in one step, and sent in one piece.
	liveWindow = 2048
	// liveRetry is when a reader looks again for events that are neither in memory any more nor stored yet.
	liveRetry = 200 * time.Millisecond
)

// known reports whether it is known who is connected.
func (s *Service) known() bool { return s.o.Source != nil && s.readToEnd() }

// readToEnd reports whether the log has been read to its end since our start.
func (s *Service) readToEnd() bool {
	s.collector.mu.Lock()
	defer s.collector.mu.Unlock()
	s.reading.settle(s.o.Clock())
	return s.reading.caughtUp
}

// gapAnswer says that events are missing from a stream.
type gapAnswer struct {
	Detail string `json:"detail"`
}

// fromBeginning is the place of a stream that is opened before it is known where the last run ended: behind that.
const fromBeginning = -1

// now is the place behind all that has happened.
func (s *Service) now() int64 {
	select {
	case <-s.begins:
		return s.ring.Last()
	default:
		return fromBeginning
	}
}

// live sends what passes the filter, of the events behind after, and goes on with those that come. It first reads the
// database, in the order of the ids, until it has come to the events that are still in memory; there they are before
// they are stored.
func (s *Service) live(ctx context.Context, out *stream.Sender, f Filter, after int64) {
	if !out.Wait(ctx, s.begins, nil) {
		return
	}
	if after == fromBeginning {
		after = s.beganAt
	}
	if !s.awaitAgain(ctx, out, after) {
		return
	}
	if gone := s.forgotten(ctx, f, after); gone != "" {
		if out.Send(stream.Event{Name: "gap", Data: gapAnswer{gone}}) != nil {
			return
		}
	}
	after = min(after, s.ring.Last())
	for {
		items, gap, changed := s.ring.After(after, liveWindow)
		var events []Event
		var retry <-chan time.Time
		if gap {
			var err error
			if events, after, err = s.stretch(ctx, f, after); err != nil {
				s.log.WarnContext(ctx, "reading events for a stream", "error", err)
				return
			}
			retry = time.After(liveRetry)
		}
		for _, item := range items {
			after = item.ID
			if f.lets(item.Value) {
				events = append(events, *item.Value)
			}
		}
		if len(events) > 0 && out.Send(streamed(events)...) != nil {
			return
		}
		switch {
		case gap && after < s.stored.Load(), len(items) == liveWindow:
			if ctx.Err() != nil {
				return
			}
		case !out.Wait(ctx, changed, retry):
			return
		}
	}
}

func streamed(events []Event) []stream.Event {
	all := make([]stream.Event, len(events))
	for i := range events {
		all[i] = stream.Event{ID: strconv.FormatInt(events[i].ID, 10), Name: "event", Data: answerOf(&events[i])}
	}
	return all
}

// stretch reads the next stored events behind an id, the oldest first, and returns the id up to which it has looked.
func (s *Service) stretch(ctx context.Context, f Filter, after int64) ([]Event, int64, error) {
	until := min(after+liveWindow, s.stored.Load())
	if until <= after {
		return nil, after, nil
	}
	var page Page
	err := s.db.Read(ctx, func(ctx context.Context, q store.Queries) error {
		return s.search(ctx, q, f, idRange{low: after + 1, high: until + 1}, &page, liveWindow, time.Now().Add(time.Hour))
	})
	slices.Reverse(page.Events)
	return page.Events, until, err
}

// awaitAgain waits while an id that was given before we were killed may be given again: the events behind what was
// stored are being read anew then. It reports false when the stream has ended.
func (s *Service) awaitAgain(ctx context.Context, out *stream.Sender, after int64) bool {
	for after > s.ring.Last() && s.o.Source != nil && !s.readToEnd() {
		_, _, changed := s.ring.After(s.ring.Last(), 0)
		if !out.Wait(ctx, changed, time.After(liveRetry)) {
			return false
		}
	}
	return true
}

const newestTrim = `SELECT coalesce(max(trimmed), 0) FROM event_trims WHERE broker = $1 AND (($2 >> part) & 1) = 1`

// forgotten says in a sentence that events behind an id are not kept any more; empty where all of them are.
func (s *Service) forgotten(ctx context.Context, f Filter, after int64) string {
	if after > s.ring.Last() {
		return "There is no such event here: the stream begins with what happens now."
	}
	var wanted, trimmed int64
	for _, p := range parts() {
		if len(keysOf(p, f)) > 0 {
			wanted |= 1 << p
		}
	}
	err := s.db.Read(ctx, func(ctx context.Context, q store.Queries) error {
		return q.QueryRow(ctx, newestTrim, s.db.Broker(), wanted).Scan(&trimmed)
	})
	if err != nil || after >= trimmed {
		return "" // what reads the events meets the same error, and says so
	}
	return fmt.Sprintf("Events up to number %d have been thrown away because of their age or for want of room.", trimmed)
}
