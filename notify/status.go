package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/store"
)

// Status says how each channel is doing, in the order of the channels.
func (s *Service) Status(ctx context.Context) ([]ChannelStatus, error) {
	var all []ChannelStatus
	for _, c := range s.current() {
		all = append(all, ChannelStatus{ID: c.ID, Name: c.Name, Type: c.Type, Enabled: c.Enabled})
	}
	err := s.o.Store.Read(ctx, func(ctx context.Context, q store.Queries) error {
		for i := range all {
			if err := s.readStatus(ctx, q, &all[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading how channels are doing: %w", err)
	}
	return all, nil
}

func (s *Service) readStatus(ctx context.Context, q store.Queries, c *ChannelStatus) error {
	var errorAt, successAt, next int64
	err := q.QueryRow(ctx, `SELECT COALESCE(SUM(sent), 0), COALESCE(SUM(failed), 0), COALESCE(SUM(dropped), 0), COALESCE(MAX(last_error), ''),
	COALESCE(MAX(last_error_at), 0), COALESCE(MAX(last_success_at), 0)
FROM notify_channels WHERE broker = $1 AND channel = $2`, s.o.Store.Broker(), c.ID).
		Scan(&c.Sent, &c.Failed, &c.Dropped, &c.LastError, &errorAt, &successAt)
	if err != nil {
		return err
	}
	err = q.QueryRow(ctx, `SELECT COUNT(*), COALESCE(SUM(held), 0), COALESCE(MIN(CASE WHEN held = 0 AND attempts > 0 THEN next END), 0)
FROM notify_outbox WHERE broker = $1 AND channel = $2`, s.o.Store.Broker(), c.ID).Scan(&c.Waiting, &c.Held, &next)
	if err != nil {
		return err
	}
	c.Waiting -= c.Held
	c.LastErrorAt, c.LastSuccess, c.NextTry = instant(errorAt), instant(successAt), instant(next)
	return nil
}

// instant is the time of epoch milliseconds; zero for 0.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
