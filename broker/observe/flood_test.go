package observe_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"testing"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// plain is the least that can publish: MQTT 3.1.1 straight onto a socket.
type plain struct {
	t    testing.TB
	conn net.Conn
}

// dialPlain logs in with the broker's admin account.
func dialPlain(t testing.TB, b *brokertest.Broker, clientID string) *plain {
	t.Helper()
	conn, err := net.Dial("tcp", b.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	// Level 4; a clean session, username and password; no keepalive.
	body := append(text("MQTT"), 4, 0xC2, 0, 0)
	for _, field := range []string{clientID, b.AdminUsername, b.AdminPassword} {
		body = append(body, text(field)...)
	}
	p := &plain{t, conn}
	p.write(packet(0x10, body))
	answer := make([]byte, 4)
	if _, err := conn.Read(answer); err != nil || answer[3] != 0 {
		t.Fatalf("logging in: % x, %v", answer, err)
	}
	return p
}

func text(s string) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }

func packet(head byte, body []byte) []byte {
	return append(binary.AppendUvarint([]byte{head}, uint64(len(body))), body...)
}

// publishPacket is a message at QoS 0.
func publishPacket(topic string, payload []byte, retain bool) []byte {
	head := byte(0x30)
	if retain {
		head |= 1
	}
	return packet(head, append(text(topic), payload...))
}

func (p *plain) write(b []byte) {
	p.t.Helper()
	if _, err := p.conn.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

func (p *plain) publish(topic string, payload []byte, retain bool) {
	p.t.Helper()
	p.write(publishPacket(topic, payload, retain))
}

// settle returns when the broker has worked on everything that was published before, by asking it for a sign of life.
func (p *plain) settle() {
	p.t.Helper()
	p.write([]byte{0xC0, 0})
	for answer := make([]byte, 2); answer[0] != 0xD0; {
		if _, err := p.conn.Read(answer); err != nil {
			p.t.Fatal(err)
		}
	}
}

// flood sends n small messages over topics flood/0, flood/1, … as fast as the broker takes them. Each payload is the
// message's number.
func (p *plain) flood(n, topics int) {
	p.t.Helper()
	var frames []byte
	for i := range n {
		frames = append(frames, publishPacket(fmt.Sprintf("flood/%d", i%topics), fmt.Appendf(nil, "%d", i), false)...)
		if len(frames) > 60_000 || i == n-1 {
			p.write(frames)
			frames = frames[:0]
		}
	}
}
