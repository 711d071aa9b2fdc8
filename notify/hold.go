package notify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// hold has what waits to be tried again wait for the end of the quiet hours, which have begun in the meantime.
func (s *Service) hold(ctx context.Context, c Channel) error {
	below := Critical.rank()
	if c.QuietHours.AlsoCritical {
		below++
	}
	broker := s.o.Store.Broker()
	var there bool
	err := s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		return q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM notify_outbox WHERE broker = $1 AND channel = $2 AND held = 0 AND severity < $3)`,
			broker, c.ID, below).Scan(&there)
	})
	if err == nil && there {
		err = s.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
			_, err := q.Exec(ctx, `UPDATE notify_outbox SET held = 1 WHERE broker = $1 AND channel = $2 AND held = 0 AND severity < $3`,
				broker, c.ID, below)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("holding notifications back: %w", err)
	}
	return nil
}

// release makes one digest of what was held back.
func (s *Service) release(ctx context.Context, c Channel, now time.Time) error {
	broker := s.o.Store.Broker()
	var there bool
	err := s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		return q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM notify_outbox WHERE broker = $1 AND channel = $2 AND held = 1)`,
			broker, c.ID).Scan(&there)
	})
	if err != nil || !there {
		return wrapRelease(err)
	}
	return wrapRelease(s.o.Store.Write(ctx, func(ctx context.Context, q store.Queries) error {
		held, err := readHeld(ctx, q, broker, c.ID)
		if err != nil {
			return err
		}
		if _, err = q.Exec(ctx, `DELETE FROM notify_outbox WHERE broker = $1 AND channel = $2 AND held = 1`, broker, c.ID); err != nil {
			return err
		}
		m, left := digest(held, now)
		if !left {
			return nil
		}
		_, err = s.enqueue(ctx, q, row{id: s.lastID.Add(1), channel: c.ID, message: m, created: now, next: now})
		return err
	}))
}

func wrapRelease(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("releasing notifications: %w", err)
}

func readHeld(ctx context.Context, q store.Queries, broker int64, channel string) (held []Message, err error) {
	rows, err := q.Query(ctx, `SELECT message FROM notify_outbox WHERE broker = $1 AND channel = $2 AND held = 1 ORDER BY id`, broker, channel)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		var m Message
		if err = rows.Scan(&text); err != nil {
			return nil, err
		}
		if err = json.Unmarshal([]byte(text), &m); err != nil {
			return nil, fmt.Errorf("decoding a message: %w", err)
		}
		held = append(held, m)
	}
	return held, rows.Err()
}

// digest makes one message of many, in their order. An alert stands there once, as it was last; what was opened and closed
// while nobody was to be disturbed is taken out; left is false where nothing is left. A single digest stays as it is.
func digest(held []Message, now time.Time) (_ Message, left bool) {
	if len(held) == 1 && held[0].Event == Digest {
		return held[0], true
	}
	type story struct {
		began Event
		last  Item
	}
	var order []*story
	known := map[int64]*story{}
	more := 0
	for _, m := range held {
		items := m.Items
		if len(items) == 0 {
			items = []Item{{m.AlertID, m.Event, m.Severity, m.Kind, m.Entity, m.Title, m.OpenedAt, m.At}}
		}
		more += m.More
		for _, it := range items {
			if st := known[it.AlertID]; st != nil && it.AlertID != 0 {
				if st.last.Severity.rank() > it.Severity.rank() {
					it.Severity = st.last.Severity
				}
				st.last = it
				continue
			}
			st := &story{it.Event, it}
			known[it.AlertID] = st
			order = append(order, st)
		}
	}
	order = slices.DeleteFunc(order, func(st *story) bool { return st.began == Opened && st.last.Event == Closed })
	if len(order) == 0 && more == 0 {
		return Message{}, false
	}
	m := Message{ID: "quiet-" + strings.ToLower(rand.Text()), Event: Digest, Severity: Low, At: now, More: more}
	for _, st := range order {
		m.Items = append(m.Items, st.last)
		if st.last.Severity.rank() > m.Severity.rank() {
			m.Severity = st.last.Severity
		}
	}
	switch n := len(order) + more; n {
	case 1:
		m.Title = "1 alert during the quiet hours"
	default:
		m.Title = fmt.Sprintf("%d alerts during the quiet hours", n)
	}
	return m.cleaned(), true
}
