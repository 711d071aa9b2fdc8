package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/keeper"
)

// openBroker runs the managed broker, or finds out how to reach the attached one, and prepares our session with it.
// The data directory is ours from here on.
func (a *App) openBroker(ctx context.Context) error {
	endpoint, err := a.endpoint(ctx)
	if err != nil {
		return err
	}
	a.brokerAt = endpoint
	a.session = broker.NewSession(broker.SessionOptions{
		Endpoint: endpoint, Logger: component(a.logger, "broker"), StatusTopic: a.opts.StatusTopic, Version: a.brokerVersion(),
	})
	return nil
}

func (a *App) endpoint(ctx context.Context) (broker.Endpoint, error) {
	if !a.opts.managed() {
		lock, err := broker.ClaimDataDir(a.opts.DataDir)
		if err != nil {
			return broker.Endpoint{}, err
		}
		a.life.onStop("data directory", func(context.Context) error { return lock.Close() })
		return broker.Attach(broker.AttachOptions{
			URL: a.opts.Broker, Username: a.opts.BrokerUser, Password: a.opts.BrokerPassword,
			PasswordFile: a.opts.BrokerPasswordFile,
			CAFile:       a.opts.BrokerCA, CertFile: a.opts.BrokerCert, KeyFile: a.opts.BrokerKey,
		})
	}
	managed, err := broker.Manage(ctx, broker.ManageOptions{
		DataDir: a.opts.DataDir, Mosquitto: a.opts.Mosquitto, DynsecPlugin: a.opts.DynsecPlugin,
		MQTTListen: a.opts.MQTTListen, Executable: a.opts.Executable,
		Logger: component(a.logger, "broker"), Notice: a.noticeOf("broker.notice", "broker"), OnStatus: a.brokerChanges(),
		Certificates: a.restoreCertificates,
	})
	if err != nil {
		return broker.Endpoint{}, err
	}
	a.managed, a.brokerSince = managed, time.Now()
	a.life.onStop("broker", func(ctx context.Context) error { return managed.Close(ctx, a.opts.keepBroker()) })
	return managed.Endpoint(), nil
}

// notice tells the person on the console, or the log where nobody reads, something they should know.
func (a *App) notice(sentence string) {
	if a.opts.Terminal && a.opts.Console != nil {
		fmt.Fprintln(a.opts.Console, "bunkerm: "+sentence)
		return
	}
	a.logger.Warn(sentence, "component", "app")
}

// brokerChanges logs what the broker's process goes through, and has the audit keep that the keeper has restarted it.
// Status also changes with each of the broker's last words, and those are in the broker's own log.
func (a *App) brokerChanges() func(keeper.Status) {
	var state keeper.State
	var pid int
	restarts := map[int]int{} // by keeper; another one counts from 0
	return func(s keeper.Status) {
		if before, known := restarts[s.KeeperPID]; known && s.Restarts > before {
			a.acts.add("broker.restart", "broker", map[string]any{"exit": s.Exit, "restarts": s.Restarts})
		}
		restarts[s.KeeperPID] = s.Restarts
		if s.State == state && s.BrokerPID == pid {
			return
		}
		state, pid = s.State, s.BrokerPID
		a.logger.Info("broker process", "component", "broker", "state", string(state), "pid", pid, "restarts", s.Restarts)
	}
}

// provenAfter is how long the session may take until the broker counts as proven by a client that connected.
const provenAfter = 3 * time.Second

// openSession connects to the broker and keeps the mirror of its state loaded.
func (a *App) openSession(ctx context.Context) error {
	if err := a.session.Start(ctx); err != nil {
		return err
	}
	a.life.onStop("session", a.session.Close)
	a.life.background("dynsec", func(ctx context.Context) {
		if err := a.dynsec.Run(ctx); err != nil && ctx.Err() == nil {
			a.logger.Error("dynsec ended", "component", "dynsec", "error", err)
		}
	})
	if a.managed == nil {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, provenAfter)
	defer cancel()
	if err := a.session.Ready(waiting); err != nil {
		// The page and the API are there to mend this, so it does not keep us from starting.
		a.logger.Error("the broker runs, but BunkerM cannot use it", "component", "broker", "error", Explain(err))
		a.life.background("proof", a.proveLater)
		return nil
	}
	a.proveBroker(ctx)
	return nil
}

// proveLater counts the broker as proven as soon as the session is there after all. Without that a crash of the broker would bring
// back what was proven before these files.
func (a *App) proveLater(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for a.session.Status().State != broker.StateConnected {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	a.proveBroker(ctx)
}

func (a *App) proveBroker(ctx context.Context) {
	if err := a.managed.Prove(ctx); err != nil && ctx.Err() == nil {
		a.logger.Warn("the broker's configuration could not be kept as proven", "component", "broker", "error", Explain(err))
	}
}

// leaveAddress writes down where we answer, for Healthcheck.
func (a *App) leaveAddress() error {
	path := addressFile(a.opts.DataDir)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing down our address: %w", err)
	}
	if err := os.WriteFile(path, []byte(a.URL()+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing down our address: %w", err)
	}
	a.life.onStop("address file", func(context.Context) error { return os.Remove(path) })
	return nil
}

// keyFile is where the generated primary API key is kept.
func keyFile(dataDir string) string { return filepath.Join(dataDir, "api-key") }
