package monitor

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/bunkerm/bunkerm/broker/brokertest"
)

// flood publishes messages at QoS 0 as fast as the broker reads them.
func flood(t *testing.T, b *brokertest.Broker, messages int) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", b.Addr, statsPatience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(statsPatience)); err != nil {
		t.Fatal(err)
	}
	text := func(p []byte, s string) []byte {
		return append(binary.BigEndian.AppendUint16(p, uint16(len(s))), s...)
	}
	body := append(text(nil, "MQTT"), 4, 0xc2, 0, 60) // MQTT 3.1.1, user, password, clean session
	body = text(text(text(body, "flood"), b.AdminUsername), b.AdminPassword)
	if _, err := conn.Write(append([]byte{1 << 4, byte(len(body))}, body...)); err != nil {
		t.Fatal(err)
	}
	connack := make([]byte, 4)
	if _, err := conn.Read(connack); err != nil || connack[3] != 0 {
		t.Fatalf("CONNACK %v, %v", connack, err)
	}
	message := append(text(nil, "flood/topic"), "0123456789"...)
	message = append([]byte{3 << 4, byte(len(message))}, message...)
	var piece []byte
	for range 1000 {
		piece = append(piece, message...)
	}
	for range messages / 1000 {
		if _, err := conn.Write(piece); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Write([]byte{14 << 4, 0}); err != nil { // DISCONNECT, behind all of them
		t.Fatal(err)
	}
	var end [1]byte
	if _, err := conn.Read(end[:]); err == nil {
		t.Fatal("the broker answers a DISCONNECT")
	}
}

// TestFlood counts users' messages while the broker cannot get rid of them as fast as they come. What it still has for
// us is not counted by it yet, so the users' numbers may be late, but they never go down and are right in the end.
func TestFlood(t *testing.T) {
	const messages = 200_000
	b := brokertest.Start(t)
	h := buildStats(t, b, monitorDB(t), nil)
	h.awaitStats("nobody is there", func(s Stats) bool { return is(s.Clients.Connected, 0) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		flood(t, b, messages)
	}()
	var received, sent int64
	h.awaitStats("everything is counted", func(s Stats) bool {
		if s.Publish.Received == nil || s.Publish.Sent == nil {
			return false
		}
		if *s.Publish.Received < received || *s.Publish.Sent < sent {
			t.Fatalf("a counter goes down: %d and %d, then %s", received, sent, shown(s.Publish))
		}
		received, sent = *s.Publish.Received, *s.Publish.Sent
		return received == messages && is(s.Clients.Connected, 0)
	})
	<-done
	h.awaitTicks(2)
	s := h.service.Stats()
	// On a machine that is too busy, our other session learns a moment after the tick of the few figures that came to it
	// with the tick, and they stay counted as the users': a handful, of two hundred thousand.
	if *s.Publish.Sent > 5 || *s.Publish.BytesSent > 100 {
		t.Errorf("what was delivered to us counts as the users': %s", shown(s.Publish))
	}
	if got := s.Self.Messages + *s.Publish.Dropped; got < messages {
		t.Errorf("%d messages were delivered to us and %d dropped, of %d", s.Self.Messages, *s.Publish.Dropped, messages)
	}
}
