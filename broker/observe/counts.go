package observe

import (
	"sync/atomic"

	"github.com/bunkerm/bunkerm/broker"
)

// counts is what went over all connections of a stream.
type counts struct {
	publishes, payload   atomic.Int64
	live                 atomic.Int64
	packetsIn, bytesIn   atomic.Int64
	packetsOut, bytesOut atomic.Int64
}

func (c *counts) traffic() broker.Traffic {
	return broker.Traffic{
		PacketsSent: c.packetsOut.Load(), BytesSent: c.bytesOut.Load(),
		PacketsReceived: c.packetsIn.Load(), BytesReceived: c.bytesIn.Load(),
		PublishesReceived: c.publishes.Load(),
	}
}

// sent counts whole packets of ours.
func (c *counts) sent(packets []byte) {
	c.bytesOut.Add(int64(len(packets)))
	for len(packets) > 0 {
		length, head, _ := frameHead(packets) // we wrote them
		packets = packets[head+length:]
		c.packetsOut.Add(1)
	}
}
