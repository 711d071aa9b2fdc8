package observe

import "bytes"

// scanner checks the frames that the broker sends, counts the messages and marks them for consumers, who then need not
// doubt what they read.
type scanner struct {
	// identify tells what a subscription identifier means, as subscriptions.identify does.
	identify func(identifier int, topic []byte) (stored, double bool)
	// control takes every packet that is not a PUBLISH.
	control func(first byte, body []byte) error
}

// scan works through the whole frames at the start of b and adds them to k. It returns how many bytes they have. With
// an error, the frames before the bad one are good.
func (s *scanner) scan(b []byte, k *chunk) (n int, err error) {
	for {
		rest := b[n:]
		if len(rest) < 2 {
			return n, nil
		}
		length, head := int(rest[1]), 2
		if length >= 0x80 {
			if length, head, err = frameHead(rest); err != nil || head == 0 {
				return n, err
			}
		}
		end := head + length
		if end > len(rest) {
			return n, nil
		}
		if rest[0]&typeMask == typePublish {
			err = s.publish(rest[:end], head, k)
		} else {
			err = s.control(rest[0], rest[head:end])
		}
		if err != nil {
			return n, err
		}
		k.packets++
		n += end
	}
}

// publish checks and marks one PUBLISH, whose fixed header has head bytes.
func (s *scanner) publish(frame []byte, head int, k *chunk) error {
	if err := checkFirst(frame[0]); err != nil {
		return err
	}
	if len(frame) < head+3 {
		return malformed("a PUBLISH of %d bytes", len(frame))
	}
	topicAt := head + 2
	topicEnd := topicAt + int(frame[head])<<8 + int(frame[head+1])
	if topicEnd == topicAt {
		return malformed("a PUBLISH without a topic")
	}
	if topicEnd >= len(frame) {
		return malformed("a topic that runs over the end")
	}
	payload := topicEnd + 1
	k.delivered++
	if frame[topicEnd] != 0 {
		length, n := varint(frame[topicEnd:])
		if n <= 0 || topicEnd+n+length > len(frame) {
			k.delivered--
			return malformed("properties that run over the end")
		}
		payload = topicEnd + n + length
		identifier, err := subscriptionOf(frame[topicEnd+n : payload])
		if err != nil {
			k.delivered--
			return err
		}
		if identifier != 0 {
			frame[0] = s.mark(frame[0], identifier, frame[topicAt:topicEnd])
		}
	}
	k.bytes += int64(len(frame) - payload)
	k.note(frame[0], frame[topicAt:topicEnd])
	return nil
}

// note counts a message by the marked first byte of its packet.
func (k *chunk) note(first byte, topic []byte) {
	if first == markDouble {
		return
	}
	k.messages++
	if first&markStored == 0 && !bytes.HasPrefix(topic, []byte("$SYS/")) {
		k.live++
	}
}

// mark returns the first byte of a PUBLISH with what its subscription identifier means.
func (s *scanner) mark(first byte, identifier int, topic []byte) byte {
	stored, double := s.identify(identifier, topic)
	switch {
	case double:
		return markDouble
	case stored && first&flagRetain != 0:
		return first | markStored
	default:
		return first
	}
}

// checkFirst refuses the first byte of a PUBLISH that we did not ask for.
func checkFirst(first byte) error {
	if first&(flagQoS|flagDup) != 0 {
		return malformed("a message of QoS %d, where QoS 0 was asked for", first&flagQoS>>1)
	}
	return nil
}
