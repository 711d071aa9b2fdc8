package observe

import "encoding/binary"

// parseAnswer reads a SUBACK or UNSUBACK for one filter (MQTT 5.0, 3.9 and 3.11): packet identifier, properties, code.
func parseAnswer(body []byte) (packet uint16, code byte, err error) {
	if len(body) < 4 {
		return 0, 0, malformed("an answer about a filter of %d bytes", len(body))
	}
	length, n := varint(body[2:])
	if n <= 0 || len(body) != 2+n+length+1 {
		return 0, 0, malformed("an answer about a filter that has not one reason code")
	}
	return binary.BigEndian.Uint16(body), body[len(body)-1], nil
}

// serverKeepAlive finds the keep alive, in seconds, that a broker asks for in the properties of its CONNACK (MQTT 5.0,
// 3.2.2.3). Properties that cannot be read hold none.
func serverKeepAlive(properties []byte) (seconds uint16, ok bool) {
	length, n := varint(properties)
	if n <= 0 || length > len(properties)-n {
		return 0, false
	}
	for b := properties[n : n+length]; len(b) > 0; {
		size := 0
		switch b[0] {
		case 0x24, 0x25, 0x28, 0x29, 0x2A: // maximum QoS, and what is available
			size = 2
		case 0x21, 0x22, 0x13: // receive maximum, topic alias maximum, server keep alive
			size = 3
		case 0x11, 0x27: // session expiry interval, maximum packet size
			size = 5
		case 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F: // strings
			size = lengthOfText(b, 1)
		case 0x26: // user property
			if size = lengthOfText(b, 1); size > 0 && size < len(b) {
				size = lengthOfText(b, size)
			}
		}
		if size == 0 || size > len(b) {
			return 0, false
		}
		if b[0] == 0x13 {
			return binary.BigEndian.Uint16(b[1:]), true
		}
		b = b[size:]
	}
	return 0, false
}
