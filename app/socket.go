package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bunkerm/bunkerm/broker/keeper"
	"github.com/bunkerm/bunkerm/gateway"
)

// socketFile is where the command line reaches the running server. Whoever can open it is the user who runs BunkerM, or
// root: it has mode 0600, in a directory that nobody else may enter.
func socketFile(dataDir string) string { return filepath.Join(dataDir, "run", "bunkerm.sock") }

// serveSocket answers the command line. Its writes go through the running server, so that no file changes its owner and
// nothing is written behind the server's back.
func (a *App) serveSocket() error {
	path := socketFile(a.opts.DataDir)
	ln, err := keeper.ListenUnix(path)
	if err != nil {
		return fmt.Errorf("making the socket of the command line: %w", err)
	}
	a.life.onStop("socket file", func(context.Context) error {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing the socket of the command line: %w", err)
		}
		return nil
	})
	a.serveOn("socket", ln, a.gateway.LocalHandler(), gateway.ServeOptions{Logger: component(a.logger, "gateway")})
	return nil
}
