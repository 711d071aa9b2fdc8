package observe

import "encoding/binary"

// longestProperty is the most bytes that one property can have: a user property with two strings.
const longestProperty = 1 + 2*(2+65535)

// property measures the property of a PUBLISH at the start of b (MQTT 5.0, 3.3.2.3). n is 0 when b ends before it does.
// identifier is the subscription identifier when it is that, else 0.
func property(b []byte) (n, identifier int, err error) {
	if len(b) == 0 {
		return 0, 0, nil
	}
	switch b[0] {
	case 0x01: // payload format indicator
		n = 2
	case 0x02: // message expiry interval
		n = 5
	case 0x03, 0x08, 0x09: // content type, response topic, correlation data
		n = lengthOfText(b, 1)
	case 0x26: // user property
		n = lengthOfText(b, 1)
		if n > 0 && n <= len(b) {
			n = lengthOfText(b, n)
		}
	case propertySubscription:
		value, length := varint(b[1:])
		if length < 0 || (length > 0 && value == 0) {
			return 0, 0, malformed("a subscription identifier that is none")
		}
		if length == 0 {
			return 0, 0, nil
		}
		return 1 + length, value, nil
	case 0x23:
		return 0, 0, malformed("a topic alias, which we have not offered")
	default:
		return 0, 0, malformed("the property %#x in a PUBLISH", b[0])
	}
	if n > len(b) {
		n = 0
	}
	return n, 0, nil
}

// lengthOfText is where a string ends that begins at b[at]; 0 when its length is not in b.
func lengthOfText(b []byte, at int) int {
	if len(b) < at+2 {
		return 0
	}
	return at + 2 + int(binary.BigEndian.Uint16(b[at:]))
}

// subscriptionOf finds the subscription identifier among the properties of a PUBLISH; 0 when there is none. Mosquitto
// sends one at most. Of several, as a broker may send that delivers once for all filters, the earliest subscription's
// counts: through it the message is not a double.
func subscriptionOf(properties []byte) (identifier int, err error) {
	for len(properties) > 0 {
		n, id, err := property(properties)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return 0, malformed("a property that runs over the end")
		}
		if id != 0 && (identifier == 0 || id < identifier) {
			identifier = id
		}
		properties = properties[n:]
	}
	return identifier, nil
}
