package broker

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/paho"
)

// answerWait is how long the plugin may take after the broker acknowledged a command. It answers in the same turn of
// the broker's loop, so all that the time has to cover is a busy machine.
const answerWait = 2 * time.Second

// probe finds out whether commands are answered and sets the session's state accordingly. It returns an error only
// when the connection is of no more use.
//
// A broker without the plugin accepts the subscription to the answers and acknowledges the command, and then says
// nothing; an account without rights gets a refusal, but only at QoS 1 (both versions). So the probe is the one
// command that is sent at QoS 1.
func (l *link) probe(ctx context.Context) (ok bool, err error) {
	if !l.subscribed {
		code, err := l.subscribe(ctx)
		if err != nil {
			return false, err
		}
		if code >= 0x80 {
			l.noRights(fmt.Sprintf("subscribing to %s: %s", ResponseTopic, describeReason(code)))
			return false, nil
		}
		l.subscribed = true
	}
	drain(l.answered)
	code, err := l.knock(ctx)
	if err != nil {
		return false, err
	}
	if code >= 0x80 {
		l.noRights(fmt.Sprintf("publishing to %s: %s", ControlTopic, describeReason(code)))
		return false, nil
	}
	timer := time.NewTimer(answerWait)
	defer timer.Stop()
	select {
	case <-l.answered:
		return true, nil // receive has set the state, in order with the events
	case <-timer.C:
	case <-l.client.Done():
		return false, l.whyEnded(nil)
	case <-ctx.Done():
		return false, ctx.Err()
	}
	l.session.become(l, &condition{Trouble: Trouble{
		State:  StateNoPlugin,
		Detail: "the broker takes control commands and nothing answers them",
		Hint: "load mosquitto's dynamic security plugin in the broker, or let BunkerM's account receive from " +
			ResponseTopic,
	}})
	return false, nil
}

func (l *link) noRights(detail string) {
	l.session.become(l, &condition{Trouble: Trouble{
		State:  StateNoRights,
		Detail: "the broker denies control commands to BunkerM's account (" + detail + ")",
		Hint:   "give the account a role that may publish to, subscribe to and receive from $CONTROL/dynamic-security/#",
	}})
}

// subscribe asks for the answers, for the figures of $SYS and for what is said of us, and returns the reason code for the
// answers. The others are welcome and not needed.
func (l *link) subscribe(ctx context.Context) (code byte, err error) {
	ctx, cancel := l.session.within(ctx)
	defer cancel()
	wanted := []paho.SubscribeOptions{{Topic: ResponseTopic}}
	for _, name := range sysNames() {
		wanted = append(wanted, paho.SubscribeOptions{Topic: sysPrefix + name})
	}
	if l.hasWill {
		wanted = append(wanted, paho.SubscribeOptions{Topic: l.session.options.StatusTopic, NoLocal: true})
	}
	suback, err := l.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: wanted})
	if suback != nil && len(suback.Reasons) == len(wanted) {
		granted := 0
		for _, code := range suback.Reasons {
			if code < 0x80 {
				granted++
			}
		}
		l.session.granted.Store(int64(granted))
		return suback.Reasons[0], nil
	}
	return 0, l.unresponsive(err)
}

// knock sends a command that the plugin does not know and returns the reason code of the broker's acknowledgement.
func (l *link) knock(ctx context.Context) (code byte, err error) {
	// Somebody's long message may keep the broker busy for as long as they are ready to wait for it.
	ctx, cancel := context.WithDeadline(ctx, l.patience())
	defer cancel()
	payload, err := json.Marshal(map[string]any{"commands": []Command{
		{"command": barrierCommand, "correlationData": l.session.prefix + "probe"}}})
	if err != nil {
		return 0, fmt.Errorf("encoding the probe: %w", err)
	}
	puback, err := l.client.Publish(ctx, &paho.Publish{Topic: ControlTopic, Payload: payload, QoS: 1})
	if puback != nil {
		return puback.ReasonCode, nil
	}
	return 0, l.unresponsive(err)
}

// unresponsive is the error of an exchange of plain MQTT that did not come to its end.
func (l *link) unresponsive(cause error) error {
	if l.goodbye.Load() != nil || cause == nil || !strings.Contains(cause.Error(), context.DeadlineExceeded.Error()) {
		return l.whyEnded(cause)
	}
	return &condition{Trouble: Trouble{State: StateConnecting, Detail: "the broker is connected and does not answer",
		Hint: "the broker's process may be stopped or very busy: look at it and at its log", Cause: cause}}
}

// patience is when the broker must have answered something: not before the last of those who wait gives up.
func (l *link) patience() time.Time {
	latest := time.Now().Add(l.session.options.Timeout)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.pending {
		if r.deadline.After(latest) {
			latest = r.deadline
		}
	}
	return latest
}

// drain takes a token that may be there.
func drain(tokens <-chan struct{}) {
	select {
	case <-tokens:
	default:
	}
}
