package observe

import (
	"encoding/binary"
	"time"
)

// The first bytes of the packets that we send (MQTT 5.0, 2.1.2 and 2.1.3).
const (
	headConnect     = 0x10
	headSubscribe   = 0x82
	headUnsubscribe = 0xA2
	headPingreq     = 0xC0
	headDisconnect  = 0xE0
)

// The options of a subscription (MQTT 5.0, 3.8.3.1). All are at QoS 0.
const (
	retainAsPublished = 0x08
	sendNoneRetained  = 0x20 // Retain Handling 2
)

// appendPacket appends a packet with the given body.
func appendPacket(to []byte, head byte, body []byte) []byte {
	to = append(to, head)
	to = appendVarint(to, len(body))
	return append(to, body...)
}

func appendVarint(to []byte, n int) []byte { return binary.AppendUvarint(to, uint64(n)) }

func appendText(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(text))), text...)
}

// connectPacket logs in with a clean start, so that nothing is kept for us while we are away.
func connectPacket(clientID, username, password string, keepAlive time.Duration) []byte {
	const cleanStart, withPassword, withUsername = 0x02, 0x40, 0x80
	flags := byte(cleanStart)
	if username != "" {
		flags |= withUsername
		if password != "" {
			flags |= withPassword
		}
	}
	body := append(appendText(nil, "MQTT"), 5, flags)
	body = binary.BigEndian.AppendUint16(body, uint16(min(keepAlive/time.Second, 65535)))
	body = append(body, 0) // no properties: topic aliases and the like are offered by those who name them
	body = appendText(body, clientID)
	if flags&withUsername != 0 {
		body = appendText(body, username)
	}
	if flags&withPassword != 0 {
		body = appendText(body, password)
	}
	return appendPacket(nil, headConnect, body)
}

// appendSubscribe asks for one filter. identifier 0 is none.
func appendSubscribe(to []byte, packetID uint16, identifier int, filter string, options byte) []byte {
	body := binary.BigEndian.AppendUint16(nil, packetID)
	if identifier == 0 {
		body = append(body, 0)
	} else {
		property := appendVarint([]byte{propertySubscriptionIdentifier}, identifier)
		body = append(appendVarint(body, len(property)), property...)
	}
	body = append(appendText(body, filter), options)
	return appendPacket(to, headSubscribe, body)
}

func appendUnsubscribe(to []byte, packetID uint16, filter string) []byte {
	body := append(binary.BigEndian.AppendUint16(nil, packetID), 0)
	return appendPacket(to, headUnsubscribe, appendText(body, filter))
}
