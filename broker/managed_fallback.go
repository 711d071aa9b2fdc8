package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// fallBackWithin is how long the keeper may take to come up with the proven configuration.
const fallBackWithin = 15 * time.Second

// fallBack waits for the keeper to start the broker with the last proven configuration after the live one was
// refused: clients that worked yesterday should not be without a broker because of today's typing error. It
// returns cause where there is no proven configuration, or it does not start either.
func (m *Managed) fallBack(ctx context.Context, client *keeper.Client, cause error) error {
	if !fault.Is(cause, fault.Refused) {
		return cause
	}
	refused, err := client.Status(ctx)
	if err != nil {
		return cause
	}
	ctx, cancel := context.WithTimeout(ctx, fallBackWithin)
	defer cancel()
	runs := errors.New("it runs")
	ctx, settle := context.WithCancelCause(ctx)
	defer settle(nil)
	_ = client.Watch(ctx, func(s keeper.Status) { // the cause of its end is what counts
		switch {
		case s.State == keeper.Running && s.Config == keeper.ConfigProven:
			m.seen(s)
			settle(runs)
		case s.State == keeper.Running, s.State == keeper.Stopped, s.State == keeper.Backoff && s.Restarts > refused.Restarts:
			settle(cause)
		}
	})
	if !errors.Is(context.Cause(ctx), runs) {
		return cause
	}
	f := fault.From(cause)
	m.o.Notice(f.Message + ". The broker runs with the last configuration that worked instead. To apply the files as they are, mend them and restart the broker.")
	m.o.Logger.Error("the broker refuses its configuration and runs with the last proven one", "error", cause)
	return nil
}

// provenListeners are the TCP listeners of the proven configuration. Its files are ours, not the broker's.
func (m *Managed) provenListeners() ([]listener, error) {
	file, err := keeper.ProvenConfig(m.at.proven)
	if err != nil {
		return nil, err
	}
	conf, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading proven configuration: %w", err)
	}
	all := listenersIn(conf)
	for _, dir := range includedDirs(conf) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(m.at.broker, dir)
		}
		parts, err := filepath.Glob(filepath.Join(dir, "*.conf"))
		if err != nil {
			return nil, fmt.Errorf("looking for proven configuration: %w", err)
		}
		for _, part := range parts {
			conf, err := os.ReadFile(part)
			if err != nil {
				return nil, fmt.Errorf("reading proven configuration: %w", err)
			}
			all = append(all, listenersIn(conf)...)
		}
	}
	return all, nil
}
