package keeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bunkerm/bunkerm/fault"
)

// The keeper's own log: small, because it speaks only of orders and of the broker's beginning and end.
const (
	ownLogBytes = 256 << 10
	ownLogFiles = 2
	ownSpool    = 256 << 10
)

// A keeper before us that was killed holds its lock for a moment longer.
const lockWithin = 2 * time.Second

// Main is the keeper process: it keeps the broker that the spec at specPath describes until a client orders the
// shutdown, SIGTERM comes or ctx ends, then stops the broker and returns. It changes the working directory, the
// limit of open files and the handling of signals of the whole process. A second keeper on the same socket is a
// fault of kind Conflict.
func Main(ctx context.Context, specPath string) error {
	spec, err := readSpec(specPath)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer cancel()
	// Caught instead of ignored, because a child would inherit that they are ignored.
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, syscall.SIGINT, syscall.SIGHUP)
	defer signal.Stop(ignored)

	// Connections end last of all: a client that ordered the shutdown sees by that that lock and socket are free.
	connections, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	defer hangUp()
	lock, err := lockSocket(ctx, spec.Socket)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if err := os.Chdir(spec.Dir); err != nil {
		return fmt.Errorf("entering broker directory: %w", err)
	}
	own := newSpool(&rotated{path: filepath.Join(spec.LogDir, keeperLogName), max: ownLogBytes, files: ownLogFiles}, ownSpool)
	defer own.close(2 * time.Second)
	logger := slog.New(slog.NewTextHandler(own, nil)).With("component", "keeper", "keeper_pid", os.Getpid())
	if err := raiseFileLimit(); err != nil {
		logger.Warn("the broker gets fewer connections than it could", "error", err)
	}
	logFile := &rotated{path: filepath.Join(spec.LogDir, BrokerLogName), max: spec.LogFileBytes, files: spec.LogFiles}
	if err := logFile.prune(); err != nil {
		logger.Warn("removing old log files", "error", err)
	}
	log := newSpool(logFile, spoolBytes)
	defer log.close(5 * time.Second)

	listener, err := ListenUnix(spec.Socket)
	if err != nil {
		return fmt.Errorf("listening for orders: %w", err)
	}
	sup := newSupervisor(spec, log, logger)
	srv := &server{sup: sup, logger: logger}
	go srv.serve(connections, listener)
	logger.Info("keeper is ready", "socket", spec.Socket)

	debug.FreeOSMemory() // what starting took is given back; from here on little is needed
	sup.run(ctx)
	srv.settle()

	logger.Info("keeper ends")
	return errors.Join(listener.Close(), os.Remove(spec.Socket))
}

// lockSocket makes sure that there is one keeper at a socket. The lock ends with the process, however that ends.
func lockSocket(ctx context.Context, socket string) (*os.File, error) {
	f, err := os.OpenFile(socket+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the keeper's lock: %w", err)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(lockWithin)
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(deadline) || ctx.Err() != nil {
			_ = f.Close()
			return nil, fault.New(fault.Conflict, "another keeper looks after this broker already").
				Hint("talk to that one, or order its shutdown").Because(err)
		}
		<-tick.C
	}
}
