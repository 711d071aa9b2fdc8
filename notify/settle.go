package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// pick is the message of a channel that is to be tried next. The messages of one alert are tried in their order: none
// before all older ones are gone. Those of others do not wait for it.
func (s *Service) pick(ctx context.Context, channel string) (r row, there bool, err error) {
	err = s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		var created, next int64
		var text string
		err := q.QueryRow(ctx, `SELECT id, created, next, attempts, message FROM notify_outbox AS o
WHERE broker = $1 AND channel = $2 AND held = 0 AND (alert = 0 OR NOT EXISTS (
	SELECT 1 FROM notify_outbox AS e
	WHERE e.broker = $1 AND e.channel = $2 AND e.alert = o.alert AND e.id < o.id AND e.held = 0))
ORDER BY next, id LIMIT 1`, s.o.Store.Broker(), channel).Scan(&r.id, &created, &next, &r.attempts, &text)
		if err != nil {
			return err
		}
		r.channel, r.created, r.next = channel, time.UnixMilli(created), time.UnixMilli(next)
		return json.Unmarshal([]byte(text), &r.message)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("reading the outbox: %w", err)
	}
	return r, true, nil
}

// settle keeps what became of a try. What was sent is not tried again because the database failed for a moment: settle
// does not return before it is kept, or ctx ends.
func (s *Service) settle(ctx context.Context, c Channel, r row, h *health, f *failure) error {
	now := s.now()
	t := tally{at: now}
	revive := false
	switch {
	case f == nil:
		revive = h.failures >= deadAfter
		*h = health{}
		t.sent = 1
	case f.final:
		t.failed, t.trouble = 1, f.sentence
	default:
		r.attempts++
		h.failures++
		h.until = now.Add(max(min(delay(h.failures), longestPause), f.after))
		r.next = now.Add(max(delay(r.attempts), f.after))
		t.trouble = f.sentence
	}
	if f != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "a notification was not taken", slog.String("channel", c.ID), slog.String("type", string(c.Type)),
			slog.String("why", f.sentence), slog.Bool("final", f.final), slog.Int("tries", r.attempts))
	}
	gone := f == nil || f.final
	for {
		err := s.write(ctx, func(ctx context.Context, q store.Queries) error { return s.keepOutcome(ctx, q, r, t, gone, revive) })
		if err == nil || ctx.Err() != nil {
			return err
		}
		s.log.LogAttrs(ctx, slog.LevelError, "what became of a notification cannot be kept", slog.String("channel", c.ID), slog.Any("error", err))
		s.sleep(ctx, c.ID, storeRetry)
	}
}

// write is Store.Write that also works for a moment after the end of ctx.
func (s *Service) write(ctx context.Context, f func(context.Context, store.Queries) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
	defer cancel()
	return s.o.Store.Write(ctx, f)
}

const lastWrite = 2 * time.Second

func (s *Service) keepOutcome(ctx context.Context, q store.Queries, r row, t tally, gone, revive bool) (err error) {
	broker := s.o.Store.Broker()
	if gone {
		_, err = q.Exec(ctx, `DELETE FROM notify_outbox WHERE broker = $1 AND id = $2`, broker, r.id)
	} else {
		_, err = q.Exec(ctx, `UPDATE notify_outbox SET attempts = $3, next = $4 WHERE broker = $1 AND id = $2`,
			broker, r.id, r.attempts, r.next.UnixMilli())
	}
	if err == nil && revive {
		_, err = q.Exec(ctx, `UPDATE notify_outbox SET next = $3 WHERE broker = $1 AND channel = $2 AND next > $3`,
			broker, r.channel, t.at.UnixMilli())
	}
	if err != nil {
		return err
	}
	return s.count(ctx, q, r.channel, t)
}

// tally is what is added to the counters of a channel.
type tally struct {
	sent, failed, dropped int
	trouble               string // the last error; empty: as it was
	at                    time.Time
}

func (s *Service) count(ctx context.Context, q store.Queries, channel string, t tally) error {
	var errorAt, successAt int64
	if t.trouble != "" {
		errorAt = t.at.UnixMilli()
	}
	if t.sent > 0 {
		successAt = t.at.UnixMilli()
	}
	_, err := q.Exec(ctx, `INSERT INTO notify_channels AS c (broker, channel, sent, failed, dropped, last_error, last_error_at, last_success_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (broker, channel) DO UPDATE SET
	sent = c.sent + $3, failed = c.failed + $4, dropped = c.dropped + $5,
	last_error = CASE WHEN $7 > 0 THEN $6 ELSE c.last_error END,
	last_error_at = CASE WHEN $7 > 0 THEN $7 ELSE c.last_error_at END,
	last_success_at = CASE WHEN $8 > 0 THEN $8 ELSE c.last_success_at END`,
		s.o.Store.Broker(), channel, t.sent, t.failed, t.dropped, t.trouble, errorAt, successAt)
	return err
}
