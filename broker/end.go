package broker

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
)

// EndKept ends the managed broker that goes on without BunkerM, and its keeper. It starts nothing, so root may call it for
// a data directory that belongs to somebody else. A BunkerM that runs there is a fault.
func EndKept(ctx context.Context, dataDir string) (err error) {
	l, err := newLayout(dataDir)
	if err != nil {
		return err
	}
	// The user whom the directory belongs to may put anything there: nothing outside of it is opened, and nothing is written.
	root, err := os.OpenRoot(l.data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return l.notWritable(err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	lock, err := root.OpenFile(filepath.Base(l.lock), os.O_RDWR|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no BunkerM has been there
	}
	if err != nil {
		return l.notWritable(err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fault.Newf(fault.Conflict, "a BunkerM runs on the data directory %s", l.data).Hint("stop it first")
	}
	client, err := keeper.Connect(ctx, l.socket)
	if errors.Is(err, keeper.ErrNoKeeper) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = client.Shutdown(ctx)
	return err
}
