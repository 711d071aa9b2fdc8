package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// exclusive keeps others from changing the broker's state or files: goroutines of this process, and a `bunkerm
// repair` beside it.
func (m *Managed) exclusive(ctx context.Context) (unlock func(), err error) {
	m.orders.Lock()
	f, err := m.at.lockEdits(ctx)
	if err != nil {
		m.orders.Unlock()
		return nil, err
	}
	return func() {
		_ = f.Close() // nothing was written; closing gives the lock back
		m.orders.Unlock()
	}, nil
}

// lockEdits waits for whoever changes the broker's files at the moment.
func (l layout) lockEdits(ctx context.Context) (*os.File, error) {
	f, err := os.OpenFile(l.editLock, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, l.notWritable(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(fault.New(fault.Unavailable, "another BunkerM command is changing the broker's files").
				Hint("try again when it has ended").Because(err), f.Close())
		}
	}
}

// adoptOrBegin finds out whether a broker of ours lives.
func (m *Managed) adoptOrBegin(ctx context.Context) error {
	var missing error
	m.program, missing = findProgram(ctx, m.o.Mosquitto, m.o.DynsecPlugin)
	client, err := keeper.Connect(ctx, m.at.socket)
	if err != nil && !errors.Is(err, keeper.ErrNoKeeper) {
		return err
	}
	if err == nil {
		m.client = client
		adopted, err := m.adopt(ctx)
		if adopted || err != nil {
			return err
		}
	}
	if missing != nil {
		return missing
	}
	spawned := m.client == nil
	if err := m.bringUp(ctx, true); err != nil {
		if spawned && m.client != nil {
			// Who ended the start in the middle wants nothing of it to be left.
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), respawnWithin)
			defer cancel()
			err = errors.Join(err, m.shutdown(ending))
		}
		return err
	}
	return nil
}

// adopt takes over a keeper whose broker runs. It returns false where the broker has to be started.
func (m *Managed) adopt(ctx context.Context) (bool, error) {
	status, err := m.client.Status(ctx)
	if err != nil {
		return false, err
	}
	sameProtocol := status.Protocol == keeper.Protocol
	if sameProtocol && status.State == keeper.Starting {
		// Whether it comes up is known soon; if not, we start it ourselves and say why it did not.
		if s, err := m.client.Start(ctx); err == nil {
			status = s
		}
	}
	_, accountErr := m.at.readAccount()
	if status.State != keeper.Running || accountErr != nil {
		if accountErr != nil {
			m.o.Notice("BunkerM's account on the broker is unknown, so the broker is restarted with a new one.")
		}
		if !sameProtocol || !m.specIsCurrent() {
			return false, m.shutdown(ctx)
		}
		return false, nil
	}
	if m.listening, err = m.prepareConf(true); err != nil {
		return false, err
	}
	if !sameProtocol {
		m.o.Notice(fmt.Sprintf("The broker runs under another version of BunkerM's keeper (protocol %d, this is %d): it goes on, "+
			"and its next restart through BunkerM replaces the keeper.", status.Protocol, keeper.Protocol))
	}
	m.replace = !sameProtocol
	m.seen(status)
	m.o.Logger.Info("adopted the running broker", "keeper_pid", status.KeeperPID, "broker_pid", status.BrokerPID)
	return true, nil
}

// specIsCurrent tells whether the living keeper was given the order that we would give it.
func (m *Managed) specIsCurrent() bool {
	data, err := os.ReadFile(m.at.spec)
	var given keeper.Spec
	return err == nil && json.Unmarshal(data, &given) == nil && reflect.DeepEqual(given, m.spec())
}

// bringUp starts the broker, and a keeper where there is none. The broker must not run. first is for the start of
// BunkerM, when --mqtt-listen is compared with the file.
func (m *Managed) bringUp(ctx context.Context, first bool) error {
	listening, err := m.prepareConf(first)
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.listening = listening
	m.mu.Unlock()
	client, err := m.idleKeeper(ctx)
	if err != nil {
		return err
	}
	account, err := m.at.ensureAccount()
	if err == nil {
		err = m.files.sweep()
	}
	if err == nil {
		err = m.prepareDynsec(account, false)
	}
	if err == nil {
		err = m.renderOurs()
	}
	if err == nil {
		err = m.restoreCertificates(ctx)
	}
	if err == nil {
		err = checkPorts(listening, filepath.Join(m.at.broker, confName))
	}
	if err != nil {
		return err
	}
	status, err := client.Start(ctx)
	if err != nil {
		return m.fallBack(ctx, client, err)
	}
	m.seen(status)
	return nil
}

