package broker

import (
	"bufio"
	"net"
	"sync"
	"time"
)

// framedConn makes one write of each packet, and few reads of many. The MQTT library writes a packet in four parts
// and reads its head byte by byte; each would be a system call, and on TCP a segment, of its own.
//
// It relies on the library's way with connections that are a sync.Locker: it locks before the first part of a packet
// and unlocks after the last.
type framedConn struct {
	net.Conn
	reader  *bufio.Reader
	timeout time.Duration // how long the other side may take to accept a packet
	sent    *packetCounter

	mu     sync.Mutex
	packet []byte
}

func newFramedConn(conn net.Conn, timeout time.Duration, t *traffic) *framedConn {
	counted := countedReader{conn, newPacketCounter(&t.in)}
	return &framedConn{
		Conn: conn, reader: bufio.NewReaderSize(counted, 16<<10), timeout: timeout, sent: newPacketCounter(&t.out),
	}
}

// Read reads from the buffer.
func (c *framedConn) Read(p []byte) (int, error) { return c.reader.Read(p) }

// Lock begins a packet.
func (c *framedConn) Lock() { c.mu.Lock() }

// Write adds to the packet. The caller holds the lock.
func (c *framedConn) Write(p []byte) (int, error) {
	c.packet = append(c.packet, p...)
	return len(p), nil
}

// Unlock sends the packet. When that fails a part of it may be on its way, so the connection is of no more use and
// is closed; the reading side notices and ends the session.
func (c *framedConn) Unlock() {
	defer c.mu.Unlock()
	packet := c.packet
	c.packet = packet[:0]
	if cap(packet) > 64<<10 {
		c.packet = nil // one large import should not hold its memory for ever
	}
	err := c.Conn.SetWriteDeadline(time.Now().Add(c.timeout))
	if err == nil {
		_, err = c.Conn.Write(packet)
		c.sent.count(packet)
	}
	if err != nil {
		// Closing can only report that it is closed already.
		_ = c.Conn.Close()
	}
}
