package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// How a message is tried again. The delay doubles with each try of the same message; a channel as a whole pauses much
// shorter, so that new messages find out soon that it works again.
const (
	firstDelay   = 5 * time.Second
	longestDelay = time.Hour
	longestPause = time.Minute
	longestWait  = 24 * time.Hour // after that a message says nothing worth knowing
	storeRetry   = time.Second    // when the database cannot be asked

	// deadAfter is how many tries have to fail one after the other for a channel to count as dead. When it takes a message
	// again, what waits goes at once.
	deadAfter = 3
)

// delay is how long a message waits after so many tries: 5 s, 10 s, 20 s and so on, up to an hour.
func delay(tries int) time.Duration {
	if tries > 10 {
		return longestDelay
	}
	return min(firstDelay<<max(tries-1, 0), longestDelay)
}

// Run delivers until ctx ends, one message at a time for each channel. It may be called once. It returns nil: what does
// not work is in Status, and is tried again.
func (s *Service) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	ended := make(chan string)
	running := map[string]bool{}
	for {
		for _, c := range s.current() {
			if c.Enabled && !running[c.ID] {
				running[c.ID] = true
				workers.Go(func() {
					s.work(ctx, c.ID)
					select {
					case ended <- c.ID:
					case <-ctx.Done():
					}
				})
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case id := <-ended:
			delete(running, id)
		case <-s.changed:
		}
	}
}

// health is what a worker knows of its channel.
type health struct {
	failures int       // tries that failed, one after the other
	until    time.Time // nothing is tried before
}

// work delivers the messages of one channel, until it is gone or switched off, or ctx ends.
func (s *Service) work(ctx context.Context, id string) {
	var h health
	for ctx.Err() == nil {
		c := find(s.current(), id)
		if c == nil || !c.Enabled {
			return
		}
		wait, err := s.step(ctx, *c, &h)
		if err != nil {
			if ctx.Err() == nil {
				s.log.LogAttrs(ctx, slog.LevelError, "notifications wait for the database", slog.String("channel", id), slog.Any("error", err))
			}
			wait = storeRetry
		}
		if wait > 0 {
			s.sleep(ctx, id, wait)
		}
	}
}

// step delivers at most one message, and says how long there is nothing to do.
func (s *Service) step(ctx context.Context, c Channel, h *health) (time.Duration, error) {
	now := s.now()
	quiet := c.QuietHours.quiet(now)
	if quiet {
		if err := s.hold(ctx, c); err != nil {
			return 0, err
		}
	} else if err := s.release(ctx, c, now); err != nil {
		return 0, err
	}
	idle := longestWait
	if c.QuietHours != nil {
		idle = untilLooked(now)
	}
	if pause := h.until.Sub(now); pause > 0 {
		return min(pause, idle), nil
	}
	r, there, err := s.pick(ctx, c.ID)
	switch {
	case err != nil:
		return 0, err
	case !there:
		return idle, nil
	case now.Sub(r.created) > longestWait:
		return 0, s.settle(ctx, c, r, h, &failure{sentence: "given up: not sent within a day", final: true})
	case r.next.After(now):
		return min(r.next.Sub(now), idle), nil
	}
	_, failed := s.deliver(ctx, c, r.message)
	if ended := ctx.Err() != nil; ended && failed != nil {
		return 0, nil // it was us who broke it off, so it says nothing about the receiver
	}
	return 0, s.settle(ctx, c, r, h, failed)
}

// sleep waits, at most until something changes.
func (s *Service) sleep(ctx context.Context, id string, d time.Duration) {
	s.mu.Lock()
	wake := s.wake[id]
	s.mu.Unlock()
	if wake == nil {
		return // the channel is gone
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}
