package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/eclipse/paho.golang/packets"
)

const (
	packetID = 1
	refused  = 0x80 // from here on a reason is an error
)

// ask sends a packet and returns the answer of a type; what else comes meanwhile is passed over.
func ask[T any](e *examination, p *packets.ControlPacket) (answer T, err error) {
	if p != nil {
		if _, err := p.WriteTo(e.mqtt); err != nil {
			return answer, err
		}
	}
	for {
		got, err := packets.ReadPacket(e.mqtt)
		if err != nil {
			return answer, err
		}
		if a, ok := got.Content.(T); ok {
			return a, nil
		}
		if d, ok := got.Content.(*packets.Disconnect); ok {
			return answer, fmt.Errorf("it ends the connection with reason 0x%02x", d.ReasonCode)
		}
	}
}

// subscribe asks for the topic.
func (e *examination) subscribe(context.Context) finding {
	p := packets.NewControlPacket(packets.SUBSCRIBE)
	s, ok := p.Content.(*packets.Subscribe)
	if !ok {
		return failed("There is no SUBSCRIBE.", "")
	}
	s.PacketID = packetID
	s.Subscriptions = []packets.SubOptions{{Topic: e.o.Topic, QoS: 1}}
	answer, err := ask[*packets.Suback](e, p)
	switch {
	case err != nil:
		return failed("The subscription to "+e.o.Topic+" gets no answer: "+told(err)+".", "Look whether the topic is one: + and # stand alone in their level, # at the end.")
	case len(answer.Reasons) != 1:
		return failed("The answer to the subscription makes no sense.", "")
	case answer.Reasons[0] == packets.SubackNotauthorized, answer.Reasons[0] == refused:
		return failed("The account may not subscribe to "+e.o.Topic+".", "Give a role of it a rule subscribePattern or subscribeLiteral that allows it.")
	case answer.Reasons[0] >= refused:
		return failed(fmt.Sprintf("The subscription to %s is refused with reason 0x%02x.", e.o.Topic, answer.Reasons[0]), "")
	case answer.Reasons[0] == 0:
		return finding{Warning, "It may subscribe to " + e.o.Topic + ", at QoS 0 only.", "The broker grants no more (max_qos): messages may be lost."}
	}
	return finding{said: "It may subscribe to " + e.o.Topic + "."}
}

// payload is what the doctor publishes.
func (e *examination) payload() []byte { return []byte("hello from " + e.o.ClientID) }

// publish sends a message to the topic.
func (e *examination) publish(context.Context) finding {
	p := packets.NewControlPacket(packets.PUBLISH)
	m, ok := p.Content.(*packets.Publish)
	if !ok {
		return failed("There is no PUBLISH.", "")
	}
	m.Topic, m.Payload, m.QoS, m.PacketID = e.o.Topic, e.payload(), 1, packetID+1
	answer, err := ask[*packets.Puback](e, p)
	switch {
	case err != nil:
		return failed("The message to "+e.o.Topic+" gets no answer: "+told(err)+".", "Look whether the topic is one: + and # are for subscriptions only.")
	case answer.ReasonCode == packets.PubackNotAuthorized:
		return failed("The account may not publish to "+e.o.Topic+".", "Give a role of it a rule publishClientSend that allows it.")
	case answer.ReasonCode >= refused:
		return failed(fmt.Sprintf("The message is refused with reason 0x%02x.", answer.ReasonCode), "")
	}
	return finding{said: "The broker takes a message to " + e.o.Topic + "."}
}

// receive waits for the message. It may have come before the acknowledgement and been passed over, so another is sent.
func (e *examination) receive(context.Context) finding {
	p := packets.NewControlPacket(packets.PUBLISH)
	m, ok := p.Content.(*packets.Publish)
	if !ok {
		return failed("There is no PUBLISH.", "")
	}
	m.Topic, m.Payload = e.o.Topic, e.payload()
	for send := p; ; send = nil {
		got, err := ask[*packets.Publish](e, send)
		switch {
		case err != nil && late(err):
			return failed("The message does not come back.", "The account may subscribe, and not receive: a role of it has a rule publishClientReceive that denies it.")
		case err != nil:
			return failed("The message does not come back: "+told(err)+".", "")
		case bytes.Equal(got.Payload, e.payload()):
			return finding{said: "The message comes back."}
		}
	}
}

// told is an error as people read it.
func told(err error) string {
	switch {
	case late(err):
		return "none within the time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the broker ends the connection"
	}
	return plain(err)
}
