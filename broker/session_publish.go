package broker

import (
	"context"
	"errors"
	"fmt"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session"

	"github.com/bunkerm/bunkerm/fault"
)

// publishHead is how long the head of a PUBLISH is at most, its topic apart: fixed header, length of the topic, packet
// id, no properties (MQTT 5.0, 3.3).
const publishHead = 1 + 4 + 2 + 2 + 1

// Publish sends a message and waits until the broker has acknowledged it; at QoS 0 it returns when the message is on
// its way, and nobody will tell whether the broker takes it. It needs no plugin. The topic must be one that the broker
// accepts, or it ends the connection.
//
// matched says whether anybody was subscribed to the topic, our own observation included. It is nil where the broker
// does not tell: mosquitto does so at QoS 1 only.
//
// The error is a fault: Unavailable when nothing was sent; Refused when the broker turned the message down; TooLarge
// when it does not take that much; Uncertain when the connection ended or time was up before the acknowledgement.
// Waiting ends with ctx or after SessionOptions.Timeout.
func (s *Session) Publish(ctx context.Context, topic string, payload []byte, qos byte, retain bool) (matched *bool, err error) {
	ctx, cancel := s.within(ctx)
	defer cancel()
	cost := min(max(int64(len(payload)), messageCost), inFlightBytes)
	if err := s.budget.Acquire(ctx, cost); err != nil {
		return nil, notSent(err)
	}
	defer s.budget.Release(cost)
	for {
		l, err := s.opened(ctx)
		if err != nil {
			return nil, err
		}
		if size := int64(publishHead + len(topic) + len(payload)); l.maxPacket > 0 && size > l.maxPacket {
			return nil, tooLargeToPublish(fmt.Errorf("the broker takes packets of %d bytes", l.maxPacket))
		}
		answer, err := l.client.Publish(ctx, &paho.Publish{Topic: topic, Payload: payload, QoS: qos, Retain: retain})
		if errors.Is(err, session.ErrNoConnection) {
			// It was not sent. The link has ended or is about to.
			select {
			case <-l.client.Done():
			case <-ctx.Done():
			}
			continue
		}
		return l.published(answer, qos, err)
	}
}

// opened returns a link over which messages can be sent, whether or not the plugin answers there.
func (s *Session) opened(ctx context.Context) (*link, error) {
	find := func() *link {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open == nil || s.open.ended() {
			return nil
		}
		return s.open
	}
	if l := find(); l != nil {
		return l, nil
	}
	l, err := s.await(ctx)
	if err != nil {
		// A connection without the plugin is no error here.
		if l := find(); l != nil {
			return l, nil
		}
		return nil, err
	}
	return l, nil
}

// published explains the outcome of a publish. The library reports a refusal as an error at QoS 1 and not at QoS 2.
func (l *link) published(answer *paho.PublishResponse, qos byte, err error) (matched *bool, _ error) {
	switch {
	case answer != nil && answer.ReasonCode >= 0x80:
		return nil, refusedPublish(answer.ReasonCode)
	case errors.Is(err, paho.ErrInvalidArguments):
		return nil, fault.New(fault.Refused, "the broker's configuration does not allow a message with this QoS or retain flag").
			Hint("see max_qos and retain_available in mosquitto.conf").Because(err)
	case err != nil:
		if note := l.goodbye.Load(); note != nil && note.ReasonCode == packets.DisconnectPacketTooLarge {
			return nil, tooLargeToPublish(err)
		}
		if errors.Is(err, context.DeadlineExceeded) {
			l.doubt()
			return nil, uncertainPublish("the broker did not acknowledge the message in time", err)
		}
		return nil, uncertainPublish("the connection to the broker ended before it acknowledged the message", err)
	case qos != 1:
		// The answer that would tell at QoS 2 is PUBREC, which the library keeps to itself when it is not an error.
		return nil, nil
	}
	someone := answer.ReasonCode != packets.PubackNoMatchingSubscribers
	return &someone, nil
}

// refusedPublish explains the reason code of an acknowledgement (MQTT 5.0, 3.4.2.1).
func refusedPublish(code byte) error {
	switch code {
	case packets.PubackNotAuthorized:
		return fault.New(fault.Refused, "the broker does not let BunkerM's account publish to this topic").
			Hint("give the account a role with an ACL of the type publishClientSend that covers the topic")
	case packets.PubackQuotaExceeded:
		return fault.New(fault.Refused, "the broker has no room for the message: quota exceeded").
			Hint("see the limits of memory and queues in mosquitto.conf")
	case 0x95: // packet too large; mosquitto answers so above message_size_limit
		return tooLargeToPublish(nil)
	default:
		return fault.New(fault.Refused, "the broker turned the message down: "+describeReason(code)).
			Hint("the broker's log may say why")
	}
}

func tooLargeToPublish(cause error) error {
	return fault.New(fault.TooLarge, "the broker does not take messages of this size").
		Hint("see max_packet_size and message_size_limit in mosquitto.conf").Because(cause)
}

func uncertainPublish(message string, cause error) error {
	return fault.New(fault.Uncertain, message).
		Hint("it may have been published: look at the topic before you send it again").Because(cause)
}
