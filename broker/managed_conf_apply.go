package broker

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// replaceConf does what ReplaceConf says, once everything has been looked at.
func (m *Managed) replaceConf(ctx context.Context, e ConfEdit, infos map[string]fs.FileInfo) error {
	entry := EditEntry{ID: e.ID, Since: time.Now(), How: e.How, Phase: EditBegun, Before: map[string][]byte{}, After: e.After}
	for name := range e.After {
		entry.Before[name] = e.Before[name]
	}
	e.Step(StepWriting)
	if err := m.journal.Write(entry); err != nil {
		return notWritten(err)
	}
	if err := m.writeFiles(e.After, infos); err != nil {
		return m.notBegun(entry, infos, err)
	}
	cause := m.use(ctx, e)
	if cause == nil {
		entry.Phase = EditProven
		if err := m.journal.Write(entry); err != nil {
			// The change stands; a kill before it is recorded would undo it at the next start, and say so.
			m.o.Logger.Warn("the edit's journal could not be kept up", "error", err)
		}
		m.keepProven(ctx)
		return nil
	}
	return m.undo(ctx, e, entry, infos, cause)
}

// notBegun undoes writes of which one failed. The broker has not been told of them.
func (m *Managed) notBegun(entry EditEntry, infos map[string]fs.FileInfo, cause error) error {
	back, err := entry.ToPutBack(m.ReadFile)
	if err == nil {
		err = m.writeFiles(back, infos)
	}
	if err == nil {
		err = m.journal.Forget(entry.ID)
	}
	if err != nil {
		return fault.New(fault.Internal, "the configuration could not be written as a whole, and what was before could not be put back").
			Hint("the broker has not read it and goes on as it was; the next start of BunkerM puts the files back").
			Because(errors.Join(cause, err))
	}
	return notWritten(cause)
}

// notWritten is the fault of a disk that does not take the files.
func notWritten(cause error) error {
	f := fault.New(fault.Unavailable, "the configuration could not be written, so nothing has changed").Because(cause)
	if isDiskFull(cause) {
		return f.Hint("the disk is full: make room for the data directory, then try again")
	}
	return f.Hint("look at BunkerM's log for the reason")
}

// use makes the broker read the files that were written, and looks whether it works with them.
func (m *Managed) use(ctx context.Context, e ConfEdit) error {
	how := e.How
	if m.driver() == nil || m.Status().State != keeper.Running || m.Status().Config == keeper.ConfigProven {
		how = ByRestart // there is no broker that could read the live files by itself
	}
	err := m.useBy(ctx, how, e)
	if err != nil && m.keeperGone(ctx) {
		// A keeper that is killed takes the broker with it. That says nothing about the files; starting both applies them.
		err = m.useBy(ctx, ByRestart, e)
	}
	return err
}

// useBy makes the broker read the files in one way.
func (m *Managed) useBy(ctx context.Context, how How, e ConfEdit) error {
	if how == ByNothing {
		if _, err := m.driver().Accept(ctx); !fault.Is(err, fault.Malformed) {
			return err
		}
		how = ByReload // the keeper is of an older BunkerM
	}
	var err error
	if how == ByRestart {
		e.Step(StepRestarting)
		err = m.restart(ctx)
	} else {
		e.Step(StepReloading)
		err = m.reload(ctx)
	}
	if err != nil {
		return err
	}
	e.Step(StepProving)
	account, err := m.at.readAccount()
	if err != nil {
		return err
	}
	if err := login(ctx, m.dial, account); err != nil {
		return fault.New(fault.Refused, "the broker does not let BunkerM in any more").Because(err)
	}
	if e.Prove == nil {
		return nil
	}
	return e.Prove(ctx)
}

// keepProven lets the keeper go back to these files from now on.
func (m *Managed) keepProven(ctx context.Context) {
	err := m.Prove(ctx)
	if errors.Is(err, keeper.ErrNoKeeper) {
		// It was killed just now. The next one starts with these files too, but would not know that they work.
		if err = m.restart(ctx); err == nil {
			err = m.Prove(ctx)
		}
	}
	if err != nil {
		m.o.Logger.Warn("the broker's configuration could not be kept as proven", "error", err)
	}
}

// undo puts the files back with which the broker worked, and the broker with them.
func (m *Managed) undo(ctx context.Context, e ConfEdit, entry EditEntry, infos map[string]fs.FileInfo, cause error) error {
	m.o.Logger.Warn("a change of the broker's configuration is undone", "cause", cause)
	e.Step(StepPuttingBack)
	err := m.writeFiles(entry.Before, infos)
	if err == nil {
		entry.Phase = EditBack
		err = m.journal.Write(entry)
	}
	if err == nil {
		err = m.runOnFiles(ctx, e.How)
	}
	if err != nil {
		return fault.Newf(fault.Internal, "the broker does not work with the change (%s), nor could it be brought back to what was before", fault.From(cause).Message).
			Hint("look at the broker's log; the keeper goes on trying with the last configuration that worked").
			Because(errors.Join(cause, err))
	}
	e.Step(StepBack)
	return Undone(cause)
}

// runOnFiles brings the broker back to the files as they are now, gently where that works. How is what the change that
// was undone had asked for.
func (m *Managed) runOnFiles(ctx context.Context, how How) error {
	account, err := m.at.readAccount()
	if err != nil {
		return err
	}
	if client := m.driver(); client != nil {
		if _, err := client.Prove(ctx); err == nil {
			return nil // it has never left them
		}
		if how != ByRestart && m.reload(ctx) == nil && login(ctx, m.dial, account) == nil {
			return nil
		}
	}
	if err := m.restart(ctx); err != nil {
		return err
	}
	return login(ctx, m.dial, account)
}

// begin deals with an edit that a kill has cut off, and finds or starts the broker.
func (m *Managed) begin(ctx context.Context) error {
	entry, there, err := m.journal.Read()
	if err != nil {
		m.o.Logger.Error("what a former process was at when it ended is not known", "error", err)
	}
	if !there {
		return m.adoptOrBegin(ctx)
	}
	if entry.Phase == EditBegun {
		back, err := entry.ToPutBack(m.ReadFile)
		if err == nil {
			infos := m.infosOf(back)
			err = m.writeFiles(back, infos)
		}
		if err == nil {
			entry.Phase = EditBack
			err = m.journal.Write(entry)
		}
		if err != nil {
			return fault.New(fault.Unavailable, "a change of the broker's configuration was cut off, and the files from before cannot be put back").
				Hint("make room on the disk and see that BunkerM may write to the data directory, then start it again").Because(err)
		}
	}
	m.unfinished = entry.Unfinished()
	if err := m.adoptOrBegin(ctx); err != nil {
		return err
	}
	m.o.Notice(m.unfinished.Said)
	if entry.Phase == EditBack {
		return m.runOnFiles(ctx, entry.How)
	}
	m.keepProven(ctx)
	return nil
}

// infosOf are the owner and mode of files that are there.
func (m *Managed) infosOf(texts map[string][]byte) map[string]fs.FileInfo {
	infos := map[string]fs.FileInfo{}
	for name := range texts {
		inside, ok := m.inside(name)
		if !ok {
			continue
		}
		if f, info, err := m.files.open(inside); err == nil {
			_ = f.Close() // only looked at
			infos[inside] = info
		}
	}
	return infos
}
