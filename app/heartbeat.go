package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	heartbeatEvery   = time.Minute
	heartbeatTimeout = 10 * time.Second
	heartbeatAnswer  = 64 << 10 // bytes that are read of an answer
)

// heartbeat calls an address every minute, so that somebody else notices when we do not any more. What such services give out
// is as good as a password, so the address stands in no log.
func (a *App) heartbeat(ctx context.Context) error {
	if a.opts.HeartbeatURL == "" {
		return nil
	}
	client := &http.Client{Timeout: heartbeatTimeout}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	for failing := false; ; {
		err := callHeartbeat(ctx, client, a.opts.HeartbeatURL)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			a.logger.Warn("the heartbeat address does not answer as it should; it is tried every minute", "component", "app", "error", err)
		case err == nil && failing:
			a.logger.Info("the heartbeat address answers again", "component", "app")
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func callHeartbeat(ctx context.Context, client *http.Client, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return errors.New("the address is none")
	}
	r.Header.Set("User-Agent", "BunkerM")
	answer, err := client.Do(r)
	if err != nil {
		if f, ok := errors.AsType[*url.Error](err); ok {
			err = f.Err // without the address
		}
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, heartbeatAnswer))
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the answer was %s", answer.Status)
	}
	return nil
}
