package observe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"
)

// link is one connection, from its dialling to its end.
type link struct {
	stream        *Stream
	conn          net.Conn
	reader        reader
	subscriptions *subscriptions
	clientID      string
	keepAlive     time.Duration // as agreed with the broker
	generation    int64

	silent   atomic.Bool   // nothing has been read since the last look
	answered chan struct{} // has a token when the broker has answered about a filter; holds one

	delivered, deliveredBytes int64 // the reader's, and readable when it has ended
}

// writeTimeout is how long the broker may take to accept a packet. Mosquitto 2.0 reads nothing while it works on a long
// message of commands.
const writeTimeout = 30 * time.Second

// errSilent ends a connection over which nothing comes any more.
var errSilent = errors.New("the broker has been silent for too long")

// goodbye is the error for a DISCONNECT of the broker.
type goodbye struct{ code byte }

func (g *goodbye) Error() string {
	return fmt.Sprintf("the broker sent DISCONNECT with reason code %#x", g.code)
}

func newLink(s *Stream, from io.Reader) *link {
	l := &link{
		stream: s, subscriptions: newSubscriptions(),
		// Who knows the id can take the connection over, so nobody can guess it.
		clientID:  "bunkerm-observe-" + rand.Text(),
		keepAlive: s.options.KeepAlive.Truncate(time.Second),
		answered:  make(chan struct{}, 1),
	}
	l.reader = reader{
		scanner: scanner{identify: l.subscriptions.identify, control: l.control},
		src:     from, slabs: &s.slabs, slab: s.slabs.get(), deliver: l.deliver, heard: l.heard,
	}
	return l
}

