package observe

// The properties that the broker may send us (MQTT 5.0, 2.2.2.2), as far as we look at them.
const (
	propertySubscriptionIdentifier = 0x0B
	propertyServerKeepAlive        = 0x13
)

// property is one of a packet's properties. value is its number, or the length of its text.
type property struct {
	id    byte
	value int
}

// nextProperty reads the first property of p and returns what is behind it. cut reports that p ends within it.
func nextProperty(p []byte) (prop property, rest []byte, cut bool, err error) {
	prop.id, p = p[0], p[1:]
	size := 0
	switch prop.id {
	case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A:
		size = 1
	case 0x13, 0x21, 0x22, 0x23:
		size = 2
	case 0x02, 0x11, 0x18, 0x27:
		size = 4
	case propertySubscriptionIdentifier:
		value, n := varint(p)
		if n < 0 {
			return prop, nil, false, malformed("a subscription identifier of more than four bytes")
		}
		prop.value = value
		return prop, p[n:], n == 0, nil
	case 0x26: // a user property is two texts
		rest, cut = skipText(p)
		if !cut {
			rest, cut = skipText(rest)
		}
		return prop, rest, cut, nil
	case 0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F:
		rest, cut = skipText(p)
		return prop, rest, cut, nil
	default:
		return prop, nil, false, malformed("a property of the unknown kind %#x", prop.id)
	}
	if len(p) < size {
		return prop, nil, true, nil
	}
	for _, b := range p[:size] {
		prop.value = prop.value<<8 | int(b)
	}
	return prop, p[size:], false, nil
}

// skipText passes over a text or binary value.
func skipText(p []byte) (rest []byte, cut bool) {
	if len(p) < 2 {
		return nil, true
	}
	n := 2 + int(p[0])<<8 + int(p[1])
	if len(p) < n {
		return nil, true
	}
	return p[n:], false
}

// propertyValue returns the value of a property, 0 when it is not among those in p. whole says that p holds all of
// them, so that one that is cut off is an error.
func propertyValue(p []byte, id byte, whole bool) (value int, err error) {
	for len(p) > 0 {
		prop, rest, cut, err := nextProperty(p)
		switch {
		case err != nil:
			return 0, err
		case cut && whole:
			return 0, malformed("a property that is longer than all of them")
		case cut:
			return 0, nil
		case prop.id == id:
			return prop.value, nil
		}
		p = rest
	}
	return 0, nil
}
