package observe

import (
	"encoding/binary"
	"io"
	"time"
)

// reader takes what the broker sends and hands it to the consumers. One goroutine uses it. It copies nothing but the
// frame that does not fit into what is left of a buffer, and allocates nothing per message.
type reader struct {
	link   *link
	counts *counts

	slab       *slab
	start, end int // of what has been read and not passed on yet

	generation                int64
	delivered, deliveredBytes int64 // on this connection, behind the last chunk
	loggedIn                  bool

	window time.Time // when the reads that are counted began
	reads  int
	full   bool // the last read brought as much as there was room for
}

// close gives the buffer back.
func (r *reader) close() { r.slab.release() }

// read takes what one read of the connection brings, and passes on the frames that are whole.
func (r *reader) read() error {
	if err := r.makeRoom(); err != nil {
		return err
	}
	if !r.full {
		r.gather()
	}
	room := r.slab.data[r.end:]
	n, err := r.link.conn.Read(room)
	r.full = n == len(room)
	if n > 0 {
		r.end += n
		r.counts.bytesIn.Add(int64(n))
		r.link.heard.Store(true)
		if scanErr := r.scan(); scanErr != nil {
			return scanErr
		}
	}
	return err
}

// gather waits for more to come where much is coming in small pieces. Whoever always waits in the read makes the broker
// wake a thread with every packet that it writes, which costs both of them more than the packet does; the broker, which
// is one thread, is what limits a flood. A message that comes alone is not held up.
func (r *reader) gather() {
	const (
		pause = time.Millisecond
		busy  = 4 // reads in one pause
	)
	now := time.Now()
	if now.Sub(r.window) > pause {
		r.window, r.reads = now, 0
	}
	if r.reads++; r.reads > busy {
		time.Sleep(pause) //nolint:forbidigo // it is not waiting for a condition
		r.window, r.reads = time.Now(), busy
	}
}

// leastRead is how much room there is for a read, unless the frame that is being read began at the front.
const leastRead = 16 << 10

// makeRoom sees to it that the buffer has room behind what is in it. A frame that began in it moves to the front of
// another one.
func (r *reader) makeRoom() error {
	room := len(r.slab.data) - r.end
	switch {
	case room >= leastRead, r.start == 0 && room > 0:
		return nil
	case r.start == 0:
		return r.large()
	}
	fresh := r.link.stream.slabs.get()
	r.end = copy(fresh.data, r.slab.data[r.start:r.end])
	r.start = 0
	r.slab.release()
	r.slab = fresh
	return nil
}

// scan passes on the whole frames of the buffer as one chunk.
func (r *reader) scan() error {
	k := chunk{slab: r.slab}
	from, at := r.start, r.start
	var err error
	for err == nil {
		length, head, headErr := frameHead(r.slab.data[at:r.end])
		if headErr != nil {
			err = headErr
			break
		}
		if head == 0 || at+head+length > r.end {
			break
		}
		frame := r.slab.data[at : at+head+length]
		if err = r.frame(frame, head, &k); err == nil {
			at += len(frame)
		}
	}
	r.start = at
	k.data = r.slab.data[from:at] // with the capacity of the buffer, into which the next chunk may extend it
	r.pass(&k)
	return err
}

// frame looks at one whole frame, marks it for the consumers and counts it.
func (r *reader) frame(frame []byte, head int, k *chunk) error {
	r.counts.packetsIn.Add(1)
	if frame[0]&typeMask != typePublish {
		return r.control(frame, head)
	}
	if !r.loggedIn {
		return malformed("a message before the answer to our login")
	}
	if frame[0]&(flagQoS|flagDup) != 0 {
		return malformed("a message at another quality of service than the one that was asked for")
	}
	body := frame[head:]
	if len(body) < 3 {
		return malformed("a message without a topic")
	}
	topicEnd := 2 + int(binary.BigEndian.Uint16(body))
	if topicEnd >= len(body) {
		return malformed("a topic that is longer than its message")
	}
	payload := topicEnd + 1
	if n := int(body[topicEnd]); n != 0 {
		length, size := varint(body[topicEnd:])
		payload = topicEnd + size + length
		if size <= 0 || payload > len(body) {
			return malformed("properties that are longer than their message")
		}
		identifier, err := propertyValue(body[topicEnd+size:payload], propertySubscriptionIdentifier, true)
		if err != nil {
			return err
		}
		if identifier != 0 {
			r.judge(frame, identifier, body[2:topicEnd])
		}
	}
	k.delivered++
	k.bytes += int64(len(body) - payload)
	if frame[0] != markDouble {
		k.messages++
	}
	return nil
}

// judge marks the first byte of a PUBLISH with what its subscription identifier tells.
func (r *reader) judge(frame []byte, identifier int, topic []byte) {
	stored, double := r.link.subs.judge(identifier, topic, frame[0]&flagRetain != 0)
	switch {
	case double:
		frame[0] = markDouble
	case stored:
		frame[0] |= markStored
	}
}

// pass hands a chunk to every consumer and counts it.
func (r *reader) pass(k *chunk) {
	if k.delivered == 0 {
		return
	}
	now := r.link.stream.options.Clock()
	for _, c := range r.link.stream.consumers {
		c.offer(k, now, r.generation, r.delivered, r.deliveredBytes)
	}
	r.delivered += k.delivered
	r.deliveredBytes += k.bytes
	r.counts.publishes.Add(k.delivered)
	r.counts.payload.Add(k.bytes)
}

// control looks at a packet that is no message.
func (r *reader) control(frame []byte, head int) error {
	body := frame[head:]
	switch frame[0] {
	case typeConnack:
		if r.loggedIn || len(body) < 2 {
			return malformed("an answer to a login that it cannot be")
		}
		return r.connack(body)
	case typeSuback, typeUnsuback:
		if len(body) < 4 {
			return malformed("an answer to a subscription without a reason code")
		}
		if r.link.subs.answered(binary.BigEndian.Uint16(body), body[len(body)-1], r.link.stream.options.Clock()) {
			r.link.stream.tell()
		}
	case typePingresp:
	case typeDisconnect:
		if len(body) > 0 {
			r.link.goodbye = body[0]
		}
		return io.EOF
	default:
		return malformed("a packet of the unexpected kind %#x", frame[0])
	}
	return nil
}

// connack reads the answer to our login (MQTT 5.0, 3.2).
func (r *reader) connack(body []byte) error {
	r.loggedIn = body[1] == 0
	if r.loggedIn && len(body) > 3 {
		length, n := varint(body[2:])
		if n <= 0 || 2+n+length > len(body) {
			return malformed("properties that are longer than their packet")
		}
		seconds, err := propertyValue(body[2+n:2+n+length], propertyServerKeepAlive, true)
		if err != nil {
			return err
		}
		if asked := time.Duration(seconds) * time.Second; asked > 0 {
			r.link.keepAlive = min(r.link.keepAlive, asked)
		}
	}
	r.link.answered <- body[1]
	return nil
}
