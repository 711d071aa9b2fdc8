package observe

import "testing"

// FuzzAnswers reads what a broker may answer to a SUBSCRIBE, and the properties with which it takes a connection.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{"\x00\x01\x00\x00", "\x00\x01\x03\x1f\x00\x00\x80", "\x03\x13\x00\x3c", "\x05\x26\x00\x00\x00\x00", "\xff\xff\xff\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if packet, code, err := parseAnswer(body); err == nil && (packet != uint16(body[0])<<8|uint16(body[1]) || code != body[len(body)-1]) {
			t.Errorf("% x is read as packet %d with code %#x", body, packet, code)
		}
		if _, ok := serverKeepAlive(body); ok && len(body) < 4 {
			t.Errorf("% x holds no keep alive", body)
		}
	})
}
