package broker

import (
	"context"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// The debug log of the managed broker is lent by the keeper, so that it ends when we do, however we end.

// DebugLog reports whether the broker prints its debug log, in which every message that is published has a line.
func (m *Managed) DebugLog() bool { return m.Status().Debug == keeper.DebugOn }

// SetDebugLog makes the broker print its debug log, or no longer, without disconnecting anybody: a file of ours that its
// configuration includes is written and a signal sent. A broker that starts again by itself keeps what was ordered, as
// long as we live.
//
// It is a Conflict, and nothing happens, while any other file of the configuration differs from what the broker has
// read, because the signal would apply that change too; so it is while the broker runs with the proven configuration,
// and under a keeper of an older BunkerM. When turning off is what fails, the keeper goes on trying.
func (m *Managed) SetDebugLog(ctx context.Context, on bool) error {
	client := m.driver()
	if client == nil {
		return keeper.ErrNoKeeper
	}
	if m.Status().Debug == "" {
		return errOldKeeper()
	}
	m.debugWanted.Store(on)
	var status keeper.Status
	var err error
	if on {
		status, err = client.DebugOn(ctx, m.o.DebugLease)
	} else {
		status, err = client.DebugOff(ctx)
	}
	if fault.Is(err, fault.Malformed) {
		return errOldKeeper()
	}
	if err != nil {
		return err
	}
	m.seen(status)
	return nil
}

func errOldKeeper() error {
	return fault.New(fault.Conflict, "the broker's keeper is of an older BunkerM and cannot switch the debug log").
		Hint("restart the broker through BunkerM when its clients can do without it for a moment; that replaces the keeper")
}

// holdDebugLog says again and again that we still want the debug log, while we do.
func (m *Managed) holdDebugLog(ctx context.Context) {
	tick := time.NewTicker(m.o.DebugLease / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		client := m.driver()
		if client == nil || !m.debugWanted.Load() {
			continue
		}
		holding, cancel := context.WithTimeout(ctx, m.o.DebugLease/2)
		if _, err := client.DebugHold(holding, m.o.DebugLease); err != nil && ctx.Err() == nil {
			m.o.Logger.Warn("the debug log cannot be held and will end by itself", "error", err)
		}
		cancel()
	}
}

// endDebugLog turns the debug log off before we leave a broker that goes on.
func (m *Managed) endDebugLog(ctx context.Context) {
	m.debugWanted.Store(false)
	client := m.driver()
	if client == nil || !m.DebugLog() {
		return
	}
	if _, err := client.DebugOff(ctx); err != nil {
		m.o.Logger.Warn("the keeper will turn the debug log off, because we could not", "error", err)
	}
}
