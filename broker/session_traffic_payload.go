package broker

// payloadFinder passes over what stands before the payload of a PUBLISH packet, in whatever pieces it comes: the topic
// behind its length, a packet identifier unless the QoS is 0, and the properties behind theirs (MQTT 5.0, 3.3.2).
type payloadFinder struct {
	stage    publishStage
	numbered bool // there is a packet identifier
	seen     int  // bytes of the present number that have come
	number   int
}

// publishStage is what comes next.
type publishStage uint8

const (
	notPublish publishStage = iota // the body of another packet, in which nothing counts
	topicLength
	topicAndNumber
	propertyLength
	propertiesToPayload
	payloadBytes
)

// skip returns how many of the next bytes of the packet's body are not payload. 0 is that all of them are.
func (h *payloadFinder) skip(p []byte) (n int) {
	if h.stage == notPublish {
		return len(p)
	}
	for n < len(p) {
		switch h.stage {
		case topicLength:
			h.number = h.number<<8 | int(p[n])
			n++
			if h.seen++; h.seen == 2 {
				if h.numbered {
					h.number += 2
				}
				h.stage = topicAndNumber
			}
		case topicAndNumber, propertiesToPayload:
			passed := min(h.number, len(p)-n)
			n += passed
			if h.number -= passed; h.number == 0 {
				h.stage++
				h.seen = 0
			}
		case propertyLength:
			h.number |= int(p[n]&0x7f) << (7 * h.seen)
			if p[n]&0x80 == 0 || h.seen == 3 {
				h.stage = propertiesToPayload
			}
			h.seen++
			n++
		default:
			return n
		}
	}
	return n
}
