package observe

import (
	"errors"
	"fmt"
)

// The types of MQTT control packets that a server sends, in the upper half of their first byte (MQTT 5.0, 2.1.2).
const (
	typeMask       = 0xF0
	typeConnack    = 0x20
	typePublish    = 0x30
	typeSuback     = 0x90
	typeUnsuback   = 0xB0
	typePingresp   = 0xD0
	typeDisconnect = 0xE0
)

// The flags of a PUBLISH (MQTT 5.0, 3.3.1).
const (
	flagRetain = 0x01
	flagQoS    = 0x06
	flagDup    = 0x08
)

// The scanner notes what it found out about a PUBLISH in the packet's first byte, where consumers read it. At QoS 0 the
// three upper flags are always zero on the wire.
const (
	markStored = 0x02 // a flag beside typePublish
	markDouble = 0x08 // the whole byte: a second copy of a message that came through another filter
)

// errMalformed is in the chain of every error about bytes that are not MQTT as a broker may send it to us.
var errMalformed = errors.New("malformed packet")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errMalformed, fmt.Sprintf(format, args...))
}

// varint reads a variable byte integer (MQTT 5.0, 1.5.5). n is its length in bytes: 0 when b ends before it, -1 when it
// is longer than the four bytes that are allowed.
func varint(b []byte) (value, n int) {
	for i, digit := range b {
		if i == 4 {
			return 0, -1
		}
		value |= int(digit&0x7F) << (7 * i)
		if digit&0x80 == 0 {
			return value, i + 1
		}
	}
	if len(b) >= 4 {
		return 0, -1
	}
	return 0, 0
}

// longLength reads the remaining length of a frame that the scanner has passed, and returns it with the length of the
// fixed header.
func longLength(frame []byte) (length, head int) {
	length, n := varint(frame[1:])
	return length, 1 + n
}

// frameHead reads the fixed header at the start of b. head is 0 when b ends before it does.
func frameHead(b []byte) (length, head int, err error) {
	if len(b) < 2 {
		return 0, 0, nil
	}
	length, n := varint(b[1:min(len(b), 5)])
	switch {
	case n > 0:
		return length, 1 + n, nil
	case n < 0:
		return 0, 0, malformed("a remaining length of more than four bytes")
	default:
		return 0, 0, nil
	}
}
