package dynsec

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/eclipse/paho.golang/packets"
)

// asker is a bare MQTT 5 client that puts many questions into few packets, so that thousands of decisions of the
// real broker can be compared with ours in seconds.
type asker struct {
	conn net.Conn
	in   *bufio.Reader
	id   uint16
}

// errRefused is what connectAsker returns when the broker answered the login with a no.
var errRefused = errors.New("login refused")

// connectAsker logs in; an empty username is an anonymous login.
func connectAsker(addr, username, password, clientid string) (*asker, error) {
	conn, err := net.DialTimeout("tcp", addr, 30*time.Second)
	if err != nil {
		return nil, fmt.Errorf("dialing broker: %w", err)
	}
	a := &asker{conn: conn, in: bufio.NewReader(conn)}
	connect := packets.NewControlPacket(packets.CONNECT)
	c := connect.Content.(*packets.Connect)
	c.ProtocolName, c.ProtocolVersion, c.CleanStart, c.KeepAlive, c.ClientID = "MQTT", 5, true, 0, clientid
	if username != "" {
		c.UsernameFlag, c.Username = true, username
		c.PasswordFlag, c.Password = true, []byte(password)
	}
	answer, err := a.exchange(connect, packets.CONNACK)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if code := answer.Content.(*packets.Connack).ReasonCode; code != 0 {
		conn.Close()
		return nil, fmt.Errorf("%w with reason %d", errRefused, code)
	}
	return a, nil
}

// exchange sends a packet and reads on to the answer of the wanted type, ignoring messages meanwhile.
func (a *asker) exchange(out *packets.ControlPacket, want byte) (*packets.ControlPacket, error) {
	var b bytes.Buffer
	if _, err := out.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("encoding packet: %w", err)
	}
	if _, err := a.conn.Write(b.Bytes()); err != nil {
		return nil, fmt.Errorf("sending packet: %w", err)
	}
	return a.read(want)
}

func (a *asker) read(want byte) (*packets.ControlPacket, error) {
	if err := a.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, fmt.Errorf("setting deadline: %w", err)
	}
	for {
		p, err := packets.ReadPacket(a.in)
		if err != nil {
			return nil, fmt.Errorf("reading packet: %w", err)
		}
		switch {
		case p.Type == want:
			return p, nil
		case p.Type == packets.DISCONNECT:
			return nil, fmt.Errorf("broker disconnects with reason %d: %w", p.Content.(*packets.Disconnect).ReasonCode, io.EOF)
		}
	}
}

func (a *asker) next() uint16 {
	if a.id++; a.id == 0 {
		a.id = 1
	}
	return a.id
}

// publish says for each topic whether the broker let the message in. Messages go out at QoS 1, at most 20 at a
// time, which is the broker's receive maximum.
func (a *asker) publish(topics ...string) ([]bool, error) {
	var allowed []bool
	for chunk := range slices.Chunk(topics, 20) {
		var b bytes.Buffer
		first := a.id
		for _, topic := range chunk {
			p := packets.NewControlPacket(packets.PUBLISH)
			c := p.Content.(*packets.Publish)
			c.Topic, c.QoS, c.PacketID, c.Payload = topic, 1, a.next(), []byte("x")
			p.Flags = 1 << 1
			if _, err := p.WriteTo(&b); err != nil {
				return nil, fmt.Errorf("encoding packet: %w", err)
			}
		}
		if _, err := a.conn.Write(b.Bytes()); err != nil {
			return nil, fmt.Errorf("sending packets: %w", err)
		}
		answers := make([]bool, len(chunk))
		for range chunk {
			p, err := a.read(packets.PUBACK)
			if err != nil {
				return nil, err
			}
			ack := p.Content.(*packets.Puback)
			i := int(ack.PacketID - first - 1)
			if i < 0 || i >= len(chunk) {
				return nil, fmt.Errorf("unexpected packet id %d", ack.PacketID)
			}
			answers[i] = ack.ReasonCode < 0x80
		}
		allowed = append(allowed, answers...)
	}
	return allowed, nil
}

// subscribe says for each filter whether the broker granted it.
func (a *asker) subscribe(filters ...string) ([]bool, error) {
	p := packets.NewControlPacket(packets.SUBSCRIBE)
	c := p.Content.(*packets.Subscribe)
	c.PacketID = a.next()
	for _, f := range filters {
		c.Subscriptions = append(c.Subscriptions, packets.SubOptions{Topic: f})
	}
	answer, err := a.exchange(p, packets.SUBACK)
	if err != nil {
		return nil, err
	}
	return granted(answer.Content.(*packets.Suback).Reasons), nil
}

// unsubscribe says for each filter whether the broker let it be taken back, subscribed or not.
func (a *asker) unsubscribe(filters ...string) ([]bool, error) {
	p := packets.NewControlPacket(packets.UNSUBSCRIBE)
	c := p.Content.(*packets.Unsubscribe)
	c.PacketID, c.Topics = a.next(), filters
	answer, err := a.exchange(p, packets.UNSUBACK)
	if err != nil {
		return nil, err
	}
	return granted(answer.Content.(*packets.Unsuback).Reasons), nil
}

func granted(reasons []byte) []bool {
	allowed := make([]bool, len(reasons))
	for i, r := range reasons {
		allowed[i] = r < 0x80
	}
	return allowed
}

// receiveUntil collects the topics of delivered messages up to and without the sentinel.
func (a *asker) receiveUntil(sentinel string) (map[string]bool, error) {
	got := map[string]bool{}
	for {
		p, err := a.read(packets.PUBLISH)
		if err != nil {
			return nil, err
		}
		topic := p.Content.(*packets.Publish).Topic
		if topic == sentinel {
			return got, nil
		}
		got[topic] = true
	}
}

// receiveUntilGranted collects the topics of messages that are delivered before the answer to a subscription.
func (a *asker) receiveUntilGranted(filter string) (map[string]bool, error) {
	p := packets.NewControlPacket(packets.SUBSCRIBE)
	c := p.Content.(*packets.Subscribe)
	c.PacketID, c.Subscriptions = a.next(), []packets.SubOptions{{Topic: filter}}
	if _, err := p.WriteTo(a.conn); err != nil {
		return nil, fmt.Errorf("sending packet: %w", err)
	}
	got := map[string]bool{}
	for {
		if err := a.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			return nil, fmt.Errorf("setting deadline: %w", err)
		}
		p, err := packets.ReadPacket(a.in)
		if err != nil {
			return nil, fmt.Errorf("reading packet: %w", err)
		}
		switch content := p.Content.(type) {
		case *packets.Suback:
			return got, nil
		case *packets.Publish:
			got[content.Topic] = true
		}
	}
}
