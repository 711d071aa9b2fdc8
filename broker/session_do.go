package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/bunkerm/bunkerm/fault"
)

const (
	// inFlightBytes bounds what all callers together have sent and not yet seen answered.
	inFlightBytes = 16 << 20
	// messageCost is what a message counts at least, so that no more than 128 are in flight: a broker with its
	// default of max_queued_messages drops answers beyond 1,000.
	messageCost = inFlightBytes / 128
	// maxMessage is the longest message we send. Mosquitto 2.1 refuses more than 2,000,000 bytes by default.
	maxMessage = 1_900_000
)

// request is one message of commands on its way.
type request struct {
	number   uint64
	payload  []byte
	deadline time.Time
	phase    atomic.Uint32
	done     chan struct{} // closed when answers or err is complete

	// The link's lock protects these until done is closed.
	answers []Response
	filled  []bool
	missing int
	err     error
}

// The phases of a request. Whoever leaves phaseQueued first, the writer or the caller whose time is up, decides
// whether the commands are sent.
const (
	phaseQueued uint32 = iota
	phaseSent
	phaseAbandoned
)

// Do sends commands in one message and returns the plugin's answers in the order of the commands. A command that the
// plugin turned down is not an error of Do: its Response says why.
//
// The error is a fault: Unavailable when nothing was sent, with the reason and what to do; Uncertain when the
// commands were sent and the answer did not come, because the connection ended or the time was up; TooLarge when the
// commands do not fit into one message; Refused when the broker could not read the message. Waiting ends with ctx
// or after SessionOptions.Timeout.
//
// Some commands make the broker cut the connection of their own sender. Mosquitto 2.0.11 does so before it answers, and
// the outcome then is Uncertain; 2.1 answers first, and whatever is sent in the next instant may be Uncertain. Either
// way the state has to be read back.
func (s *Session) Do(ctx context.Context, cmds ...Command) ([]Response, error) {
	if len(cmds) == 0 {
		return nil, nil
	}
	r, err := s.newRequest(cmds)
	if err != nil {
		return nil, err
	}
	limit := s.options.Timeout + time.Duration(len(cmds)-1)*250*time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r.deadline, _ = ctx.Deadline()

	cost := max(int64(len(r.payload)), messageCost)
	if err := s.budget.Acquire(ctx, cost); err != nil {
		return nil, notSent(err)
	}
	defer s.budget.Release(cost)
	for {
		l, err := s.await(ctx)
		if err != nil {
			return nil, err
		}
		if !l.add(r) {
			continue // the link ended just now; the state follows in a moment
		}
		select {
		case l.out <- r:
		case <-l.client.Done():
		case <-ctx.Done():
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			if err := l.giveUp(r, ctx.Err()); err != nil {
				return nil, err
			}
		}
		if errors.Is(r.err, errNotSent) {
			r.renew()
			continue
		}
		return r.answers, r.err
	}
}

// newRequest encodes commands, each with correlation data of its own.
func (s *Session) newRequest(cmds []Command) (*request, error) {
	r := &request{
		number:  s.messages.Add(1),
		done:    make(chan struct{}),
		answers: make([]Response, len(cmds)),
		filled:  make([]bool, len(cmds)),
		missing: len(cmds),
	}
	tagged := make([]Command, len(cmds))
	for i, cmd := range cmds {
		c := make(Command, len(cmd)+1)
		maps.Copy(c, cmd)
		c["correlationData"] = s.prefix + strconv.FormatUint(r.number, 10) + "." + strconv.Itoa(i)
		tagged[i] = c
	}
	payload, err := json.Marshal(struct {
		Commands []Command `json:"commands"`
	}{tagged})
	if err != nil {
		return nil, fmt.Errorf("encoding control commands: %w", err)
	}
	if len(payload) > maxMessage {
		return nil, fault.New(fault.TooLarge, "these changes do not fit into one message to the broker").
			Hint("split them into several requests")
	}
	r.payload = payload
	return r, nil
}

// renew makes a request that was not sent ready for another link.
func (r *request) renew() {
	r.done, r.err = make(chan struct{}), nil
	r.phase.Store(phaseQueued)
}

// errNotSent marks requests that were still queued when their link ended.
var errNotSent = errors.New("the connection ended before the commands were sent")

// await returns the link to use. While the connection is being made or has been lost only just now it waits for it.
func (s *Session) await(ctx context.Context) (*link, error) {
	var graceOver <-chan time.Time
	for {
		l, status, changed := s.now()
		if l != nil && !l.ended() {
			return l, nil
		}
		// A link that has ended is about to be noticed as such, so StateConnected without a live link means to wait.
		if status.State != StateConnecting && status.State != StateConnected {
			return nil, status.fault()
		}
		if graceOver == nil {
			wait := s.options.Grace
			if status.State == StateConnecting {
				wait -= time.Since(status.Since)
			}
			if wait <= 0 {
				return nil, status.fault()
			}
			timer := time.NewTimer(wait)
			defer timer.Stop()
			graceOver = timer.C
		}
		select {
		case <-changed:
		case <-graceOver:
			return nil, status.fault()
		case <-ctx.Done():
			return nil, status.fault().Because(ctx.Err())
		}
	}
}

// notSent is the fault of commands that never left us although there is a connection.
func notSent(cause error) error {
	return fault.New(fault.Unavailable, "the broker is too busy to take the command").
		Hint("nothing was changed; try again in a moment").After(time.Second).Because(cause)
}

// uncertain is the fault of commands that were sent and whose answer did not come.
func uncertain(message string, cause error) error {
	return fault.New(fault.Uncertain, message).
		Hint("the change may have been made: read the state before you repeat it").Because(cause)
}
