package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/host"
	"github.com/bunkerm/bunkerm/config"
	"github.com/bunkerm/bunkerm/gateway"
	"github.com/bunkerm/bunkerm/notify"
	"github.com/bunkerm/bunkerm/store"
	"github.com/bunkerm/bunkerm/stream"
)

// App is one running BunkerM. Its methods may be called from several goroutines after Start has returned.
type App struct {
	opts   Options
	logger *slog.Logger
	life   lifecycle
	failed chan error // a server that ended by itself

	keys       *auth.Keys
	setupToken string          // for the greeting; empty where there are accounts
	managed    *broker.Managed // nil when attached
	host       *host.Site      // the files and the process of an attached broker; nil where they cannot be reached
	session    *broker.Session
	gateway    *gateway.Gateway

	brokerAt    broker.Endpoint // how the broker is reached
	brokerSince time.Time       // when the managed broker ran
	observed    observation
	db          *store.DB
	streams     stream.Group
	notify      *notify.Service
	ends        struct { // of the certificates of the broker's listeners
		sync.Mutex
		all []config.Certificate
		at  time.Time // when they were looked at
	}
	takeovers takeovers
	asked     asked
	services

	listener net.Listener
	ports    map[string]net.Listener // by service; without those that are off or not to be had
}

// New prepares a program. It touches nothing outside.
func New(o Options) *App {
	logger := newLogger(o)
	return &App{opts: o, logger: logger, failed: make(chan error, 1), life: lifecycle{logger: component(logger, "app")}}
}

// Run starts the program, waits until ctx ends or a part of it fails, and stops it.
func Run(ctx context.Context, o Options) error {
	a := New(o)
	if err := a.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // whoever ended the start knows why it failed
		}
		return err
	}
	var failure error
	select {
	case <-ctx.Done():
		a.logger.Info("stopping", "component", "app", "broker_keeps_running", o.managed() && o.keepBroker())
	case failure = <-a.failed:
	}
	return errors.Join(failure, a.Stop(context.WithoutCancel(ctx)))
}

// Start brings everything up and returns when the API answers and, for a managed broker, the broker runs. What it
// started is stopped again when it fails.
func (a *App) Start(ctx context.Context) (err error) {
	began := time.Now()
	a.noticeUnknown()
	defer func() {
		if err != nil {
			err = errors.Join(err, a.life.stop(context.WithoutCancel(ctx)))
		}
	}()
	for _, step := range []func(context.Context) error{
		a.refuseHalfRestored, a.listen, a.openBroker, a.openObservation, a.openStore, a.openKeys, a.openServices, a.serve,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	a.logger.Info("ready", "component", "app", "url", a.URL(), "mqtt", a.MQTTAddr(), "version", a.opts.Version,
		"took_ms", time.Since(began).Milliseconds())
	a.greet()
	a.proveAdoption()
	return nil
}

// Stop ends everything in reverse order of its start; the managed broker goes on where Options say so.
func (a *App) Stop(ctx context.Context) error { return a.life.stop(ctx) }

// Addr is where the gateway listens, with the port that was chosen.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// ServiceAddr is where one service alone listens, as in dynsec; nil when it does not.
func (a *App) ServiceAddr(service string) net.Addr {
	if ln := a.ports[service]; ln != nil {
		return ln.Addr()
	}
	return nil
}

// MQTTAddr is where the managed broker takes MQTT clients, "" when attached.
func (a *App) MQTTAddr() string {
	if a.managed == nil {
		return ""
	}
	return a.managed.MQTTAddr()
}

// URL is how this host reaches the gateway.
func (a *App) URL() string { return localURL(a.Addr(), a.opts.TLSCert != "") }
