package broker_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// BenchmarkExchange compares one command through a session with the same exchange written by hand, straight onto
// the socket, on the same broker. The command is getDefaultACLAccess, which costs the broker next to nothing, so
// that what is left is the way there and back.
func BenchmarkExchange(b *testing.B) {
	const get = "getDefaultACLAccess"
	server := brokertest.Start(b)
	for _, network := range []string{"unix", "tcp"} {
		endpoint, address := server.UnixEndpoint(), server.Socket
		if network == "tcp" {
			endpoint, address = server.Endpoint(), server.Addr
		}
		b.Run(network+"/session", func(b *testing.B) {
			s, _ := startSession(b, broker.SessionOptions{Endpoint: endpoint})
			ready(b, s)
			for b.Loop() {
				if _, err := s.Do(b.Context(), command(get)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(network+"/bare", func(b *testing.B) {
			c := dialBare(b, network, address, server.AdminUsername, server.AdminPassword)
			payload := []byte(`{"commands":[{"command":"` + get + `","correlationData":"1"}]}`)
			for b.Loop() {
				c.publish(b, payload)
				c.await(b, `"correlationData":"1"`)
			}
		})
	}
}

// bare speaks as little MQTT as an exchange needs.
type bare struct {
	conn net.Conn
	in   *bufio.Reader
}

func dialBare(t testing.TB, network, address, username, password string) *bare {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &bare{conn, bufio.NewReader(conn)}
	var connect, subscribe bytes.Buffer
	text(&connect, "MQTT")
	connect.Write([]byte{5, 0xC2, 0, 0, 0}) // version 5; clean start, password and user name; no keepalive; no properties
	text(&connect, "bare")
	text(&connect, username)
	text(&connect, password)
	c.send(t, 0x10, connect.Bytes())
	c.receive(t)
	subscribe.Write([]byte{0, 1, 0}) // packet id 1, no properties
	text(&subscribe, broker.ResponseTopic)
	subscribe.WriteByte(0)
	c.send(t, 0x82, subscribe.Bytes())
	c.receive(t)
	return c
}

func (c *bare) publish(t testing.TB, payload []byte) {
	var b bytes.Buffer
	text(&b, broker.ControlTopic)
	b.WriteByte(0)
	b.Write(payload)
	c.send(t, 0x30, b.Bytes())
}

// await reads packets until one holds the text.
func (c *bare) await(t testing.TB, holds string) {
	for !bytes.Contains(c.receive(t), []byte(holds)) {
	}
}

func (c *bare) send(t testing.TB, head byte, body []byte) {
	packet := binary.AppendUvarint([]byte{head}, uint64(len(body)))
	if _, err := c.conn.Write(append(packet, body...)); err != nil {
		t.Fatal(err)
	}
}

func (c *bare) receive(t testing.TB) []byte {
	if _, err := c.in.ReadByte(); err != nil {
		t.Fatal(err)
	}
	n, err := binary.ReadUvarint(c.in)
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.in, body); err != nil {
		t.Fatal(err)
	}
	return body
}

func text(b *bytes.Buffer, s string) {
	b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(s))))
	b.WriteString(s)
}
