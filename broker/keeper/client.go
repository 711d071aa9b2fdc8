package keeper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Client gives orders to a keeper. It holds nothing open between calls, each of which makes a connection of its
// own, so it needs no closing and may be used by many goroutines at once.
//
// Every method returns an error that wraps ErrNoKeeper when the keeper is gone, and a fault of kind Uncertain when
// ctx ended before the answer came: the order may still be carried out.
type Client struct {
	socket string
}

// Connect adopts the keeper that lives at socket, or returns an error that wraps ErrNoKeeper. It does not compare
// protocol versions: look at Status().Protocol before giving other orders than Shutdown.
func Connect(ctx context.Context, socket string) (*Client, error) {
	c := &Client{socket: socket}
	if _, err := c.Status(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Status asks what the keeper knows. It works with a keeper of any protocol version.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opStatus})
}

// Start starts the broker with the live configuration and waits until it runs; a broker that runs already is left
// alone, whichever files it was started with. When it does not come up, the fault is of kind Refused and carries
// the broker's own last words; the keeper goes on trying, with growing delays and by its own rule for which files.
func (c *Client) Start(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opStart})
}

// Stop ends the broker, by SIGKILL when it has not gone StopTimeout after SIGTERM, and waits until it is gone.
func (c *Client) Stop(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opStop})
}

// Restart is Stop and Start, which apply the live configuration.
func (c *Client) Restart(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opRestart})
}

// Reload makes the broker read its live configuration again (SIGHUP) and returns once it has said that it does.
// It is a Conflict while the broker does not run, or runs on the proven copy: then Restart applies the live files.
// What the broker thinks of the files is in the log and in LastWords; it keeps its settings when they are wrong.
func (c *Client) Reload(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opReload})
}

// Accept says that the files, though they have changed, mean what the broker has read: comments and the like. Without it
// every later order that compares the files would find that they differ. It is Malformed with a keeper from before it.
func (c *Client) Accept(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opAccept})
}

// Prove keeps the configuration with which the broker was started or last reloaded as the one to restart it with.
// Call it when the broker has been seen to work; after a Reload only if the files contain no change that needs a
// restart, as such a change has not been tried. It is a Conflict while the broker does not run on its live files,
// and when the files have changed since.
func (c *Client) Prove(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opProve})
}

// Shutdown stops the broker and ends the keeper, and waits until it is gone. It works with a keeper of any protocol
// version.
func (c *Client) Shutdown(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opShutdown})
}

// Watch calls changed with the present status and then with every change, one at a time, until ctx ends (the
// result is then ctx.Err()) or the keeper is gone (ErrNoKeeper). A watcher that is slow may miss changes that
// later ones have made obsolete, never the latest.
func (c *Client) Watch(ctx context.Context, changed func(Status)) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return c.explain(ctx, opWatch, err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()

	r, err := ask(conn, request{Op: opWatch})
	for err == nil {
		var resp response
		if err = readMessage(r, &resp); err != nil {
			break
		}
		if resp.Fault != nil {
			return resp.Fault.err()
		}
		changed(resp.Status)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return c.explain(ctx, opWatch, err)
}

// order makes a connection, gives one order and waits for its answer.
func (c *Client) order(ctx context.Context, req request) (Status, error) {
	op := req.Op
	conn, err := c.dial(ctx)
	if err != nil {
		return Status{}, c.explain(ctx, op, err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()

	r, err := ask(conn, req)
	if err != nil {
		return Status{}, c.explain(ctx, op, err)
	}
	var resp response
	if err := readMessage(r, &resp); err != nil {
		return Status{}, c.explain(ctx, op, err)
	}
	if op == opShutdown && resp.Fault == nil {
		// The keeper leaves the connection open until it has ended: its lock and socket are free when we see the end.
		if _, err := io.Copy(io.Discard, r); err != nil && ctx.Err() != nil {
			return resp.Status, c.explain(ctx, op, err)
		}
	}
	return resp.Status, resp.Fault.err()
}

// ask sends the one request of a connection.
func ask(conn net.Conn, req request) (*bufio.Reader, error) {
	req.Protocol, req.ID = Protocol, 1
	line, err := encodeMessage(req)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(line); err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(conn, maxMessage), nil
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	return DialUnix(ctx, c.socket)
}

// explain turns a failed exchange into what it means.
func (c *Client) explain(ctx context.Context, op string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fault.New(fault.Uncertain, "the broker's keeper has not answered in time").
			Hint("the order may still be carried out: look at the broker's state and its log").
			Because(fmt.Errorf("%s: %w", op, ctx.Err()))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Errorf("asking keeper at %s for %s: %w (%w)", c.socket, op, ErrNoKeeper, err)
	case errors.Is(err, fs.ErrPermission):
		return fault.New(fault.Forbidden, "the broker's keeper belongs to another user").
			Hint("run this command as the user who started BunkerM").Because(err)
	}
	return fmt.Errorf("asking keeper at %s for %s: %w", c.socket, op, err)
}

// DebugOn makes the broker print its debug log, without disconnecting anybody, and lends it for so long, at most a
// minute: whoever needs it longer says so with DebugHold. When nobody does, the keeper turns it off. It is a Conflict
// while the broker does not run on its live files, and when another file of its configuration has changed since it read
// it, because the signal would apply that as well.
func (c *Client) DebugOn(ctx context.Context, lease time.Duration) (Status, error) {
	return c.order(ctx, request{Op: opDebugOn, Lease: lease})
}

// DebugHold lengthens the lease of a debug log that is on. Status.Debug says whether it is.
func (c *Client) DebugHold(ctx context.Context, lease time.Duration) (Status, error) {
	return c.order(ctx, request{Op: opDebugHold, Lease: lease})
}

// DebugOff ends the debug log. When that cannot be done at the moment the keeper goes on trying by itself.
func (c *Client) DebugOff(ctx context.Context) (Status, error) {
	return c.order(ctx, request{Op: opDebugOff})
}
