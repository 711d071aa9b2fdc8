package observe

import (
	"context"
	"errors"
	"sync"
	"time"
	"unsafe"
)

// ErrClosed is what Next returns when the stream was closed and everything has been read.
var ErrClosed = errors.New("the observation stream is closed")

// minQueue is the least room of a queue: enough for a message of the largest size that is kept, and then some.
const minQueue = 2 << 20

// blockCost is what a block counts in a queue beside its buffer.
const blockCost = int(unsafe.Sizeof(Block{})) + 64

// joinWithin is how far apart two reads may lie for their messages to become one block while the consumer is busy.
const joinWithin = 50 * time.Millisecond

// chunk is what the reader hands to the consumers.
type chunk struct {
	slab      *slab
	data      []byte
	messages  int64 // for consumers
	delivered int64 // PUBLISH packets: messages and those that are doubles
	live      int64 // of the messages, those that are published now and not the broker's own figures
	packets   int64 // of every kind
	bytes     int64 // their payloads
	whole     int   // as in Block
}

// Consumer is one reader of the stream, with a queue of its own. Next is for one goroutine.
type Consumer struct {
	name  string
	limit int
	wake  chan struct{} // has a token when there may be something to take; holds one

	mu       sync.Mutex
	queue    []*Block
	cost     int   // what the queue holds: buffers that it keeps from being used again, and blocks
	losing   int64 // messages lost since the last block of the queue
	lost     int64 // messages lost since the start
	isClosed bool
}

func newConsumer(name string, queueBytes int) *Consumer {
	return &Consumer{name: name, limit: max(queueBytes, minQueue), wake: make(chan struct{}, 1)}
}

// Next waits for the next block. The caller releases it. The error is ctx's, or ErrClosed when the stream was closed
// and everything before that has been read.
func (c *Consumer) Next(ctx context.Context) (*Block, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, closed := c.take()
		switch {
		case b != nil:
			return b, nil
		case closed:
			return nil, ErrClosed
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
		}
	}
}

func (c *Consumer) take() (b *Block, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		return nil, c.isClosed
	}
	b = c.queue[0]
	c.queue[0] = nil
	c.queue = c.queue[1:]
	// The buffer counts for as long as any block of the queue needs it.
	if len(c.queue) > 0 && c.queue[0].slab == b.slab {
		c.queue[0].queueSlabCost += b.queueSlabCost
	} else {
		c.cost -= b.queueSlabCost
	}
	c.cost -= b.queueCost
	return b, false
}

// offer appends a chunk, or counts it as lost. It never waits for the consumer.
func (c *Consumer) offer(k *chunk, at time.Time, generation, delivered, deliveredBytes int64) {
	c.mu.Lock()
	last := c.last()
	sameSlab := last != nil && last.slab == k.slab
	if sameSlab && c.losing == 0 && k.whole == 0 && at.Sub(last.At) < joinWithin && adjacent(last.data, k.data) {
		last.data = last.data[:len(last.data)+len(k.data)]
		c.mu.Unlock()
		return // the consumer has a token already, or is about to look
	}
	slabCost := len(k.slab.data)
	if sameSlab {
		slabCost = 0
	}
	if c.cost+slabCost+blockCost > c.limit {
		c.losing += k.messages
		c.lost += k.messages
		c.mu.Unlock()
		return
	}
	k.slab.retain()
	c.append(&Block{
		Kind: Messages, At: at, Generation: generation, Delivered: delivered, DeliveredBytes: deliveredBytes,
		slab: k.slab, data: k.data, whole: k.whole, queueCost: blockCost, queueSlabCost: slabCost,
	})
	c.mu.Unlock()
	c.signal()
}

// adjacent tells whether b begins where a ends, in the same buffer.
func adjacent(a, b []byte) bool {
	return cap(a) >= len(a)+len(b) && len(b) > 0 && &a[:len(a)+1][len(a)] == &b[0]
}

// announce appends a change of the connection. It is never lost: while a consumer takes nothing and the broker comes
// and goes, only the last change is kept.
func (c *Consumer) announce(b Block) {
	c.mu.Lock()
	if n := len(c.queue); n > 1 && b.Kind == Connected && c.queue[n-1].Kind == Disconnected && c.queue[n-2].Kind == Connected {
		for _, gone := range c.queue[n-2:] {
			c.cost -= gone.queueCost
			c.losing += gone.Lost
		}
		clear(c.queue[n-2:])
		c.queue = c.queue[:n-2]
	}
	b.queueCost = blockCost
	c.append(&b)
	c.mu.Unlock()
	c.signal()
}

// append adds a block. The caller holds the lock.
func (c *Consumer) append(b *Block) {
	b.Lost, c.losing = c.losing, 0
	c.queue = append(c.queue, b)
	c.cost += b.queueCost + b.queueSlabCost
}

func (c *Consumer) last() *Block {
	if len(c.queue) == 0 {
		return nil
	}
	return c.queue[len(c.queue)-1]
}

// close lets Next return ErrClosed behind what is queued.
func (c *Consumer) close() {
	c.mu.Lock()
	c.isClosed = true
	c.mu.Unlock()
	c.signal()
}

func (c *Consumer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Consumer) status() ConsumerStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return ConsumerStatus{Name: c.name, QueuedBytes: c.cost, QueueBytes: c.limit, Lost: c.lost}
}
