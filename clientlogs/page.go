package clientlogs

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// Filter chooses events. Its zero value lets everything through but our own.
type Filter struct {
	ClientID string    // exactly; empty for all
	Username string    // exactly; empty for all
	Address  string    // exactly; empty for all
	Kinds    KindSet   // none for all
	From, To time.Time // from (inclusive) to (exclusive); zero for no bound
	Own      bool      // BunkerM's own sessions as well
}

// KindSet is a set of kinds, a bit for each.
type KindSet uint64

// setOf is the set of the given kinds.
func setOf(kinds ...Kind) KindSet {
	var s KindSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// has reports whether a kind is in the set. The empty set stands for all.
func (s KindSet) has(k Kind) bool { return s == 0 || s&(1<<k) != 0 }

// lets reports whether an event passes.
func (f *Filter) lets(e *Event) bool {
	return f.Kinds.has(e.Kind) && (f.Own || !e.Own) &&
		(f.ClientID == "" || f.ClientID == e.ClientID) &&
		(f.Username == "" || f.Username == e.Username) &&
		(f.Address == "" || f.Address == e.Address) &&
		(f.From.IsZero() || !e.Time.Before(f.From)) && (f.To.IsZero() || e.Time.Before(f.To))
}

// Page is a part of a list, the newest events first.
type Page struct {
	Events []Event
	// Next is where the next page begins; empty where nothing is older.
	Next string
	// ScannedTo is set when the page is shorter than asked for although there may be more: the search took too long, and
	// has come to this time. The next page goes on there.
	ScannedTo time.Time
}

const (
	// scanTime is how long a page may be searched for. What that finds is the answer, with a cursor to go on.
	scanTime = 150 * time.Millisecond
	// firstChunk and mostChunk are how many rows are looked at between two looks at the clock: few at first, because the
	// page may be full after them, then more. The longest take some 20 ms.
	firstChunk = 256
	mostChunk  = 16_384
	// noBound is an id above all others.
	noBound = int64(1) << 62
)

// List returns the newest limit events that pass the filter, or, with the Next of another page as cursor, those behind
// it. Pages do not change when new events arrive. What waits for the database is in them.
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) (Page, error) {
	below := noBound
	if cursor != "" {
		var err error
		if below, err = readCursor(cursor); err != nil {
			return Page{}, err
		}
	}
	// Before the database is read: what is stored meanwhile is in both, and is taken from here.
	waiting := s.waiting()
	page := Page{Events: waiting.newest(f, below, limit+1)}
	if len(page.Events) > limit {
		page.cut(limit)
		return page, nil
	}
	deadline := time.Now().Add(s.scanTime)
	err := s.db.Read(ctx, func(ctx context.Context, q store.Queries) error {
		return s.search(ctx, q, f, idRange{high: min(below, waiting.first())}, &page, limit, deadline)
	})
	if err != nil {
		return Page{}, err
	}
	return page, nil
}

// cut ends a page behind the first limit events.
func (p *Page) cut(limit int) {
	p.Events = p.Events[:limit]
	p.Next = writeCursor(p.Events[limit-1].ID)
}

// search fills a page from a range of ids until it has limit events, or until the deadline.
func (s *Service) search(ctx context.Context, q store.Queries, f Filter, ids idRange, page *Page, limit int, deadline time.Time) error {
	// A statement whose context can end costs a goroutine, and none here takes long.
	quick := context.WithoutCancel(ctx)
	search, possible, err := newSearch(quick, q, s.db.Broker(), s.codes, f, ids)
	if err != nil || !possible {
		return err
	}
	late := func() bool { return time.Now().After(deadline) }
	for len(page.Events) <= limit {
		e, more, err := search.next(quick, limit+1-len(page.Events), late)
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case err != nil:
			return err
		case e != nil:
			page.Events = append(page.Events, *e)
		case more:
			behind := search.behind()
			page.Next, page.ScannedTo = writeCursor(behind.floor), timeOf(behind.floorTime)
			return nil
		default:
			return nil
		}
	}
	page.cut(limit)
	return nil
}

// A cursor names the id below which the next page begins. It is opaque, so that it may name something else one day.

const cursorMark = "e"

func writeCursor(below int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorMark + strconv.FormatInt(below, 36)))
}

func readCursor(cursor string) (int64, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil && len(text) > len(cursorMark) && string(text[:len(cursorMark)]) == cursorMark {
		if below, err := strconv.ParseInt(string(text[len(cursorMark):]), 36, 64); err == nil && below >= 0 {
			return below, nil
		}
	}
	return 0, fault.New(fault.Invalid, "the request is not acceptable").
		At("query.cursor", "is not the next_cursor of an answer").Hint("leave the cursor out to begin with the newest")
}

// wordOf finds the number of a text, 0 where no event has it.
func wordOf(ctx context.Context, q store.Queries, broker int64, text string) (int64, error) {
	var id int64
	err := q.QueryRow(ctx, findWord, broker, text).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("looking a word up: %w", err)
	}
	return id, nil
}

// timeOf is a stored time.
func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
