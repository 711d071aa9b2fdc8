package clientlogs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// A span tells between which times the events of one table lie whose ids are in a range. Spans are found by time, events
// by id: so there is no index on time, and a clock that steps back costs a few more spans and nothing else.

const (
	// spanRows is how many events a span has at most: so many are looked at in vain at the edges of a search by time.
	spanRows = 4096
	// spanTime is how far apart the times of a span are at most. Retention deletes by spans, so it is also how much
	// longer than they should events may be kept; over 90 days it makes 2,160 spans.
	spanTime = int64(time.Hour / time.Millisecond)
)

// span is a row of event_spans.
type span struct {
	first, last int64 // ids, both inclusive
	min, max    int64 // epoch milliseconds, both inclusive
	rows        int64
}

// spanGrowth extends the spans of one table in one transaction.
type spanGrowth struct {
	broker  int64
	part    part
	loaded  bool
	span    span // the newest one; rows is 0 when there is none yet
	changed bool
}

const newestSpan = `SELECT first_id, last_id, min_time, max_time, rows FROM event_spans
	WHERE broker = $1 AND part = $2 ORDER BY first_id DESC LIMIT 1`

// add counts an event in, whose id is higher than all before.
func (g *spanGrowth) add(ctx context.Context, q store.Queries, id, ms int64) error {
	if !g.loaded {
		s := &g.span
		err := q.QueryRow(ctx, newestSpan, g.broker, g.part).Scan(&s.first, &s.last, &s.min, &s.max, &s.rows)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("reading the newest span: %w", err)
		}
		g.loaded = true
	}
	lowest, highest := min(g.span.min, ms), max(g.span.max, ms)
	if g.span.rows == 0 || g.span.rows >= spanRows || highest-lowest > spanTime {
		if err := g.save(ctx, q); err != nil {
			return err
		}
		g.span = span{first: id, min: ms, max: ms}
		lowest, highest = ms, ms
	}
	g.span.last, g.span.min, g.span.max = id, lowest, highest
	g.span.rows++
	g.changed = true
	return nil
}

const putSpan = `INSERT INTO event_spans (broker, part, first_id, last_id, min_time, max_time, rows)
	VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (broker, part, first_id) DO UPDATE SET last_id = excluded.last_id, min_time = excluded.min_time,
	max_time = excluded.max_time, rows = excluded.rows`

// save writes the newest span.
func (g *spanGrowth) save(ctx context.Context, q store.Queries) error {
	if !g.changed {
		return nil
	}
	g.changed = false
	s := &g.span
	if _, err := q.Exec(ctx, putSpan, g.broker, g.part, s.first, s.last, s.min, s.max, s.rows); err != nil {
		return fmt.Errorf("storing a span: %w", err)
	}
	return nil
}

// idRange is ids from low to high, high exclusive.
type idRange struct{ low, high int64 }

const spansBetween = `SELECT first_id, last_id, (max_time >= $3 AND min_time < $4) FROM event_spans
	WHERE broker = $1 AND part = $2 AND last_id >= $5 AND first_id < $6
	AND first_id >= (SELECT min(first_id) FROM event_spans WHERE broker = $1 AND part = $2 AND max_time >= $3 AND min_time < $4)
	AND first_id <= (SELECT max(first_id) FROM event_spans WHERE broker = $1 AND part = $2 AND max_time >= $3 AND min_time < $4)
	ORDER BY first_id DESC`

// rangesOf finds the ids within limits between which the events of a table lie that happened from from to before to
// (epoch milliseconds), newest first. There may be others in between, but not many.
func rangesOf(ctx context.Context, q store.Queries, broker int64, p part, from, to int64, limits idRange) ([]idRange, error) {
	rows, err := q.Query(ctx, spansBetween, broker, p, from, to, limits.low, limits.high)
	if err != nil {
		return nil, fmt.Errorf("looking for events by time: %w", err)
	}
	defer rows.Close()
	var ranges []idRange
	together := false // the span before this one matches, so they are one range
	for rows.Next() {
		var first, last int64
		var matches bool
		if err := rows.Scan(&first, &last, &matches); err != nil {
			return nil, fmt.Errorf("looking for events by time: %w", err)
		}
		first, last = max(first, limits.low), min(last, limits.high-1)
		switch {
		case matches && together:
			ranges[len(ranges)-1].low = first
		case matches:
			ranges = append(ranges, idRange{low: first, high: last + 1})
		}
		together = matches
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("looking for events by time: %w", err)
	}
	return ranges, nil
}
