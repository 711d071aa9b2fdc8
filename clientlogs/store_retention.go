package clientlogs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// What an event takes on the disk, its index entries and its part of the dictionary included, measured over the stories
// that the tests store. Counting the pages of a table would mean reading them; the limit of all data together is held by
// the size of the file, and this only decides who has to give.
const (
	eventBytes   = 110
	publishBytes = 90
)

// Kinds are the data of this service for store.DB.Keep: events, and publish events, which are many and kept shortly.
func (s *Service) Kinds() []store.Kind {
	kind := func(name string, p part, age func() time.Duration, share float64, rowBytes int64) store.Kind {
		return store.Kind{
			Name: name, Age: age, Share: share,
			Measure: func(ctx context.Context, q store.Queries) (int64, int64, time.Time, error) {
				rows, oldest, err := measure(ctx, q, p)
				return rows, rows * rowBytes, oldest, err
			},
			Trim: func(ctx context.Context, q store.Queries, olderThan time.Time, rows int) (int, error) {
				n, err := trim(ctx, q, p, olderThan.UnixMilli(), int64(rows))
				if err == nil {
					err = s.sweep.step(ctx, q, s.words)
				}
				return int(n), err
			},
		}
	}
	return []store.Kind{
		kind("events", eventsPart, s.o.EventsAge, 0.5, eventBytes),
		kind("publishes", publishesPart, s.o.PublishesAge, 0.3, publishBytes),
	}
}

const measureSpans = `SELECT coalesce(sum(rows), 0), coalesce(min(min_time), 0) FROM event_spans WHERE part = $1`

func measure(ctx context.Context, q store.Queries, p part) (rows int64, oldest time.Time, err error) {
	var ms int64
	if err := q.QueryRow(ctx, measureSpans, p).Scan(&rows, &ms); err != nil {
		return 0, time.Time{}, fmt.Errorf("measuring %s: %w", p.table(), err)
	}
	if rows > 0 {
		oldest = timeOf(ms)
	}
	return rows, oldest, nil
}

const (
	// The span with the lowest ids of those that are old enough, of whichever broker: one that the clock of a bad day has
	// put into the future must not keep the ones behind it. Spans are cut off from their beginning.
	oldestSpan = `SELECT broker, first_id, last_id, rows FROM event_spans WHERE part = $1 AND max_time < $2 ORDER BY first_id LIMIT 1`
	dropSpan   = `DELETE FROM event_spans WHERE broker = $1 AND part = $2 AND first_id = $3`
	cutSpan    = `UPDATE event_spans SET first_id = $4, rows = rows - $5 WHERE broker = $1 AND part = $2 AND first_id = $3`
	putTrim    = `INSERT INTO event_trims (broker, part, trimmed) VALUES ($1, $2, $3)
		ON CONFLICT (broker, part) DO UPDATE SET trimmed = CASE WHEN event_trims.trimmed < excluded.trimmed
		THEN excluded.trimmed ELSE event_trims.trimmed END`
)

// trim deletes up to most of the oldest events whose spans are older than a time.
func trim(ctx context.Context, q store.Queries, p part, olderThan, most int64) (deleted int64, err error) {
	for deleted < most {
		n, err := trimSpan(ctx, q, p, olderThan, most-deleted)
		if err != nil {
			return deleted, fmt.Errorf("deleting old %s: %w", p.table(), err)
		}
		if n == 0 {
			break
		}
		deleted += n
	}
	return deleted, nil
}

func trimSpan(ctx context.Context, q store.Queries, p part, olderThan, most int64) (int64, error) {
	var broker, first, last, rows int64
	err := q.QueryRow(ctx, oldestSpan, p, olderThan).Scan(&broker, &first, &last, &rows)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	below := last + 1
	if rows > most {
		rows = most
		beyond := "SELECT id FROM " + p.table() + " WHERE id >= $1 AND id <= $2 ORDER BY id LIMIT 1 OFFSET $3"
		if err := q.QueryRow(ctx, beyond, first, last, most).Scan(&below); err != nil {
			return 0, err
		}
	}
	if _, err := q.Exec(ctx, "DELETE FROM "+p.table()+" WHERE id >= $1 AND id < $2", first, below); err != nil {
		return 0, err
	}
	if below > last {
		_, err = q.Exec(ctx, dropSpan, broker, p, first)
	} else {
		_, err = q.Exec(ctx, cutSpan, broker, p, first, below, rows)
	}
	if err != nil {
		return 0, err
	}
	_, err = q.Exec(ctx, putTrim, broker, p, below-1)
	return rows, err
}

// sweep deletes the clients and the words that no event uses any more, a few thousand at a time, in turn. It runs within
// the transactions of retention, one at a time.
type sweep struct{ next int64 }

// sweepWords is how many numbers of words a step passes.
const sweepWords = 5000

const (
	oldestTimes = `SELECT p.broker, (SELECT min(min_time) FROM event_spans s WHERE s.broker = p.broker) FROM event_positions p`
	highestWord = `SELECT coalesce(max(id), 0) FROM event_words`
	dropDevices = `DELETE FROM devices WHERE broker = $1 AND client >= $2 AND client < $3 AND last_seen < $4`
	dropWords   = `DELETE FROM event_words WHERE id >= $2 AND id < $3 AND broker = $1 AND day < $4 RETURNING text`
)

// step passes the next words.
func (s *sweep) step(ctx context.Context, q store.Queries, w *words) error {
	var highest int64
	if err := q.QueryRow(ctx, highestWord).Scan(&highest); err != nil {
		return fmt.Errorf("reading the size of the dictionary: %w", err)
	}
	oldest, err := oldestEvents(ctx, q)
	if err != nil {
		return err
	}
	from, to := s.next, s.next+sweepWords
	for broker, ms := range oldest {
		// A word's day is not before any event that uses it, and a client's last_seen not before most of its events.
		if _, err := q.Exec(ctx, dropDevices, broker, from, to, ms); err != nil {
			return fmt.Errorf("deleting old clients: %w", err)
		}
		if err := sweepDictionary(ctx, q, w, broker, from, to, dayOf(ms)); err != nil {
			return err
		}
	}
	if s.next = to; s.next > highest {
		s.next = 0
	}
	return nil
}

// oldestEvents tells the time of the oldest event of each broker, which is far in the future where there is none.
func oldestEvents(ctx context.Context, q store.Queries) (map[int64]int64, error) {
	rows, err := q.Query(ctx, oldestTimes)
	if err != nil {
		return nil, fmt.Errorf("looking for the oldest events: %w", err)
	}
	defer rows.Close()
	oldest := map[int64]int64{}
	for rows.Next() {
		var broker int64
		var ms sql.NullInt64
		if err := rows.Scan(&broker, &ms); err != nil {
			return nil, fmt.Errorf("looking for the oldest events: %w", err)
		}
		if !ms.Valid {
			ms.Int64 = math.MaxInt64
		}
		oldest[broker] = ms.Int64
	}
	return oldest, rows.Err()
}

func sweepDictionary(ctx context.Context, q store.Queries, w *words, broker, from, to, day int64) error {
	rows, err := q.Query(ctx, dropWords, broker, from, to, day)
	if err != nil {
		return fmt.Errorf("deleting old words: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return fmt.Errorf("deleting old words: %w", err)
		}
		w.forget(text)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("deleting old words: %w", err)
	}
	return nil
}
