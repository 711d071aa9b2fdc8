package host

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/fault"
)

// replaceWithin bounds an edit from its first write on, the way back included. It does not end with the caller's context:
// a caller who gives up must not leave the broker down.
const replaceWithin = 3 * time.Minute

// edit is a change that is being made.
type edit struct {
	broker.ConfEdit
	entry broker.EditEntry
	files map[string]*file // those that change
}

// ReplaceConf changes files of the configuration and makes the broker use them: see broker.Site.
func (s *Site) ReplaceConf(ctx context.Context, e broker.ConfEdit) error {
	if e.Step == nil {
		e.Step = func(broker.Step) {}
	}
	for name, text := range e.After {
		if err := s.Writable(name); err != nil {
			return err
		}
		if text == nil && s.absolute(name) == s.conf {
			return fault.New(fault.Invalid, "the main file of the configuration cannot be removed")
		}
	}
	if err := s.keepsPidFile(e.Before, e.After); err != nil {
		return err
	}
	unlock, err := s.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if e.How, err = s.howNow(e.How); err != nil {
		return err
	}
	made := &edit{ConfEdit: e, files: map[string]*file{}, entry: broker.EditEntry{
		ID: e.ID, Since: time.Now(), How: e.How, Phase: broker.EditBegun, Before: map[string][]byte{}, After: e.After,
	}}
	defer made.close()
	if err := s.seenBefore(made); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replaceWithin)
	defer cancel()
	return s.replace(ctx, made)
}

// howNow is how the broker can be made to use new files at this moment. Its fault says what is missing.
func (s *Site) howNow(how broker.How) (broker.How, error) {
	switch how {
	case broker.ByNothing:
		return how, nil
	case broker.ByRestart:
		return how, s.CanRestart()
	}
	if s.reload == nil && s.restart != nil {
		// A broker that does not run gets no signal, but can be started.
		if _, err := s.process(); errors.Is(err, errNotRunning) {
			return broker.ByRestart, nil
		}
	}
	return how, s.reachable()
}

// seenBefore opens the files that change, and finds out whether all are what the edit was decided on.
func (s *Site) seenBefore(e *edit) error {
	main, _, _, err := s.openFile(s.conf)
	if err != nil {
		return err
	}
	defer func() { _ = main.root.Close() }()
	look := func(name string, want []byte) error {
		f, now, there, err := s.openFile(name)
		if err != nil {
			return err
		}
		if _, changes := e.After[name]; changes {
			if f.like == nil {
				f.like = main.like // the broker may read that
			}
			e.files[name] = &f
			e.entry.Before[name] = want
		} else {
			defer func() { _ = f.root.Close() }()
		}
		if there != (want != nil) || !bytes.Equal(now, want) {
			return errChangedMeanwhile(name)
		}
		return nil
	}
	for name, want := range e.Before {
		if err := look(name, want); err != nil {
			return err
		}
	}
	for name := range e.After {
		if _, known := e.Before[name]; !known {
			if err := look(name, nil); err != nil { // a new file
				return err
			}
		}
	}
	return nil
}

func (e *edit) close() {
	for _, f := range e.files {
		_ = f.root.Close() // only a folder
	}
}

// write writes files of the edit; nil removes one.
func (e *edit) write(texts map[string][]byte) error {
	for name, text := range texts {
		if err := e.files[name].put(text); err != nil {
			return err
		}
	}
	return nil
}

// writeBack puts those files back that nobody else has changed since.
func (e *edit) writeBack() error {
	back, err := e.entry.ToPutBack(func(name string) ([]byte, error) {
		f := *e.files[name] // the owner and mode to keep are those of before
		text, there, err := f.readNow()
		if err == nil && !there {
			err = fs.ErrNotExist
		}
		return text, err
	})
	if err != nil {
		return err
	}
	return e.write(back)
}

func (s *Site) replace(ctx context.Context, e *edit) error {
	e.Step(broker.StepWriting)
	if err := s.journal.Write(e.entry); err != nil {
		return notWritten(err)
	}
	if err := e.write(e.After); err != nil {
		return s.notBegun(e, err)
	}
	cause := s.use(ctx, e)
	if cause != nil {
		return s.undo(ctx, e, cause)
	}
	e.entry.Phase = broker.EditProven
	if err := s.journal.Write(e.entry); err != nil {
		// The change stands; a kill before it is recorded would undo it at the next start, and say so.
		s.o.Logger.Warn("the edit's journal could not be kept up", "error", err)
	}
	return nil
}

