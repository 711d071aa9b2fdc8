package broker

import (
	"bytes"
	"testing"
)

// packet is an MQTT packet of the given type with a body of n bytes.
func packet(kind byte, n int) []byte {
	head := []byte{kind << 4}
	for rest := n; ; {
		digit := byte(rest & 0x7f)
		if rest >>= 7; rest > 0 {
			head = append(head, digit|0x80)
			continue
		}
		head = append(head, digit)
		break
	}
	return append(head, bytes.Repeat([]byte{0xff}, n)...)
}

func TestPacketsAreCountedHoweverTheyArrive(t *testing.T) {
	var all []byte
	for _, n := range []int{0, 1, 127, 128, 300, 16383, 16384} {
		all = append(all, packet(3, n)...)
		all = append(all, packet(13, 0)...) // PINGRESP
	}
	for _, piece := range []int{1, 2, 3, 100, 5000, len(all)} {
		var counts packetCounts
		counter := newPacketCounter(&counts)
		for rest := all; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			counter.count(rest[:min(piece, len(rest))])
		}
		if counts.packets.Load() != 14 || counts.publishes.Load() != 7 || counts.bytes.Load() != int64(len(all)) {
			t.Errorf("in pieces of %d: %d packets, %d publishes, %d bytes of %d", piece,
				counts.packets.Load(), counts.publishes.Load(), counts.bytes.Load(), len(all))
		}
	}
}
