package app

import (
	"context"
	"log/slog"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

func openKeys(o Options, logger *slog.Logger) (*auth.Keys, error) {
	return auth.Open(auth.Options{Path: keyFile(o.DataDir), Environment: o.APIKey, Logger: logger})
}

// ShowKey returns the primary API key. It makes none: on a data directory without one it is a fault that says so.
func ShowKey(o Options) (string, error) {
	if o.APIKey != "" {
		return o.APIKey, nil
	}
	return auth.ReadKey(keyFile(o.DataDir))
}

// RotateKey replaces the primary API key and returns the new one. A BunkerM that runs takes it within a second. It is
// refused where the environment sets the key.
func RotateKey(o Options) (string, error) {
	keys, err := openKeys(o, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	return keys.Rotate()
}

// Keeper is the small process that owns the managed broker; see package broker/keeper.
func Keeper(ctx context.Context, specPath string) error { return keeper.Main(ctx, specPath) }

// Repair gives BunkerM its own account on the managed broker back. told hears what it did, in sentences.
func Repair(ctx context.Context, o Options, told func(sentence string)) error {
	return broker.Repair(ctx, broker.RepairOptions{DataDir: o.DataDir, Logger: component(newLogger(o), "broker"), Notice: told})
}
