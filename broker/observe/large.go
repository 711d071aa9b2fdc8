package observe

import "encoding/binary"

// large takes the message that fills the whole buffer and does not end in it. Consumers get a frame of its own: without
// the properties, and with as much of the payload as is kept. What is behind that is read and thrown away, so that a
// message of 256 MiB, the longest that MQTT knows, costs no more memory than one of MaxPayload.
func (r *reader) large() error {
	held := r.slab.data
	length, head, err := frameHead(held)
	if err != nil {
		return err
	}
	body := held[head:]
	if held[0]&typeMask != typePublish || !r.loggedIn || held[0]&(flagQoS|flagDup) != 0 {
		return malformed("a packet of %d bytes that is no message", length)
	}
	topicEnd := 2 + int(binary.BigEndian.Uint16(body)) // of 65,537 at most, so all of it is here
	properties, n := varint(body[topicEnd:])
	payload := topicEnd + n + properties
	if n <= 0 || payload > length {
		return malformed("properties that are longer than their message")
	}
	// Of properties that are longer than the buffer only the beginning is looked at; the identifier comes first there.
	whole := payload <= len(body)
	identifier, err := propertyValue(body[topicEnd+n:min(payload, len(body))], propertySubscriptionIdentifier, whole)
	if err != nil {
		return err
	}
	size := length - payload
	kept := min(size, MaxPayload)

	frame := make([]byte, 0, 5+topicEnd+1+kept)
	frame = appendVarint(append(frame, held[0]), topicEnd+1+kept)
	frameHead := len(frame)
	frame = append(append(frame, body[:topicEnd]...), 0)
	if identifier != 0 {
		r.judge(frame, identifier, frame[frameHead+2:frameHead+topicEnd])
	}
	left := length - len(body) // still to come
	if payload < len(body) {
		frame = append(frame, body[payload:min(len(body), payload+kept)]...)
	} else if left, err = r.skip(left, payload-len(body)); err != nil {
		return err
	}
	if left, err = r.fill(&frame, kept-(len(frame)-frameHead-topicEnd-1), left); err != nil {
		return err
	}
	if _, err = r.skip(left, left); err != nil {
		return err
	}
	r.counts.packetsIn.Add(1)
	k := chunk{slab: &slab{data: frame}, data: frame, delivered: 1, bytes: int64(size), whole: size}
	k.slab.refs.Store(1)
	if frame[0] != markDouble {
		k.messages = 1
	}
	r.pass(&k)
	k.slab.release()

	fresh := r.link.stream.slabs.get()
	r.slab.release()
	r.slab, r.start, r.end = fresh, 0, 0
	return nil
}

// fill reads n bytes of the frame, of which left are still to come, to the end of *to.
func (r *reader) fill(to *[]byte, n, left int) (int, error) {
	for n > 0 {
		at := len(*to)
		got, err := r.more((*to)[at : at+n])
		*to = (*to)[:at+got]
		n, left = n-got, left-got
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// skip reads and forgets n bytes of the frame, of which left are still to come. Blocks may look into the present
// buffer, so it is not the one to read into.
func (r *reader) skip(left, n int) (int, error) {
	if n == 0 {
		return left, nil
	}
	waste := r.link.stream.slabs.get()
	defer waste.release()
	for n > 0 {
		got, err := r.more(waste.data[:min(n, len(waste.data))])
		n, left = n-got, left-got
		if err != nil {
			return left, err
		}
	}
	return left, nil
}

// more reads from the connection.
func (r *reader) more(p []byte) (int, error) {
	n, err := r.link.conn.Read(p)
	r.counts.bytesIn.Add(int64(n))
	r.link.heard.Store(true)
	if n > 0 {
		err = nil // told again by the next read
	}
	return n, err
}
