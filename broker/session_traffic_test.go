package broker

import (
	"bytes"
	"testing"
)

// packet is an MQTT packet with the given first byte and body.
func packet(first byte, body []byte) []byte {
	head := []byte{first}
	for rest := len(body); ; {
		digit := byte(rest & 0x7f)
		if rest >>= 7; rest > 0 {
			head = append(head, digit|0x80)
			continue
		}
		head = append(head, digit)
		break
	}
	return append(head, body...)
}

// publish is a PUBLISH packet whose payload has n bytes.
func publish(qos byte, topic string, properties, n int) []byte {
	body := append([]byte{byte(len(topic) >> 8), byte(len(topic))}, topic...)
	if qos > 0 {
		body = append(body, 1, 2)
	}
	if properties < 128 {
		body = append(body, byte(properties))
	} else {
		body = append(body, byte(properties&0x7f|0x80), byte(properties>>7))
	}
	body = append(body, bytes.Repeat([]byte{0xee}, properties)...)
	return packet(3<<4|qos<<1, append(body, bytes.Repeat([]byte{0xff}, n)...))
}

func TestPacketsAreCountedHoweverTheyArrive(t *testing.T) {
	var all []byte
	var payload int64
	for i, n := range []int{0, 1, 127, 128, 300, 16383, 16384} {
		all = append(all, publish(byte(i%3), "some/topic"[:i], 60*i, n)...)
		all = append(all, packet(13<<4, nil)...)               // PINGRESP
		all = append(all, packet(9<<4, []byte{0, 1, 0, 1})...) // SUBACK
		payload += int64(n)
	}
	for _, piece := range []int{1, 2, 3, 100, 5000, len(all)} {
		var counts packetCounts
		counter := newPacketCounter(&counts)
		for rest := all; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			counter.count(rest[:min(piece, len(rest))])
		}
		if counts.packets.Load() != 21 || counts.publishes.Load() != 7 || counts.bytes.Load() != int64(len(all)) ||
			counts.payload.Load() != payload {
			t.Errorf("in pieces of %d: %d packets, %d publishes, %d bytes of %d, %d of %d in payloads", piece,
				counts.packets.Load(), counts.publishes.Load(), counts.bytes.Load(), len(all), counts.payload.Load(), payload)
		}
	}
}
