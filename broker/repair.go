package broker

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// RepairOptions say what [Repair] works on.
type RepairOptions struct {
	DataDir string
	Logger  *slog.Logger // nil: discarded
	Notice  func(string) // what was done, one sentence a call; nil: logged
}

// Repair gives BunkerM its account and role back in dynamic-security.json, where somebody removed or changed them,
// and replaces a file that is empty or damaged by the good copy, or, where there is none, by one without other
// accounts; the damaged file stays beside it. A broker that runs is stopped and started for that, also under a
// BunkerM that runs at the same time. A healthy broker is left alone.
func Repair(ctx context.Context, o RepairOptions) (err error) {
	m, err := newManaged(ManageOptions{DataDir: o.DataDir, Logger: o.Logger, Notice: o.Notice})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.release()) }()
	if _, err := os.Stat(filepath.Join(m.at.broker, confName)); errors.Is(err, fs.ErrPermission) {
		return m.at.notWritable(err)
	} else if err != nil {
		return fault.Newf(fault.NotFound, "there is no managed broker in %s", m.at.data).
			Hint("name its data directory with --data-dir, or start one with `bunkerm serve`").Because(err)
	}
	uid, gid, err := brokerUser()
	if err != nil {
		return err
	}
	if err := m.at.prepareData(gid); err != nil {
		return err
	}
	if m.files, err = m.at.prepare(uid, gid); err != nil {
		return err
	}
	unlock, err := m.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if m.client, err = keeper.Connect(ctx, m.at.socket); err == nil {
		return m.repairRunning(ctx)
	}
	if !errors.Is(err, keeper.ErrNoKeeper) {
		return err
	}
	// Without a keeper nobody but us may start one while we write.
	if m.lock, err = m.at.lockDataDir(); err != nil {
		return err
	}
	if m.healthyFile() {
		m.o.Notice("BunkerM's account on the broker is in order; nothing was changed.")
		return nil
	}
	return m.repairFile()
}

// repairRunning works through the keeper, which stops and starts the broker.
func (m *Managed) repairRunning(ctx context.Context) error {
	status, err := m.client.Status(ctx)
	if err != nil {
		return err
	}
	if status.Protocol != keeper.Protocol {
		return fault.New(fault.Conflict, "the broker runs under another version of BunkerM's keeper").
			Hint("restart the broker through BunkerM, or use the bunkerm that started it")
	}
	if status.State == keeper.Running && m.healthyFile() {
		account, err := m.at.readAccount()
		if err != nil {
			return err
		}
		err = login(ctx, m.dial, account)
		if err == nil {
			m.o.Notice("BunkerM's account on the broker is in order; nothing was changed.")
			return nil
		}
		if !errors.Is(err, errNoLogin) {
			return err
		}
		m.o.Notice("The file has BunkerM's account, but the running broker does not know it.")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackWithin)
	defer cancel()
	if _, err := m.client.Stop(ctx); err != nil {
		return err
	}
	err = m.repairFile()
	if _, startErr := m.client.Start(ctx); startErr != nil {
		return errors.Join(err, startErr)
	}
	if err != nil {
		return err
	}
	account, err := m.at.readAccount()
	if err != nil {
		return err
	}
	if err := login(ctx, m.dial, account); err != nil {
		return err
	}
	m.o.Notice("The broker was restarted and lets BunkerM in.")
	return nil
}

// healthyFile tells whether file and account agree.
func (m *Managed) healthyFile() bool {
	account, err := m.at.readAccount()
	if err != nil {
		return false
	}
	data, _, err := m.files.read(dynsecName)
	if err != nil {
		return false
	}
	f, err := ParseDynsecFile(data)
	return err == nil && f.ownIntact(account)
}

// repairFile mends the file. The broker must not run.
func (m *Managed) repairFile() error {
	account, err := m.at.ensureAccount()
	if err != nil {
		return err
	}
	data, _, err := m.files.read(dynsecName)
	if err == nil && json.Valid(data) {
		if _, err := ParseDynsecFile(data); err != nil {
			// JSON, but nothing that the plugin could have written: treated like one that is cut off.
			return m.recoverDynsec(account, data, true)
		}
	}
	return m.prepareDynsec(account, true)
}
