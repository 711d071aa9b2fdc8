package notify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// Send queues a message for every channel that takes it, and says for how many. It does not wait for the network; what it
// has queued survives the end of the process. Texts are cleaned; an absent ID and time are filled in. The caller keeps
// values out of Title and Text, which is all that a channel gets that wants none.
func (s *Service) Send(ctx context.Context, m Message) (queued int, err error) {
	if err = m.check(); err != nil {
		return 0, err
	}
	if m.ID == "" {
		m.ID = strings.ToLower(rand.Text())
	}
	if m.At.IsZero() {
		m.At = s.o.Clock()
	}
	m = m.cleaned()

	s.changing.RLock()
	defer s.changing.RUnlock()
	now := s.now()
	var rows []row
	for _, c := range s.current() {
		suited, wanted := m.alongside(c)
		if !c.Enabled || !wanted {
			continue
		}
		rows = append(rows, row{
			channel: c.ID, message: suited, created: now, next: now, held: c.QuietHours.holds(m.Severity, now),
			overtakes: c.QuietHours.quiet(now) && m.AlertID != 0,
		})
	}
	if len(rows) == 0 {
		return 0, nil
	}
	err = s.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		queued = 0
		for _, r := range rows {
			r.id = s.lastID.Add(1)
			kept, err := s.enqueue(ctx, q, r)
			if err != nil {
				return err
			}
			if kept {
				queued++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("queueing a notification: %w", err)
	}
	for _, r := range rows {
		s.wakeOne(r.channel)
	}
	return queued, nil
}

// row is a message for one channel.
type row struct {
	id       int64
	channel  string
	message  Message
	created  time.Time
	next     time.Time // when it may be tried
	held     bool      // waits for the end of the quiet hours
	attempts int

	overtakes bool // the channel is quiet now: if this one is not held, what is held of its alert is out of date
}

// enqueue writes a row. Where the channel has too many the least and oldest goes, which may be this one.
func (s *Service) enqueue(ctx context.Context, q store.Queries, r row) (kept bool, err error) {
	text, err := json.Marshal(r.message)
	if err != nil {
		return false, fmt.Errorf("writing a message as JSON: %w", err)
	}
	broker := s.o.Store.Broker()
	if r.overtakes && !r.held {
		if _, err = q.Exec(ctx, `DELETE FROM notify_outbox WHERE broker = $1 AND channel = $2 AND alert = $3 AND held = 1`,
			broker, r.channel, r.message.AlertID); err != nil {
			return false, err
		}
	}
	if _, err = q.Exec(ctx, `INSERT INTO notify_outbox (broker, id, channel, alert, severity, held, created, next, attempts, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		broker, r.id, r.channel, r.message.AlertID, r.message.Severity.rank(), number(r.held), r.created.UnixMilli(), r.next.UnixMilli(),
		r.attempts, string(text)); err != nil {
		return false, err
	}
	var there int
	if err = q.QueryRow(ctx, `SELECT COUNT(*) FROM notify_outbox WHERE broker = $1 AND channel = $2`, broker, r.channel).Scan(&there); err != nil {
		return false, err
	}
	if there <= s.o.Most {
		return true, nil
	}
	var dropped int64
	if err = q.QueryRow(ctx, `DELETE FROM notify_outbox WHERE broker = $1 AND id = (
	SELECT id FROM notify_outbox WHERE broker = $1 AND channel = $2 ORDER BY severity, id LIMIT 1) RETURNING id`,
		broker, r.channel).Scan(&dropped); err != nil {
		return false, err
	}
	return dropped != r.id, s.count(ctx, q, r.channel, tally{dropped: 1})
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *Service) wakeOne(channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.wake[channel]; c != nil {
		nudge(c)
	}
}
