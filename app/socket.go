package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/gateway"
)

// socketFile is where the command line reaches the running server. Whoever can open it is the user who runs BunkerM, or
// root: it has mode 0600, in a directory that nobody else may enter.
func socketFile(dataDir string) string { return filepath.Join(dataDir, "run", "bunkerm.sock") }

// serveSocket answers the command line. Its writes go through the running server, so that no file changes its owner and
// nothing is written behind the server's back. Where there can be no socket, everything else still works.
func (a *App) serveSocket(ctx context.Context) error {
	path := socketFile(a.opts.DataDir)
	// The managed broker's data directory has a lock of its own; with an attached broker this is the one.
	if conn, err := keeper.DialUnix(ctx, path); err == nil {
		return errors.Join(fault.Newf(fault.Conflict, "another BunkerM uses the data directory %s", a.opts.DataDir).
			Hint("stop that one, or name another --data-dir"), conn.Close())
	}
	ln, err := keeper.ListenUnix(path)
	if err != nil {
		a.logger.Warn("the command line cannot reach this server", "component", "app", "error", err,
			"hint", "user and setup-token need a socket in the data directory; choose a shorter --data-dir, on a disk of this host")
		return nil
	}
	a.life.onStop("socket file", func(context.Context) error {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the socket of the command line: %w", err)
		}
		return nil
	})
	a.serveOn("socket", privateListener{ln}, a.gateway.LocalHandler(), gateway.ServeOptions{Logger: component(a.logger, "gateway")})
	return nil
}

// privateListener accepts connections of our own user and of root alone. The mode of the file says the same; this holds
// too where somebody has changed the mode, or the file system knows none.
type privateListener struct{ net.Listener }

// Accept implements net.Listener.
func (l privateListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || mayCommand(conn) {
			return conn, err
		}
		_ = conn.Close()
	}
}