// dial connects and logs in. Its errors are of type *broker.Trouble.
func (s *Stream) dial(ctx context.Context) (*link, error) {
	ctx, cancel := s.within(ctx)
	defer cancel()
	conn, password, err := s.options.Endpoint.Reach(ctx)
	if err != nil {
		return nil, err
	}
	l := newLink(s, conn)
	l.conn = conn
	l.reader.pacer.off = conn.LocalAddr().Network() == "unix"
	stop := context.AfterFunc(ctx, func() {
		// Closing can only report that it is closed already.
		_ = conn.Close()
	})
	err = l.login(s.options.Endpoint.Username, password)
	if !stop() && err == nil {
		err = ctx.Err() // the connection was closed in the same moment
	}
	if err == nil {
		return l, nil
	}
	l.close()
	if refused, ok := errors.AsType[*refusal](err); ok {
		return nil, s.options.Endpoint.Refused(refused.code)
	}
	if cause := ctx.Err(); cause != nil {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	return nil, s.options.Endpoint.Unanswered(conn, err)
}

// login sends CONNECT and reads CONNACK.
func (l *link) login(username, password string) error {
	seconds := uint16(min(l.keepAlive/time.Second, 65535))
	if err := l.write(appendConnect(nil, l.clientID, username, password, seconds)); err != nil {
		return err
	}
	body, err := l.reader.first(typeConnack)
	if err != nil {
		return err
	}
	if len(body) < 2 {
		return malformed("a CONNACK of %d bytes", len(body))
	}
	if code := body[1]; code != 0 {
		return fmt.Errorf("logging in: %w", &refusal{code})
	}
	// A broker with max_keepalive says so, and disconnects those who keep to their own.
	if asked, ok := serverKeepAlive(body[2:]); ok && asked > 0 {
		l.keepAlive = min(l.keepAlive, time.Duration(asked)*time.Second)
	}
	l.stream.counts.packetsIn.Add(1)
	return nil
}

// serve observes until the connection ends or ctx does.
func (l *link) serve(ctx context.Context) error {
	// Whoever closes the stream does not wait for a broker that takes no more packets.
	defer context.AfterFunc(ctx, func() {
		// The only error is that the connection is closed already.
		_ = l.conn.SetWriteDeadline(time.Now().Add(time.Second))
	})()
	var cause error
	ended := make(chan struct{})
	go func() {
		cause = l.reader.run()
		close(ended)
	}()
	err := l.attend(ctx, ended)
	if ctx.Err() != nil {
		// The broker may not take the packet any more; nothing depends on it.
		_ = l.conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = l.conn.Write(disconnect())
	}
	_ = l.conn.Close()
	<-ended
	return l.whyEnded(errors.Join(err, cause))
}

// attend sends what has to be sent: subscriptions, and packets that test whether the connection lives.
func (l *link) attend(ctx context.Context, ended <-chan struct{}) error {
	ping := time.NewTicker(l.keepAlive)
	defer ping.Stop()
	retry := time.NewTicker(l.stream.options.Retry)
	defer retry.Stop()
	var shown []FilterStatus
	for {
		packets := l.subscriptions.request(l.stream.wanted())
		for _, filter := range l.stream.takeAgain() {
			packets = append(packets, l.subscriptions.repeat(filter)...)
		}
		if len(packets) > 0 {
			if err := l.write(packets); err != nil {
				return err
			}
		}
		if now := l.stream.Status().Filters; !slices.Equal(now, shown) {
			shown = now
			l.stream.tellFilters(now)
		}
		select {
		case <-l.answered:
		case <-l.stream.changed:
		case <-retry.C:
			l.subscriptions.retry()
		case <-ping.C:
			if l.silent.Swap(true) {
				return errSilent
			}
			if err := l.write(pingreq()); err != nil {
				return err
			}
		case <-ended:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// heard notes a sign of life of n bytes.
func (l *link) heard(n int) {
	if l.silent.Load() {
		l.silent.Store(false)
	}
	l.stream.counts.bytesIn.Add(int64(n))
}

// control takes the packets that are not messages, in the order of the stream.
func (l *link) control(first byte, body []byte) error {
	switch first {
	case typeSuback, typeUnsuback:
		packet, code, err := parseAnswer(body)
		if err != nil {
			return err
		}
		if err := l.subscriptions.answered(packet, code); err != nil {
			return err
		}
		select {
		case l.answered <- struct{}{}:
		default:
		}
		return nil
	case typePingresp:
		return nil
	case typeDisconnect:
		g := &goodbye{}
		if len(body) > 0 {
			g.code = body[0]
		}
		return g
	default:
		return malformed("a packet of type %#x", first)
	}
}

// deliver offers a chunk to every consumer.
func (l *link) deliver(k *chunk) {
	counts := &l.stream.counts
	counts.packetsIn.Add(k.packets)
	if k.delivered == 0 {
		return
	}
	at := l.stream.options.Clock()
	for _, c := range l.stream.consumers {
		c.offer(k, at, l.generation, l.delivered, l.deliveredBytes)
	}
	l.delivered += k.delivered
	l.deliveredBytes += k.bytes
	counts.publishes.Add(k.delivered)
	counts.live.Add(k.live)
	counts.payload.Add(k.bytes)
}

// write sends packets.
func (l *link) write(packets []byte) error {
	err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err == nil {
		_, err = l.conn.Write(packets)
	}
	if err != nil {
		return fmt.Errorf("sending to the broker: %w", err)
	}
	l.stream.counts.sent(packets)
	return nil
}

func (l *link) close() {
	_ = l.conn.Close()
	l.reader.close()
}

// whyEnded explains the end of the connection.
func (l *link) whyEnded(err error) error {
	code := byte(0)
	if g, ok := errors.AsType[*goodbye](err); ok {
		code = g.code
	}
	// The id is of no more use to anybody, and finds the lines about this connection in the broker's log.
	t := l.stream.options.Endpoint.Lost(code, fmt.Errorf("connection of client %s: %w", l.clientID, err))
	refused, isRefusal := errors.AsType[*refusal](err)
	switch {
	case errors.Is(err, errSilent):
		t.Detail = errSilent.Error()
		t.Hint = "its process may be stopped or the network be gone; the connection is being made again"
	case errors.Is(err, errMalformed):
		t.Detail = "the broker sent something that is not MQTT 5 as it was asked for"
		t.Hint = "BunkerM's log says what; see whether it is a mosquitto that answers there"
	case isRefusal:
		t.Detail = fmt.Sprintf("the broker does not let BunkerM change a subscription (reason code %#x)", refused.code)
		t.Hint = "give the account the right to unsubscribe; the connection is being made again with the new filters"
	}
	return t
}
