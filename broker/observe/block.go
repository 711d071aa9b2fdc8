package observe

import "time"

// BlockKind says what a Block is about.
type BlockKind uint8

// The kinds of blocks.
const (
	// Messages: the block holds messages.
	Messages BlockKind = iota + 1
	// Connected: a connection begins, and what comes next belongs to it. The broker may be another one than before, or
	// have been restarted.
	Connected
	// Disconnected: the connection has ended. What was published from now on is not seen until the next Connected, and
	// what the broker still had for us may be missing.
	Disconnected
)

// Block is a piece of the stream: what one or several reads brought, or a change of the connection. It belongs to the
// consumer that got it from Next until Release, and is for one goroutine.
type Block struct {
	Kind BlockKind
	// At is when the connection changed, or when the first message of the block was read; the last one was read less
	// than 50 ms later.
	At time.Time
	// Generation numbers the connections from 1.
	Generation int64
	// Delivered is how many PUBLISH packets the broker had delivered on this connection before this block, and
	// DeliveredBytes their payload bytes: whether this consumer got or lost them, and with those that came a second
	// time because several filters match. They are what the broker counts in its own statistics on our behalf.
	Delivered, DeliveredBytes int64
	// Lost is how many messages this consumer has lost right before this block because its queue was full.
	Lost int64
	// ClientID is ours on the connection that begins, for Connected.
	ClientID string
	// Reason says in words why the connection ended, for Disconnected.
	Reason string

	slab  *slab
	data  []byte // whole frames, as marked by the scanner
	whole int    // the size of the payload, where the block is one message whose payload may be cut; else 0

	at            int // how far Next has come
	passed        int64
	passedBytes   int64
	queueCost     int // what the block counts in its consumer's queue, the slab apart
	queueSlabCost int // what its slab counts, where this is the first block of that slab in the queue
}

// MaxPayload is how many bytes of a payload a Message holds at most.
const MaxPayload = 1 << 20

// Message is one message that somebody published or the broker keeps.
type Message struct {
	// Topic and Payload are parts of the block and gone after its Release. The payload is cut at MaxPayload bytes; Size
	// is the length of the whole.
	Topic, Payload []byte
	Size           int
	// Retain tells that the publisher asked the broker to keep the message.
	Retain bool
	// Stored tells that the broker delivered the message because we subscribed: it was published before, and kept. A
	// message that is published with Retain in the very moment in which the broker works on our subscription may count
	// as stored too.
	Stored bool
}

// Next sets m to the next message of the block and reports whether there was one. It allocates nothing.
func (b *Block) Next(m *Message) bool {
	for b.at < len(b.data) {
		rest := b.data[b.at:]
		first := rest[0]
		length, head := int(rest[1]), 2
		if length >= 0x80 {
			length, head = longLength(rest)
		}
		end := head + length
		b.at += end
		if first&typeMask != typePublish && first != markDouble {
			continue
		}
		b.passed++
		topicEnd := head + 2 + int(rest[head])<<8 + int(rest[head+1])
		properties, payload := int(rest[topicEnd]), topicEnd+1
		if properties != 0 {
			if properties >= 0x80 {
				n := 0
				properties, n = varint(rest[topicEnd:end])
				payload = topicEnd + n
			}
			payload += properties
		}
		size := end - payload
		if b.whole != 0 {
			size = b.whole
		}
		b.passedBytes += int64(size)
		if first == markDouble {
			continue
		}
		m.Topic, m.Payload, m.Size = rest[head+2:topicEnd:topicEnd], rest[payload:end:end], size
		m.Retain, m.Stored = first&flagRetain != 0, first&markStored != 0
		return true
	}
	return false
}

// Position is Delivered and DeliveredBytes for the place behind the message that Next returned last.
func (b *Block) Position() (delivered, deliveredBytes int64) {
	return b.Delivered + b.passed, b.DeliveredBytes + b.passedBytes
}

// Reset makes Next begin with the first message again.
func (b *Block) Reset() { b.at, b.passed, b.passedBytes = 0, 0, 0 }

// Release gives the block back. Neither it nor its messages may be used after that.
func (b *Block) Release() {
	if b.slab != nil {
		b.slab.release()
	}
	b.slab, b.data = nil, nil
}
