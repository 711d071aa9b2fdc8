package clientlogs

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// wire is an MQTT 3.1.1 connection that does what no library lets one do: long ids, ends without a word.
type wire struct {
	t    *testing.T
	conn net.Conn
}

// dialWire logs in and fails the test when the broker does not want it.
func dialWire(t *testing.T, b *brokertest.Broker, id, user, password string, clean bool) *wire {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", b.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	w := &wire{t, conn}
	flags := byte(0xc0) // user and password
	if clean {
		flags |= 2
	}
	body := append(text16("MQTT"), 4, flags, 0, 60)
	body = append(body, text16(id)...)
	body = append(body, text16(user)...)
	body = append(body, text16(password)...)
	if answer := w.ask(0x10, body); answer[0] != 0x20 || answer[3] != 0 {
		t.Fatalf("%.50q is answered % x", id, answer)
	}
	return w
}

// subscribe asks for a filter at QoS 1 and returns what is granted.
func (w *wire) subscribe(filter string) byte {
	answer := w.ask(0x82, append(append([]byte{0, 1}, text16(filter)...), 1))
	return answer[len(answer)-1]
}

func (w *wire) unsubscribe(filter string) { w.ask(0xa2, append([]byte{0, 2}, text16(filter)...)) }

// ask sends a packet and returns the next one, which is short.
func (w *wire) ask(kind byte, body []byte) []byte {
	w.t.Helper()
	w.send(kind, body)
	if err := w.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	head := make([]byte, 2)
	if _, err := io.ReadFull(w.conn, head); err != nil {
		w.t.Fatal(err)
	}
	rest := make([]byte, head[1])
	if _, err := io.ReadFull(w.conn, rest); err != nil {
		w.t.Fatal(err)
	}
	return append(head, rest...)
}

func (w *wire) send(kind byte, body []byte) {
	w.t.Helper()
	packet := append([]byte{kind}, binary.AppendUvarint(nil, uint64(len(body)))...)
	if _, err := w.conn.Write(append(packet, body...)); err != nil {
		w.t.Fatal(err)
	}
}

// leave sends DISCONNECT and waits until the broker has closed the connection.
func (w *wire) leave() {
	w.t.Helper()
	w.send(0xe0, nil)
	w.ended()
}

// ended waits until the broker has closed the connection.
func (w *wire) ended() {
	w.t.Helper()
	if err := w.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, w.conn); err != nil && !strings.Contains(err.Error(), "reset") {
		w.t.Fatal(err)
	}
}

// drop ends the connection without a word, and waits until the broker has noticed.
func (w *wire) drop(b *brokertest.Broker, pattern string) {
	w.t.Helper()
	w.conn.Close()
	b.AwaitLog(pattern)
}

func text16(s string) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }
