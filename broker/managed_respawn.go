package broker

import (
	"context"
	"errors"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
)

// How patient we are with a keeper that dies.
const (
	respawnFirst   = 100 * time.Millisecond
	respawnLongest = 30 * time.Second
	respawnWithin  = time.Minute
)

// watch follows the broker's state and starts a new keeper when ours dies.
func (m *Managed) watch(ctx context.Context) {
	delay := respawnFirst
	for ctx.Err() == nil {
		client := m.driver()
		var err error
		if client == nil {
			err = keeper.ErrNoKeeper // its replacement could not be started
		} else {
			err = client.Watch(ctx, func(s keeper.Status) {
				delay = respawnFirst
				m.seen(s)
			})
		}
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, keeper.ErrNoKeeper) {
			// A keeper of another protocol version does not let itself be watched, but it tells its status.
			if s, err := client.Status(ctx); err == nil {
				m.seen(s)
			}
			wait(ctx, time.Second)
			continue
		}
		if err := m.respawn(ctx); err != nil && ctx.Err() == nil {
			m.o.Logger.Error("the broker's keeper is gone and cannot be started again", "error", err, "next_try_in", delay)
			wait(ctx, delay)
			delay = min(2*delay, respawnLongest)
		}
	}
}

// respawn brings keeper and broker back, unless an order has done so already.
func (m *Managed) respawn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, respawnWithin)
	defer cancel()
	unlock, err := m.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if client, err := keeper.Connect(ctx, m.at.socket); err == nil {
		m.mu.Lock()
		m.client = client
		m.mu.Unlock()
		if s, err := client.Status(ctx); err == nil && s.State != keeper.Stopped {
			return nil
		}
	} else {
		m.lost()
	}
	return m.bringUp(ctx, false)
}

// lost takes note that the keeper is gone, and its broker with it: whoever starts the broker next starts a keeper first. It is
// for whoever holds the orders and is about to do so.
func (m *Managed) lost() {
	m.mu.Lock()
	known, s := m.client != nil, m.status
	m.client = nil
	m.mu.Unlock()
	if !known {
		return
	}
	m.o.Logger.Warn("the broker's keeper is gone", "keeper_pid", s.KeeperPID)
	m.o.Notice("The broker's keeper has ended unexpectedly, and the broker with it; both are started again.")
	s.State, s.BrokerPID, s.Since, s.Exit = keeper.Stopped, 0, time.Now(), "its keeper ended"
	s.Serial++
	m.seen(s)
}

// keeperGone finds out whether the keeper has ended, which an order that fails does not always say: its broker ends a moment
// later, and then whatever is asked of that one fails. It is for whoever holds the orders.
func (m *Managed) keeperGone(ctx context.Context) bool {
	client := m.driver()
	if client == nil {
		return true
	}
	if _, err := client.Status(ctx); !errors.Is(err, keeper.ErrNoKeeper) {
		return false
	}
	m.lost()
	return true
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
