package observe

import "fmt"

// large reads a PUBLISH that does not fit into a buffer, and hands it on as a chunk of its own: without its properties,
// and with no more of the payload than a Message holds. The rest is read and forgotten, so the memory is bounded,
// whatever length the broker says.
func (r *reader) large(first byte, head, length int) error {
	if err := checkFirst(first); err != nil {
		return err
	}
	r.start += head
	left := length // bytes of the frame behind start
	topic, err := r.largeTopic(&left)
	if err != nil {
		return err
	}
	identifier, err := r.largeProperties(&left)
	if err != nil {
		return err
	}
	if identifier != 0 {
		first = r.mark(first, identifier, topic)
	}
	return r.largePayload(first, topic, left)
}

// largeTopic reads the topic into memory that is used again for the next large message.
func (r *reader) largeTopic(left *int) ([]byte, error) {
	size, err := r.peek(2)
	if err != nil {
		return nil, err
	}
	n := int(size[0])<<8 + int(size[1])
	if n == 0 {
		return nil, malformed("a PUBLISH without a topic")
	}
	both, err := r.peek(2 + n)
	if err != nil {
		return nil, err
	}
	r.topic = append(r.topic[:0], both[2:]...)
	r.start += 2 + n
	*left -= 2 + n // a large frame is longer than any topic
	return r.topic, nil
}

// largeProperties skips the properties, of which a publisher may have sent megabytes.
func (r *reader) largeProperties(left *int) (identifier int, err error) {
	size, err := r.peek(4)
	if err != nil {
		return 0, err
	}
	length, n := varint(size)
	if n <= 0 || length > *left-n {
		return 0, malformed("properties that run over the end")
	}
	r.start += n
	*left -= n + length
	for length > 0 {
		// One property fits into half a buffer, and is not waited for any longer than it needs.
		n, id, err := property(r.slab.data[r.start:min(r.end, r.start+length)])
		switch {
		case err != nil:
			return 0, err
		case n == 0 && r.end-r.start >= min(length, longestProperty):
			return 0, malformed("a property that runs over the end")
		case n == 0:
			if err := r.fill(longestProperty); err != nil {
				return 0, err
			}
			continue
		}
		if id != 0 && (identifier == 0 || id < identifier) {
			identifier = id
		}
		r.start += n
		length -= n
	}
	return identifier, nil
}

// largePayload makes a frame of the message with the start of its payload, reads the rest, and hands the message on.
func (r *reader) largePayload(first byte, topic []byte, size int) error {
	kept := min(size, MaxPayload)
	body := 2 + len(topic) + 1 + kept
	frame := make([]byte, 0, 5+body)
	frame = appendVarint(append(frame, first), body)
	frame = append(appendText(frame, string(topic)), 0)
	payload := frame[len(frame) : len(frame)+kept]
	frame = frame[:len(frame)+kept]

	n := copy(payload, r.slab.data[r.start:r.end])
	r.start += n
	for n < kept {
		m, err := r.src.Read(payload[n:])
		n += m
		if m > 0 {
			r.heard(m)
		} else if err != nil {
			return reading(err)
		}
	}
	if err := r.skip(size - kept); err != nil {
		return err
	}
	k := chunk{
		slab: &slab{data: frame}, data: frame,
		packets: 1, delivered: 1, bytes: int64(size),
	}
	if size > kept {
		k.whole = size
	}
	k.note(first, topic)
	r.deliver(&k)
	return nil
}

// skip reads n bytes and forgets them.
func (r *reader) skip(n int) error {
	for {
		m := min(n, r.end-r.start)
		r.start += m
		n -= m
		if n == 0 {
			return nil
		}
		if err := r.fill(minRead); err != nil {
			return fmt.Errorf("skipping the rest of a large message: %w", err)
		}
	}
}
