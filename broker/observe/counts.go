package observe

import (
	"sync/atomic"

	"github.com/bunkerm/bunkerm/broker"
)

// counts are what a stream has seen over all its connections. The reader adds to them once per read.
type counts struct {
	publishes, payload   atomic.Int64 // PUBLISH packets, and the bytes of their payloads
	packetsIn, bytesIn   atomic.Int64
	packetsOut, bytesOut atomic.Int64
}

func (c *counts) sent(packets, bytes int) {
	c.packetsOut.Add(int64(packets))
	c.bytesOut.Add(int64(bytes))
}

func (c *counts) traffic() broker.Traffic {
	return broker.Traffic{
		PacketsSent: c.packetsOut.Load(), PacketsReceived: c.packetsIn.Load(),
		PublishesReceived: c.publishes.Load(),
		BytesSent:         c.bytesOut.Load(), BytesReceived: c.bytesIn.Load(),
	}
}
