package observe

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
)

// endless is a connection that brings a head and then as many zeros as are wanted.
type endless struct {
	head  []byte
	zeros int
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.head) > 0 {
		n := copy(b, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	n := min(len(b), e.zeros)
	if n == 0 {
		return 0, io.EOF
	}
	clear(b[:n])
	e.zeros -= n
	return n, nil
}

// TestTheLargestMessageCostsNoMoreThanWhatIsKept reads the longest packets that MQTT knows, with all that length in the
// payload and in the properties.
func TestTheLargestMessageCostsNoMoreThanWhatIsKept(t *testing.T) {
	const longest = 268_435_455 // MQTT 5.0, 1.5.5
	for name, c := range map[string]struct {
		length   int // remaining
		behind   []byte
		size     int
		complete bool
	}{
		"payload": {longest, []byte{0, 1, 't', 0}, longest - 4, true},
		// The zeros make one empty user property, and what follows it is none: the connection ends at once.
		"properties": {longest, []byte{0, 1, 't', 0xF8, 0xFF, 0xFF, 0x7F, 0x26}, 0, false},
	} {
		s := New(Options{})
		consumer := s.Consumer("test", 0)
		head := append(appendVarint([]byte{typePublish | flagRetain}, c.length), c.behind...)
		l := newLink(s, &endless{head, c.length - len(c.behind)})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := l.reader.run()
		runtime.ReadMemStats(&after)
		l.reader.close()
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: %d bytes of memory were used", name, used)
		}
		if !c.complete {
			if !errors.Is(err, errMalformed) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		b, _ := consumer.take()
		var m Message
		if !errors.Is(err, io.EOF) || b == nil || !b.Next(&m) {
			t.Fatalf("%s: nothing came: %v", name, err)
		}
		if m.Size != c.size || len(m.Payload) != MaxPayload || !m.Retain || string(m.Topic) != "t" {
			t.Errorf("%s: %d bytes of %d came", name, len(m.Payload), m.Size)
		}
		if _, size := b.Position(); size != int64(c.size) || s.Status().Bytes != int64(c.size) {
			t.Errorf("%s: %d bytes are counted, and in all %d", name, size, s.Status().Bytes)
		}
		b.Release()
	}
}

// TestMegabytesOfPropertiesAreSkipped reads a message whose properties are longer than any buffer, as any device may
// send them, and finds the identifier that stands behind them.
func TestMegabytesOfPropertiesAreSkipped(t *testing.T) {
	user := append([]byte{0x26}, appendText(appendText(nil, "k"), string(bytes.Repeat([]byte("v"), 65_535)))...)
	properties := append(bytes.Repeat(user, 50), identified(5)...)
	for _, payload := range []int{0, 1, MaxPayload, MaxPayload + 1} {
		stream := publish(0, "double", properties, make([]byte, payload))
		stream = append(stream, publish(0, "$u", properties, make([]byte, payload))...)
		got, err := heard(t, stream, func() int { return 100_000 })
		if !errors.Is(err, io.EOF) || len(got) != 1 || got[0][:2] != "$u" {
			t.Errorf("%d messages came: %v", len(got), err)
		}
	}
}
