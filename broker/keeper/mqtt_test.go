package keeper_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"
)

// device is the least of an MQTT 3.1.1 client: enough to see whether the broker serves it.
type device struct {
	t    *testing.T
	conn net.Conn
}

// connect makes a device and waits until the broker has let it in.
func (b *bench) connect(id string) *device {
	b.t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.port))
	must(b.t, err)
	b.t.Cleanup(func() { _ = conn.Close() })
	d := &device{b.t, conn}
	body := append([]byte("\x00\x04MQTT\x04\x02\x00\x00"), field(id)...)
	d.exchange(packet(0x10, body), []byte{0x20, 2, 0, 0})
	return d
}

// ping fails when the broker does not answer in time, or has dropped the connection.
func (d *device) ping() {
	d.t.Helper()
	d.exchange([]byte{0xC0, 0}, []byte{0xD0, 0})
}

// publish sends one message at QoS 0.
func (d *device) publish(topic, payload string) {
	d.t.Helper()
	must(d.t, d.conn.SetDeadline(time.Now().Add(patience)))
	_, err := d.conn.Write(packet(0x30, append(field(topic), payload...)))
	must(d.t, err)
}

func (d *device) exchange(send, want []byte) {
	d.t.Helper()
	must(d.t, d.conn.SetDeadline(time.Now().Add(patience)))
	_, err := d.conn.Write(send)
	must(d.t, err)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(d.conn, got); err != nil || !bytes.Equal(got, want) {
		d.t.Fatalf("broker answered % x, %v; want % x", got, err, want)
	}
}

func field(s string) []byte { return append([]byte{byte(len(s) >> 8), byte(len(s))}, s...) }

func packet(kind byte, body []byte) []byte {
	out := []byte{kind}
	n := len(body)
	for {
		b := byte(n & 0x7F)
		if n >>= 7; n > 0 {
			out = append(out, b|0x80)
			continue
		}
		return append(append(out, b), body...)
	}
}

// listening is a port that somebody else holds for the length of the test.
func listening(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}
