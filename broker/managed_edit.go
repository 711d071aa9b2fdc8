package broker

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// putBackWithin is how long the broker may be down for an edit once it was stopped, the way back included. It does
// not end with the caller's context: a caller who gives up must not leave the broker down.
const putBackWithin = 2 * time.Minute

// EditDynsec changes dynamic-security.json as a whole: it stops the broker, lets edit change the file, and starts it
// again, so all clients are disconnected once. The owner and mode of the file stay.
//
// edit is called twice, first on a copy while the broker still runs, and must do the same both times: where it
// returns an error, that is returned and nothing changes; where the first call changes nothing, or leaves what
// [DynsecFile.Check] or our own account would not survive, the broker is not even stopped. On a failure after
// that the old file is put back and the broker is up again with it, and the fault says so.
func (m *Managed) EditDynsec(ctx context.Context, edit func(*DynsecFile) error) error {
	unlock, err := m.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	account, err := m.at.readAccount()
	if err != nil {
		return err
	}
	data, _, err := m.files.read(dynsecName)
	if err != nil {
		return err
	}
	after, err := edited(data, account, edit)
	if err != nil || bytes.Equal(after, data) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackWithin)
	defer cancel()
	if err := m.halt(ctx); err != nil {
		return errors.Join(err, m.startAgain(ctx, account))
	}
	// Between the first reading and the end of the broker a command may have changed the file.
	before, info, err := m.files.read(dynsecName)
	if err == nil {
		after, err = edited(before, account, edit)
	}
	if err == nil {
		m.copyNow()
		err = m.files.write(dynsecName, after, info)
	}
	if err != nil {
		return errors.Join(notEdited(err), m.startAgain(ctx, account))
	}
	if err := m.startAgain(ctx, account); err != nil {
		return m.putBack(ctx, account, before, info, err)
	}
	m.KeepCopy()
	return nil
}

// edited returns the file as it would be after the edit; data itself when the edit changes nothing.
func edited(data []byte, account ownAccount, edit func(*DynsecFile) error) ([]byte, error) {
	f, err := ParseDynsecFile(data)
	if err != nil {
		return nil, err
	}
	intact := f.ownIntact(account)
	before := f.Bytes()
	if err := edit(f); err != nil {
		return nil, err
	}
	after := f.Bytes()
	if bytes.Equal(before, after) {
		return data, nil
	}
	if err := f.Check(); err != nil {
		return nil, err
	}
	if intact && !f.ownIntact(account) {
		return nil, fault.New(fault.Conflict, "this would lock BunkerM out of the broker").
			Hint("leave the client " + account.Username + " and the role " + OwnRole + " as they are")
	}
	return after, nil
}

// startAgain starts the broker and proves that it has read the file.
func (m *Managed) startAgain(ctx context.Context, account ownAccount) error {
	if m.keeperGone(ctx) {
		if err := m.bringUp(ctx, false); err != nil {
			return err
		}
		return login(ctx, m.dial, account)
	}
	status, err := m.driver().Start(ctx)
	if err != nil {
		return err
	}
	m.seen(status)
	return login(ctx, m.dial, account)
}

// putBack undoes an edit with which the broker does not work.
func (m *Managed) putBack(ctx context.Context, account ownAccount, before []byte, info fs.FileInfo, cause error) error {
	err := m.halt(ctx)
	if err == nil {
		err = m.files.write(dynsecName, before, info)
	}
	if err == nil {
		err = m.startAgain(ctx, account)
	}
	if err != nil {
		return fault.New(fault.Internal, "the broker does not work with the edited accounts, nor again with those before").
			Hint("look at the broker's log; the accounts from before are in " + goodName).
			Because(errors.Join(cause, err))
	}
	return fault.New(fault.Refused, "the broker does not work with the edited accounts, so those from before are back and it runs again").
		Hint("look at the broker's log").Because(cause)
}

// notEdited explains why a file was not written. What edit itself said stays as it is.
func notEdited(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	f := fault.New(fault.Internal, "the accounts could not be written, so nothing has changed").Because(err)
	if isDiskFull(err) {
		return f.Hint("the disk is full: make room for the data directory, then try again")
	}
	return f.Hint("look at BunkerM's log for the reason")
}
