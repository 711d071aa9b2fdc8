package observe

import "encoding/binary"

// What we send. All of it fits into a few bytes beside the names, so it is written by hand.

const (
	firstConnect     = 0x10
	firstSubscribe   = 0x82
	firstUnsubscribe = 0xA2
)

// pingreq and disconnect have no body: a DISCONNECT without one is a normal one (MQTT 5.0, 3.14.2.1).
func pingreq() []byte    { return []byte{0xC0, 0} }
func disconnect() []byte { return []byte{0xE0, 0} }

// The options of a subscription at QoS 0 (MQTT 5.0, 3.8.3.1): Retain As Published, so that the flag tells whether a
// live message was published as retained; and whether the broker delivers what it keeps.
const (
	retainAsPublished = 0x08
	storedAlways      = retainAsPublished
	storedNever       = retainAsPublished | 0x20
)

// propertySubscription is the property that holds a subscription identifier.
const propertySubscription = 0x0B

// appendConnect appends a CONNECT with a clean start and without properties: no topic aliases, no limit to the size of
// packets, and no Receive Maximum, which means nothing at QoS 0. keepAlive is in seconds.
func appendConnect(out []byte, clientID, username, password string, keepAlive uint16) []byte {
	const cleanStart, hasPassword, hasUsername = 0x02, 0x40, 0x80
	flags := byte(cleanStart)
	body := appendText(nil, "MQTT")
	body = append(body, 5, 0)
	flagsAt := len(body) - 1
	body = binary.BigEndian.AppendUint16(body, keepAlive)
	body = append(body, 0)
	body = appendText(body, clientID)
	if username != "" {
		flags |= hasUsername
		body = appendText(body, username)
		if password != "" {
			flags |= hasPassword
			body = appendText(body, password)
		}
	}
	body[flagsAt] = flags
	return appendPacket(out, firstConnect, body)
}

// appendSubscribe appends a SUBSCRIBE for one filter. identifier 0 is none.
func appendSubscribe(out []byte, packet uint16, filter string, options byte, identifier int) []byte {
	var properties []byte
	if identifier > 0 {
		properties = appendVarint([]byte{propertySubscription}, identifier)
	}
	body := binary.BigEndian.AppendUint16(nil, packet)
	body = appendVarint(body, len(properties))
	body = append(body, properties...)
	body = append(appendText(body, filter), options)
	return appendPacket(out, firstSubscribe, body)
}

func appendUnsubscribe(out []byte, packet uint16, filter string) []byte {
	body := binary.BigEndian.AppendUint16(nil, packet)
	body = append(body, 0)
	return appendPacket(out, firstUnsubscribe, appendText(body, filter))
}

func appendPacket(out []byte, first byte, body []byte) []byte {
	return append(appendVarint(append(out, first), len(body)), body...)
}

// appendText appends a string of at most 65535 bytes; a longer one is cut, and the broker refuses the account.
func appendText(out []byte, text string) []byte {
	text = text[:min(len(text), 65535)]
	return append(binary.BigEndian.AppendUint16(out, uint16(len(text))), text...)
}

func appendVarint(out []byte, value int) []byte {
	for value >= 0x80 {
		out = append(out, byte(value)|0x80)
		value >>= 7
	}
	return append(out, byte(value))
}
