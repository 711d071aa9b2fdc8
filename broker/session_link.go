package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session/state"
)

// link is one connection of a session, from its dialling to its end.
type link struct {
	session *Session
	client  *paho.Client
	conn    net.Conn
	out     chan *request

	answered chan struct{}                      // gets a token when the plugin answers us; holds one
	suspect  chan struct{}                      // gets a token when an answer did not come in time; holds one
	goodbye  atomic.Pointer[packets.Disconnect] // what the broker said before it hung up

	overheard atomic.Bool   // somebody has said within the last second that we are gone
	denied    chan struct{} // gets a token when that has to be put right; holds one

	subscribed bool  // to the answers; used by serve only
	hasWill    bool  // the broker tells others when the connection ends without a goodbye
	claimed    bool  // we have said that we are there, and it has not turned that down; used by serve only
	appeared   bool  // it has taken it; used by serve only
	maxPacket  int64 // the longest packet that the broker takes; 0 when it sets no limit

	mu        sync.Mutex
	dead      bool
	pending   map[uint64]*request // by number
	order     []*request          // those sent, in the order in which the broker must answer them
	complaint string              // the broker's last words about a message that it could not read
}

// listeningState notes what the broker says before it hangs up. The library's own callback for that comes at some
// time after the connection's end, too late to explain it.
type listeningState struct {
	*state.State
	link *link
}

// ConnectionLost is called with the broker's DISCONNECT, when there is one, before the connection counts as ended.
func (s *listeningState) ConnectionLost(d *packets.Disconnect) error {
	if d != nil {
		s.link.goodbye.Store(d)
	}
	return s.State.ConnectionLost(d)
}

// writeTimeout is how long the broker may take to accept a packet. Mosquitto 2.0 reads nothing while it works on a long
// message of commands, so this is longer than anybody waits for an answer to one command.
const writeTimeout = 30 * time.Second

// takenOver is the MQTT v5 reason code of a session that somebody else continues with the same client id.
const takenOver = 0x8E

// serve finds out whether the plugin answers, and looks again when there is doubt, until the connection ends.
func (l *link) serve(ctx context.Context) error {
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { l.write(stop) })
	defer writer.Wait()
	defer close(stop)
	// Whoever closes the session does not wait for a broker that takes no more packets.
	defer context.AfterFunc(ctx, func() {
		// The only error is that the connection is closed already.
		_ = l.conn.SetWriteDeadline(time.Now().Add(time.Second))
	})()

	var again Backoff
	again.delay = time.Second
	for {
		ok, err := l.probe(ctx)
		if err != nil {
			l.hangUp(ctx)
			return l.whyEnded(err)
		}
		if !l.appeared {
			l.appear(ctx)
		}
		var timer <-chan time.Time
		if ok {
			again.delay = time.Second
		} else {
			timer = time.After(again.next())
		}
		select {
		case <-timer:
		case <-l.suspect:
		case <-l.denied:
			l.appeared = false
		case <-l.client.Done():
			return l.whyEnded(nil)
		case <-ctx.Done():
			l.hangUp(ctx)
			return ctx.Err()
		}
	}
}

// write sends requests as they come.
func (l *link) write(stop <-chan struct{}) {
	for {
		select {
		case r := <-l.out:
			if !l.send(r) {
				continue
			}
			// At QoS 0: the acknowledgement of QoS 1 costs time and tells nothing that the answer does not tell.
			// What it would tell when there is no answer, the probe asks.
			_, err := l.client.Publish(context.Background(), &paho.Publish{Topic: ControlTopic, Payload: r.payload})
			if err != nil {
				// The connection is over or about to be, and its end settles the request.
				_ = l.conn.Close()
			}
		case <-stop:
			return
		case <-l.client.Done():
			return
		}
	}
}

// hangUp ends the connection, politely when the session is being closed.
func (l *link) hangUp(ctx context.Context) {
	if ctx.Err() != nil {
		l.farewell(ctx)
		// The broker may not take the packet any more; nothing depends on it.
		_ = l.client.Disconnect(&paho.Disconnect{})
	} else {
		_ = l.conn.Close()
	}
	<-l.client.Done()
}

// whyEnded explains the end of the connection.
func (l *link) whyEnded(err error) error {
	if known, ok := errors.AsType[*condition](err); ok {
		return known
	}
	note := l.goodbye.Load()
	// The id is of no more use to anybody, and finds the lines about this connection in the broker's log.
	cause := fmt.Errorf("connection of client %s", l.client.ClientID())
	if err != nil {
		cause = fmt.Errorf("%w: %w", cause, err)
	}
	e := lostConnection(cause)
	if note != nil {
		e.hearGoodbye(note.ReasonCode)
	}
	return e
}

// ended reports whether the connection is over.
func (l *link) ended() bool {
	select {
	case <-l.client.Done():
		return true
	default:
		return false
	}
}

// add makes the link wait for the answers to r. It returns false when the link has ended already.
func (l *link) add(r *request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.dead {
		l.pending[r.number] = r
	}
	return !l.dead
}

// send marks r as sent, unless its caller has given up.
func (l *link) send(r *request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !r.phase.CompareAndSwap(phaseQueued, phaseSent) {
		return false
	}
	l.order = append(l.order, r)
	return true
}

// giveUp ends the waiting for r, whose caller's time is up. It returns nil when r was settled in the same moment, and
// else the fault that says whether it was sent.
func (l *link) giveUp(r *request, cause error) error {
	sent := !r.phase.CompareAndSwap(phaseQueued, phaseAbandoned)
	l.mu.Lock()
	_, waiting := l.pending[r.number]
	delete(l.pending, r.number)
	l.mu.Unlock()
	switch {
	case !waiting:
		return nil
	case !sent:
		return notSent(cause)
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		l.doubt()
	}
	return uncertain("the broker did not answer in time", cause)
}

// doubt asks for a probe.
func (l *link) doubt() {
	select {
	case l.suspect <- struct{}{}:
	default:
	}
}

// end settles what still waits, after the connection is over.
func (l *link) end(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = true
	for _, r := range l.pending {
		if r.phase.Load() == phaseSent {
			r.err = uncertain("the connection to the broker ended before it answered", cause)
		} else {
			r.err = errNotSent
		}
		close(r.done)
	}
	clear(l.pending)
	l.order = nil
}
