package observe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// writeTimeout is how long the broker may take to accept a packet of ours.
const writeTimeout = 10 * time.Second

// link is one connection, from its dialling to its end.
type link struct {
	stream   *Stream
	conn     net.Conn
	clientID string
	subs     *subscriptions

	keepAlive time.Duration // as the broker may have changed it
	heard     atomic.Bool   // something came since the last look
	goodbye   byte          // the reason code of the broker's DISCONNECT; the reader's own
	answered  chan byte     // gets the CONNACK's reason code; holds one

	writing sync.Mutex
}

// run connects, stays connected, and begins again, until the stream is closed.
func (s *Stream) run() {
	var delay broker.Backoff
	for s.ctx.Err() == nil {
		began := time.Now()
		trouble := s.connectOnce()
		if s.ctx.Err() != nil {
			return
		}
		s.become(trouble)
		timer := time.NewTimer(delay.After(time.Since(began), trouble.State))
		select {
		case <-timer.C:
		case <-s.ctx.Done():
			timer.Stop()
		}
	}
}

// connectOnce makes one connection and returns when it is over, with the reason.
func (s *Stream) connectOnce() *broker.Trouble {
	ctx, cancel := context.WithTimeout(s.ctx, s.options.Timeout)
	defer cancel()
	conn, password, err := s.options.Endpoint.Reach(ctx)
	if err != nil {
		if trouble, ok := errors.AsType[*broker.Trouble](err); ok {
			return trouble
		}
		return s.options.Endpoint.Lost(0, err)
	}
	l := &link{
		stream: s, conn: conn, clientID: "bunkerm-observe-" + rand.Text(), subs: new(subscriptions),
		keepAlive: s.options.KeepAlive, answered: make(chan byte, 1),
	}
	// Whatever ends first, the reader or those who ask it to end, the connection is closed and both return.
	defer conn.Close()
	defer context.AfterFunc(s.ctx, func() {
		_ = l.write(appendPacket(nil, headDisconnect, nil), 1) // the broker may have gone already
		_ = conn.Close()
	})()

	r := &reader{link: l, counts: &s.counts, slab: s.slabs.get()}
	defer r.close()
	return l.serve(ctx, r, password)
}

// serve logs in and reads until the connection is over.
func (l *link) serve(ctx context.Context, r *reader, password string) *broker.Trouble {
	s, endpoint := l.stream, l.stream.options.Endpoint
	deadline, _ := ctx.Deadline()
	err := l.conn.SetReadDeadline(deadline)
	if err == nil {
		err = l.write(connectPacket(l.clientID, endpoint.Username, password, l.keepAlive), 1)
	}
	for err == nil && len(l.answered) == 0 {
		err = r.read()
	}
	if err != nil {
		return endpoint.Unanswered(l.conn, err)
	}
	if code := <-l.answered; code != 0 {
		return endpoint.Refused(code)
	}
	if err := l.conn.SetReadDeadline(time.Time{}); err != nil {
		return endpoint.Lost(0, err)
	}
	generation := s.begin(l)
	s.announce(Block{Kind: Connected, At: s.options.Clock(), Generation: generation})
	s.become(nil)
	r.generation = generation

	stop := make(chan struct{})
	var keeper sync.WaitGroup
	keeper.Go(func() { l.keep(stop) })
	for err == nil {
		err = r.read()
	}
	close(stop)
	_ = l.conn.Close() // the keeper may be writing
	keeper.Wait()

	trouble := endpoint.Lost(l.goodbye, fmt.Errorf("connection of client %s: %w", l.clientID, err))
	s.end(l)
	s.announce(Block{
		Kind: Disconnected, At: s.options.Clock(), Generation: generation,
		Delivered: r.delivered, DeliveredBytes: r.deliveredBytes, Reason: trouble.Detail,
	})
	return trouble
}

// keep does what is ours to do on a connection: it asks for the filters that are wanted, and shows that we live, which
// also shows whether the broker does.
func (l *link) keep(stop <-chan struct{}) {
	ping := time.NewTicker(l.keepAlive)
	defer ping.Stop()
	again := time.NewTicker(retryRefused)
	defer again.Stop()
	asked, silent := false, 0
	for {
		var err error
		if !asked {
			err = l.subscribe()
			asked = true
		}
		if err != nil {
			_ = l.conn.Close() // the reader tells why
			return
		}
		select {
		case <-stop:
			return
		case <-l.stream.changed:
			asked = false
		case <-again.C:
			asked = !l.subs.anyRefused()
		case <-ping.C:
			if silent++; l.heard.Swap(false) {
				silent = 0
			}
			if silent > 1 || l.write([]byte{headPingreq, 0}, 1) != nil {
				_ = l.conn.Close()
				return
			}
		}
	}
}

// subscribe asks for what is wanted now.
func (l *link) subscribe() error {
	send, packets := l.subs.want(l.stream.wanted(), l.stream.options.Clock())
	if packets == 0 {
		return nil
	}
	return l.write(send, packets)
}

// write sends whole packets.
func (l *link) write(p []byte, packets int) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	n, err := l.conn.Write(p)
	l.stream.counts.sent(packets, n)
	return err
}

// begin makes a link the present one.
func (s *Stream) begin(l *link) (generation int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscriptions = l.subs
	s.status.ClientID = l.clientID
	s.status.Generation++
	return s.status.Generation
}

// end forgets a link.
func (s *Stream) end(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subscriptions == l.subs {
		s.subscriptions = nil
	}
}

// wanted are the filters as they are now.
func (s *Stream) wanted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.filters
}

// announce tells every consumer of a change of the connection.
func (s *Stream) announce(b Block) {
	for _, c := range s.consumers {
		c.announce(b)
	}
}
