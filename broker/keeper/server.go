package keeper

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

// Bounds that keep a client that stalls, or talks nonsense, from costing anything.
const (
	maxConnections = 64
	requestWithin  = 30 * time.Second // from connecting, or from the last response, to the next request
	takenWithin    = 5 * time.Second  // for a client to take a response
)

// server lets clients talk to the supervisor.
type server struct {
	sup    *supervisor
	logger *slog.Logger

	// Held for reading from the beginning of an order until its answer is sent.
	answering sync.RWMutex
}

// settle waits until every order has been answered; those that come later wait for the end of the process. Call it
// when the supervisor has ended. It takes at most takenWithin.
func (s *server) settle() { s.answering.Lock() }

// serve accepts connections until the listener is closed. They stay open until the process ends, by which a client
// that ordered the shutdown sees that everything is done.
func (s *server) serve(ctx context.Context, l net.Listener) {
	slots := make(chan struct{}, maxConnections)
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.logger.Warn("accepting a client", "error", err)
			select {
			case <-time.After(100 * time.Millisecond): // out of descriptors: another one may be freed
			case <-ctx.Done():
			}
			continue
		}
		select {
		case slots <- struct{}{}:
			go func() {
				defer func() { <-slots }()
				defer func() { _ = conn.Close() }()
				s.talk(ctx, conn)
			}()
		default:
			_ = conn.Close()
		}
	}
}

// talk answers the requests of one connection, one after the other.
func (s *server) talk(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests := make(chan request)
	var readErr error
	go func() {
		// Reading goes on during an order, because only reading tells that the client has gone.
		defer cancel()
		defer close(requests)
		r := bufio.NewReaderSize(conn, maxMessage)
		for {
			var req request
			if readErr = readMessage(r, &req); readErr != nil {
				return
			}
			select {
			case requests <- req:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		_ = conn.SetReadDeadline(time.Now().Add(requestWithin))
		req, ok := <-requests
		if !ok {
			if errors.Is(readErr, errTooLong) || errors.Is(readErr, errNotMessage) {
				_ = s.send(conn, 0, Status{}, fault.New(fault.Malformed, "the keeper cannot read the message"))
			}
			return
		}
		_ = conn.SetReadDeadline(time.Time{})
		if err := s.handle(ctx, conn, req); err != nil {
			return
		}
	}
}

// handle answers one request; an error ends the connection.
func (s *server) handle(ctx context.Context, conn net.Conn, req request) error {
	if req.Protocol != Protocol && req.Op != opStatus && req.Op != opShutdown {
		return s.send(conn, req.ID, s.sup.board.now(), fault.Newf(fault.Conflict,
			"the keeper speaks version %d of its protocol and this program version %d", Protocol, req.Protocol).
			Hint("restart the broker through BunkerM, which replaces the keeper"))
	}
	switch req.Op {
	case opStatus:
		return s.send(conn, req.ID, s.sup.board.now(), nil)
	case opWatch:
		return s.watch(ctx, conn, req)
	case opShutdown:
		err := s.pass(ctx, conn, req)
		if err == nil {
			<-ctx.Done() // the end of the connection is the end of the keeper
		}
		return err
	}
	return s.pass(ctx, conn, req)
}

// pass hands an order to the supervisor and its result to the client.
func (s *server) pass(ctx context.Context, conn net.Conn, req request) error {
	s.answering.RLock()
	defer s.answering.RUnlock()
	status, err := s.sup.submit(ctx, order{op: req.Op, lease: req.Lease})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.send(conn, req.ID, status, err)
}

// watch sends every change until the client has gone.
func (s *server) watch(ctx context.Context, conn net.Conn, req request) error {
	changes, stop := s.sup.board.watch()
	defer stop()
	for {
		select {
		case status := <-changes:
			if err := s.send(conn, req.ID, status, nil); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *server) send(conn net.Conn, id uint64, status Status, problem error) error {
	if problem != nil {
		s.logger.Warn("an order was not carried out", "error", problem)
	}
	line, err := encodeMessage(response{Protocol: Protocol, ID: id, Status: status, Fault: toWire(problem)})
	if err != nil {
		return err
	}
	_ = conn.SetWriteDeadline(time.Now().Add(takenWithin))
	_, err = conn.Write(line)
	return err
}