// notBegun undoes writes of which one failed. The broker has not been told of them.
func (s *Site) notBegun(e *edit, cause error) error {
	err := e.writeBack()
	if err == nil {
		err = s.journal.Forget(e.ID)
	}
	if err != nil {
		return fault.New(fault.Internal, "the configuration could not be written as a whole, and what was before could not be put back").
			Hint("the broker has not read it and goes on as it was; the next start of BunkerM puts the files back").
			Because(errors.Join(cause, err))
	}
	return notWritten(cause)
}

// use makes the broker read the files that were written, and looks whether it works with them.
func (s *Site) use(ctx context.Context, e *edit) error {
	var err error
	switch e.How {
	case broker.ByNothing:
		return nil
	case broker.ByRestart:
		e.Step(broker.StepRestarting)
		err = s.restartNow(ctx)
	default:
		e.Step(broker.StepReloading)
		err = s.reloadNow(ctx)
	}
	if err != nil {
		return err
	}
	e.Step(broker.StepProving)
	if e.Prove == nil {
		return nil
	}
	return e.Prove(ctx)
}

// undo puts the files back with which the broker worked, and the broker with them.
func (s *Site) undo(ctx context.Context, e *edit, cause error) error {
	s.o.Logger.Warn("a change of the broker's configuration is undone", "cause", cause)
	e.Step(broker.StepPuttingBack)
	err := e.writeBack()
	if err == nil {
		e.entry.Phase = broker.EditBack
		err = s.journal.Write(e.entry)
	}
	if err == nil {
		err = s.runOnFiles(ctx, e.How)
	}
	if err != nil {
		return fault.Newf(fault.Internal, "the broker does not work with the change (%s), nor could it be brought back to what was before", fault.From(cause).Message).
			Hint("look at the broker's log, and start it by hand").Because(errors.Join(cause, err))
	}
	e.Step(broker.StepBack)
	return broker.Undone(cause)
}

// runOnFiles brings the broker back to the files as they are now, gently where that works. How is what the change that was
// undone had asked for.
func (s *Site) runOnFiles(ctx context.Context, how broker.How) error {
	if how == broker.ByNothing {
		return nil
	}
	if how == broker.ByReload && s.reachable() == nil {
		if err := s.reloadNow(ctx); err == nil {
			return nil
		}
	}
	if s.restart == nil {
		return s.answers(ctx) // somebody else may start it again
	}
	return s.restartNow(ctx)
}

// settle deals with an edit that a kill has cut off.
func (s *Site) settle(ctx context.Context) error {
	entry, there, err := s.journal.Read()
	if err != nil {
		s.o.Logger.Error("what a former process was at when it ended is not known", "error", err)
	}
	if err != nil || !there {
		return nil
	}
	if entry.Phase == broker.EditBegun {
		if err := s.settleFiles(&entry); err != nil {
			return fault.New(fault.Unavailable, "a change of the broker's configuration was cut off, and the files from before cannot be put back").
				Hint("see that there is room on the disk and that " + whoWeAre() + " may write the files, then start BunkerM again").Because(err)
		}
	}
	s.unfinished = entry.Unfinished()
	s.o.Notice(s.unfinished.Said)
	if entry.Phase != broker.EditBack {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, replaceWithin)
	defer cancel()
	if err := s.runOnFiles(ctx, entry.How); err != nil {
		// The page and the API are there to mend this.
		s.o.Logger.Error("the broker could not be brought back to the files from before", "error", err)
		s.o.Notice("The broker may still run with a change of its configuration that was cut off: reload or restart it.")
	}
	return nil
}

// settleFiles puts the files back that nobody has changed since.
func (s *Site) settleFiles(entry *broker.EditEntry) error {
	e := &edit{entry: *entry, files: map[string]*file{}}
	defer e.close()
	main, _, _, err := s.openFile(s.conf)
	if err != nil {
		return err
	}
	defer func() { _ = main.root.Close() }()
	e.entry.After = map[string][]byte{}
	for name, text := range entry.After {
		if err := s.Writable(name); err != nil {
			s.o.Logger.Warn("a file of a change that was cut off is not of this configuration, and stays as it is", "file", name, "error", err)
			continue
		}
		f, _, _, err := s.openFile(name)
		if err != nil {
			return err
		}
		if f.like == nil {
			f.like = main.like
		}
		e.files[name], e.entry.After[name] = &f, text
	}
	err = e.writeBack()
	for _, f := range e.files {
		err = errors.Join(err, f.sweep())
	}
	if err != nil {
		return err
	}
	entry.Phase = broker.EditBack
	return s.journal.Write(*entry)
}
