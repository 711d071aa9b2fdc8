package anomaly

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
)

// unsaved is what of outgoing the store does not have yet.
type unsaved struct {
	budget bool               // tokens or next
	held   map[int64]struct{} // incidents that are new in the digest, or changed
	told   map[int64]struct{} // those that are in it no more
}

func (u *unsaved) hold(id int64) {
	if u.held == nil {
		u.held = map[int64]struct{}{}
	}
	u.held[id] = struct{}{}
	delete(u.told, id)
}

func (u *unsaved) tell(id int64) {
	if u.told == nil {
		u.told = map[int64]struct{}{}
	}
	u.told[id] = struct{}{}
	delete(u.held, id)
}

func (u *unsaved) empty() bool { return !u.budget && len(u.held) == 0 && len(u.told) == 0 }

// save stores what has changed. What cannot be stored is tried again at the next time.
func (g *outgoing) save(ctx context.Context, s *Service) {
	g.saving.Lock()
	defer g.saving.Unlock()
	g.mu.Lock()
	now := g.unsaved
	g.unsaved = unsaved{}
	tokens, filled, next := g.tokens, g.filled, g.next
	items := make(map[int64]notify.Item, len(now.held))
	for id := range now.held {
		items[id] = g.items[id]
	}
	g.mu.Unlock()
	if now.empty() {
		return
	}
	err := s.o.Store.WriteSurely(ctx, func(ctx context.Context, q store.Queries) error {
		broker := s.o.Store.Broker()
		if _, err := q.Exec(ctx, `INSERT INTO anomaly_outgoing (broker, tokens, filled, next) VALUES ($1, $2, $3, $4)
ON CONFLICT (broker) DO UPDATE SET tokens = excluded.tokens, filled = excluded.filled, next = excluded.next`,
			broker, tokens, filled.UnixMilli(), next.UnixMilli()); err != nil {
			return err
		}
		for id, item := range items {
			if err := holdItem(ctx, q, broker, id, item); err != nil {
				return err
			}
		}
		for id := range now.told {
			if _, err := q.Exec(ctx, `DELETE FROM anomaly_digest WHERE broker = $1 AND alert = $2`, broker, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return
	}
	if ctx.Err() == nil {
		s.log.Warn("what the next digest tells of could not be stored; it is tried again", "error", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unsaved.budget = true
	for id := range now.held {
		if _, there := g.items[id]; there {
			g.unsaved.hold(id)
		}
	}
	for id := range now.told {
		if _, there := g.items[id]; !there {
			g.unsaved.tell(id)
		}
	}
}

func holdItem(ctx context.Context, q store.Queries, broker, id int64, item notify.Item) error {
	text, err := json.Marshal(item)
	if err != nil {
		return fmt.Errorf("encoding an incident of the digest: %w", err)
	}
	_, err = q.Exec(ctx, `INSERT INTO anomaly_digest (broker, alert, held, item) VALUES ($1, $2, $3, $4)
ON CONFLICT (broker, alert) DO UPDATE SET item = excluded.item`, broker, id, item.At.UnixMilli(), string(text))
	return err
}

// load reads what was kept before.
func (g *outgoing) load(ctx context.Context, s *Service) error {
	err := s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		broker := s.o.Store.Broker()
		var filled, next int64
		err := q.QueryRow(ctx, `SELECT tokens, filled, next FROM anomaly_outgoing WHERE broker = $1`, broker).Scan(&g.tokens, &filled, &next)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if filled > 0 {
			g.filled = moment(filled)
		}
		if next > 0 {
			g.next = moment(next)
		}
		found, err := q.Query(ctx, `SELECT alert, item FROM anomaly_digest WHERE broker = $1 ORDER BY held, alert`, broker)
		if err != nil {
			return err
		}
		defer func() { _ = found.Close() }()
		for found.Next() {
			var id int64
			var text string
			var item notify.Item
			if err := found.Scan(&id, &text); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &item); err != nil {
				return fmt.Errorf("decoding an incident of the digest: %w", err)
			}
			g.add(id, item)
		}
		return found.Err()
	})
	if err != nil {
		return fmt.Errorf("reading what the next digest tells of: %w", err)
	}
	return nil
}