// idleKeeper is a keeper, a new one where there is none, whose broker does not run. One that a killed keeper has left behind still
// holds ports and files; the new keeper ends it.
func (m *Managed) idleKeeper(ctx context.Context) (*keeper.Client, error) {
	client := m.driver()
	if client == nil {
		err := m.spec().Write(m.at.spec)
		if err != nil {
			return nil, m.at.notWritable(err)
		}
		if client, err = keeper.Spawn(ctx, m.o.Executable, m.at.spec); err != nil {
			return nil, err
		}
		m.mu.Lock()
		m.client, m.replace = client, false
		m.mu.Unlock()
	}
	_, err := client.Stop(ctx)
	return client, err
}

// halt stops the broker, and with it a keeper that cannot be driven.
func (m *Managed) halt(ctx context.Context) error {
	m.mu.Lock()
	client, replace := m.client, m.replace
	m.mu.Unlock()
	if client == nil || replace {
		return m.shutdown(ctx)
	}
	_, err := client.Stop(ctx)
	if errors.Is(err, keeper.ErrNoKeeper) {
		m.lost()
		_, err = m.idleKeeper(ctx)
	}
	return err
}

// shutdown ends keeper and broker.
func (m *Managed) shutdown(ctx context.Context) error {
	client := m.driver()
	if client == nil {
		return nil
	}
	_, err := client.Shutdown(ctx)
	if err != nil && !errors.Is(err, keeper.ErrNoKeeper) {
		return err
	}
	m.mu.Lock()
	m.client = nil
	m.mu.Unlock()
	return nil
}

// Restart stops the broker and starts it with the files as they are now. Clients are disconnected. When it does not
// come up, the fault is of kind Refused and carries the broker's own last words, and the keeper goes back to the
// last proven configuration.
func (m *Managed) Restart(ctx context.Context) error {
	unlock, err := m.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return m.restart(ctx)
}

// restart is Restart for whoever holds the orders.
func (m *Managed) restart(ctx context.Context) error {
	listening, err := m.prepareConf(false)
	if err != nil {
		return err
	}
	found, err := findProgram(ctx, m.o.Mosquitto, m.o.DynsecPlugin)
	if err != nil {
		return err
	}
	data, _, err := m.files.read(dynsecName)
	damaged := err != nil || !json.Valid(data)
	if damaged && !errors.Is(err, fs.ErrNotExist) && m.Status().State == keeper.Running {
		return errDamaged(filepath.Join(m.at.broker, dynsecName))
	}
	m.mu.Lock()
	m.program = found
	replace := m.replace || !m.specIsCurrent()
	m.mu.Unlock()
	if replace {
		if err := m.shutdown(ctx); err != nil {
			return err
		}
	}
	if replace || damaged || m.driver() == nil {
		return m.bringUp(ctx, false)
	}
	err = m.files.reown()
	if err == nil {
		err = m.renderOurs()
	}
	if err != nil {
		return err
	}
	status, err := m.driver().Restart(ctx)
	if errors.Is(err, keeper.ErrNoKeeper) {
		m.lost()
		return m.bringUp(ctx, false)
	}
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.listening = listening
	m.mu.Unlock()
	m.seen(status)
	return nil
}

// Reload makes the broker read mosquitto.conf again without disconnecting anybody. Not every setting can change
// that way. It is a Conflict while the broker does not run on the live files.
func (m *Managed) Reload(ctx context.Context) error {
	unlock, err := m.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return m.reload(ctx)
}

// reload is Reload for whoever holds the orders. Where the keeper is gone there is nobody left to be disconnected: the broker
// is started, and reads the files by that.
func (m *Managed) reload(ctx context.Context) error {
	if err := m.files.reown(); err != nil {
		return err
	}
	client := m.driver()
	if client == nil {
		return m.restart(ctx)
	}
	_, err := client.Reload(ctx)
	if errors.Is(err, keeper.ErrNoKeeper) {
		return m.restart(ctx)
	}
	return err
}

// Prove keeps the configuration that runs as the one to go back to. Call it when a session has connected.
func (m *Managed) Prove(ctx context.Context) error {
	client := m.driver()
	if client == nil {
		return keeper.ErrNoKeeper
	}
	_, err := client.Prove(ctx)
	return err
}
