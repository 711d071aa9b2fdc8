package broker

import (
	"fmt"
	"io"
	"sync/atomic"
)

// Traffic is what a connection of ours has cost the broker, as its own statistics count it: from our side, so what we
// sent it has received.
type Traffic struct {
	PacketsSent, PacketsReceived     int64 // MQTT packets of every kind
	PublishesSent, PublishesReceived int64 // PUBLISH packets among them
	PayloadSent, PayloadReceived     int64 // bytes of what the PUBLISH packets carry
	BytesSent, BytesReceived         int64 // of all packets, without TLS and TCP
}

// Traffic is what this session has sent and received since the program began, over all its connections. The broker
// counts from its own start, so differences are what to compare.
func (s *Session) Traffic() Traffic {
	t := Traffic{
		PacketsSent: s.traffic.out.packets.Load(), PacketsReceived: s.traffic.in.packets.Load(),
		PublishesSent: s.traffic.out.publishes.Load(), PublishesReceived: s.traffic.in.publishes.Load(),
		PayloadSent: s.traffic.out.payload.Load(), PayloadReceived: s.traffic.in.payload.Load(),
		BytesSent: s.traffic.out.bytes.Load(), BytesReceived: s.traffic.in.bytes.Load(),
	}
	if s.forgets.Load() {
		t.PublishesSent -= s.traffic.out.special.Load()
	}
	return t
}

// forgetsSome tells whether a version does not count messages that clients publish as retained or at QoS 2 (mosquitto before
// 2.0.15, eclipse/mosquitto issue 2448; seen with 2.0.11). An unknown one counts everything.
func forgetsSome(version string) bool {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); n != 3 {
		return false
	}
	return major < 2 || major == 2 && minor == 0 && patch < 15
}

// traffic counts both ways.
type traffic struct{ in, out packetCounts }

type packetCounts struct {
	packets, publishes, payload, bytes atomic.Int64
	special                            atomic.Int64 // publishes that are retained or at QoS 2
}

// packetCounter counts the packets in the pieces of one connection's byte stream, of which it keeps nothing. The fixed
// header of a packet is a byte with the type in its upper half, and the remaining length in up to four bytes of seven
// bits each (MQTT 5.0, 2.1.1 and 1.5.5).
type packetCounter struct {
	counts *packetCounts
	left   int // bytes of the present packet's body still to come
	length int // as read so far
	shift  int // -1 before the first byte of a packet, else the position of the next seven bits
	finder payloadFinder
}

func newPacketCounter(counts *packetCounts) *packetCounter {
	return &packetCounter{counts: counts, shift: -1}
}

func (c *packetCounter) count(p []byte) {
	const publish = 3
	c.counts.bytes.Add(int64(len(p)))
	for len(p) > 0 {
		switch {
		case c.left > 0:
			n := c.finder.skip(p[:min(c.left, len(p))])
			if n == 0 {
				n = min(c.left, len(p))
				c.counts.payload.Add(int64(n))
			}
			c.left -= n
			p = p[n:]
		case c.shift < 0:
			c.counts.packets.Add(1)
			c.finder = payloadFinder{stage: notPublish}
			if p[0]>>4 == publish {
				c.counts.publishes.Add(1)
				if p[0]&0x05 != 0 { // RETAIN, or the upper bit of QoS (MQTT 5.0, 3.3.1)
					c.counts.special.Add(1)
				}
				c.finder = payloadFinder{stage: topicLength, numbered: p[0]&0x06 != 0}
			}
			c.shift, c.length = 0, 0
			p = p[1:]
		default:
			c.length |= int(p[0]&0x7f) << c.shift
			c.shift += 7
			if p[0]&0x80 == 0 || c.shift > 21 {
				c.left, c.shift = c.length, -1
			}
			p = p[1:]
		}
	}
}

// countedReader counts what is read through it.
type countedReader struct {
	io.Reader
	counter *packetCounter
}

func (r countedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.counter.count(p[:n])
	return n, err
}
