package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// stopTimeout bounds Stop as a whole: the 20 s that the broker has to save its database, and as much as the rest may need.
// Who stops us (systemd, compose, Kubernetes) gives more.
const stopTimeout = 35 * time.Second

// lifecycle keeps what has to be closed. Each resource registers its close before the next line runs, so that a
// start that fails half way closes exactly what it opened.
type lifecycle struct {
	mu      sync.Mutex
	closers []closer
	logger  *slog.Logger
}

type closer struct {
	name string
	end  func(context.Context) error
}

// onStop registers end under a name that the log uses.
func (l *lifecycle) onStop(name string, end func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closers = append(l.closers, closer{name, end})
}

// stop runs the closes in reverse order under one deadline. A close that fails does not keep the others from
// running. Calling it again does nothing.
func (l *lifecycle) stop(ctx context.Context) error {
	l.mu.Lock()
	closers := l.closers
	l.closers = nil
	l.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var errs []error
	for _, c := range slices.Backward(closers) {
		began := time.Now()
		if err := c.end(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stopping %s: %w", c.name, err))
		}
		l.logger.Debug("stopped", "part", c.name, "took", time.Since(began).Round(time.Millisecond))
	}
	return errors.Join(errs...)
}

// background runs fn until the program stops, and makes stop wait for it.
func (l *lifecycle) background(name string, fn func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(ctx)
	}()
	l.onStop(name, func(stopping context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-stopping.Done():
			return stopping.Err()
		}
	})
}
