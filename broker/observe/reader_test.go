package observe

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pieces is a connection on which bytes arrive in pieces, and then nothing more.
type pieces struct {
	left []byte
	size func() int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.left[:min(max(p.size(), 1), len(p.left))])
	p.left = p.left[n:]
	return n, nil
}

// heard is what a consumer gets of bytes that arrive in pieces behind a login.
func heard(t testing.TB, stream []byte, size func() int) (messages []string, err error) {
	t.Helper()
	s := New(Options{})
	c := s.Consumer("test", 1<<30)
	l := newLink(s, &pieces{left: stream, size: size})
	l.subscriptions.active = []*subscription{
		{filter: "#", number: 1, stage: granted},
		{filter: "double", number: 2, stage: granted, marked: true},
	}
	// The answers that are in the recorded streams of real brokers, which testdata holds.
	all, double := l.subscriptions.active[0], l.subscriptions.active[1]
	l.subscriptions.pending = map[uint16]expected{
		1: {all, first}, 2: {all, second}, 3: {double, first}, 4: {double, second}, 5: {double, leave},
	}
	l.reader.pacer.off = true
	err = l.reader.run()
	l.reader.close()
	c.close()
	for {
		b, end := c.Next(context.Background())
		if end != nil {
			break
		}
		var m Message
		for b.Next(&m) {
			flags := ""
			if m.Retain {
				flags += " retained"
			}
			if m.Stored {
				flags += " stored"
			}
			if m.Size > len(m.Payload) {
				flags += " cut"
			}
			messages = append(messages, string(m.Topic)+" "+string(m.Payload)+flags)
		}
		delivered, size := b.Position()
		if delivered < b.Delivered || size < b.DeliveredBytes {
			t.Errorf("a block ends before it begins: %d %d", delivered, size)
		}
		b.Release()
	}
	return messages, err
}

// publish is a PUBLISH as a broker sends it.
func publish(flags byte, topic string, properties, payload []byte) []byte {
	body := appendText(nil, topic)
	body = append(appendVarint(body, len(properties)), properties...)
	return appendPacket(nil, typePublish|flags, append(body, payload...))
}

func identified(id int) []byte { return appendVarint([]byte{propertySubscription}, id) }

// TestAnySplitGivesTheSameMessages sends frames of every size around those of the buffers in pieces of every size.
func TestAnySplitGivesTheSameMessages(t *testing.T) {
	user := append([]byte{0x26}, appendText(appendText(nil, "k"), strings.Repeat("v", 60_000))...)
	var stream []byte
	var want []string
	add := func(frame []byte, message string) {
		stream = append(stream, frame...)
		if message != "" {
			want = append(want, message)
		}
	}
	for _, n := range []int{0, 1, 100, 127, 128, 16_383, 16_384, slabSize - 20, slabSize, slabSize + 1, MaxPayload, MaxPayload + 1, 3 << 20} {
		payload := bytes.Repeat([]byte("p"), n)
		message := "t/" + string(payload[:min(n, MaxPayload)])
		cut := ""
		if n > MaxPayload {
			cut = " cut"
		}
		add(publish(0, "t", nil, payload), strings.Replace(message, "/", " ", 1)+cut)
		add([]byte{typePingresp, 0}, "")
		add(publish(flagRetain, "t", identified(2), payload), strings.Replace(message, "/", " ", 1)+" retained stored"+cut)
		add(publish(0, "double", identified(5), payload), "")
		// More properties than a buffer holds.
		add(publish(0, "u", append(identified(9), bytes.Repeat(user, 5)...), payload),
			strings.Replace("u"+message[1:], "/", " ", 1)+cut)
	}
	for _, size := range []func() int{
		func() int { return len(stream) },
		func() int { return 1 << 20 },
		func() int { return slabSize - 1 },
		func() int { return 1 + rand.IntN(5000) },
		func() int { return 1 + rand.IntN(1<<rand.IntN(20)) },
	} {
		got, err := heard(t, stream, size)
		if !errors.Is(err, io.EOF) || len(got) != len(want) {
			t.Fatalf("%d messages, want %d: %v", len(got), len(want), err)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("message %d is %.40q (%d bytes), want %.40q (%d bytes)", i, got[i], len(got[i]), want[i], len(want[i]))
			}
		}
	}
}

func TestWhatIsNoMessageEndsTheConnection(t *testing.T) {
	for name, frame := range map[string][]byte{
		"a length of five bytes":        {typePublish, 0xFF, 0xFF, 0xFF, 0xFF, 1},
		"quality of service 1":          publish(0x02, "t", nil, nil),
		"quality of service 2":          publish(0x04, "t", nil, nil),
		"a duplicate":                   publish(0x08, "t", nil, nil),
		"no topic":                      {typePublish, 1, 0},
		"a topic that goes on":          {typePublish, 4, 0, 9, 'a', 0},
		"no properties":                 {typePublish, 3, 0, 1, 'a'},
		"properties that go on":         {typePublish, 4, 0, 1, 'a', 9},
		"an unknown property":           publish(0, "t", []byte{0x55}, nil),
		"a property that goes on":       publish(0, "t", []byte{0x02, 0}, nil),
		"a second login":                {typeConnack, 3, 0, 0, 0},
		"a packet for servers":          {0x82, 0},
		"a large packet of that kind":   binary.AppendUvarint([]byte{0x82}, 1<<20),
		"a subscription without a code": {typeSuback, 2, 0, 1},
		"an answer to nothing":          {typeSuback, 4, 0, 9, 0, 0},
		"a topic alias":                 publish(0, "t", []byte{0x23, 0, 1}, nil),
	} {
		stream := append(publish(0, "before", nil, nil), frame...)
		stream = append(stream, make([]byte, 2<<20)...)
		messages, err := heard(t, stream, func() int { return len(stream) })
		if !errors.Is(err, errMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		if len(messages) != 1 || messages[0] != "before " {
			t.Errorf("%s: what came before it is %.100q", name, messages)
		}
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	s := New(Options{})
	c := s.Consumer("test", 64<<20)
	frames := bytes.Repeat(publish(0, "plant/line/7/value", nil, []byte("21.5")), 10_000)
	conn := &pieces{size: func() int { return 8 << 10 }}
	r := &newLink(s, conn).reader
	var m Message
	allocations := testing.AllocsPerRun(10, func() {
		conn.left = frames
		if err := r.run(); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		for {
			b, closed := c.take()
			if b == nil || closed {
				break
			}
			for b.Next(&m) { //nolint:revive // as above
			}
			b.Release()
		}
	})
	if allocations > 500 { // a block for every buffer, none for a message
		t.Errorf("10,000 messages allocate %v times", allocations)
	}
}

// TestRecordedStreams reads what real brokers sent: stored messages, doubles, properties of every kind, and what they
// say when somebody takes the connection over.
func TestRecordedStreams(t *testing.T) {
	want := []string{"double stored retained stored", "kept/2 \x00\xff retained stored", "double x", "a/b ", "a/b 21.5",
		strings.Repeat("t", 300) + " " + strings.Repeat("y", 300), "kept/2 z retained", "kept/2  retained"}
	for _, version := range []string{"2.0.11", "2.1.2"} {
		file, err := os.ReadFile("testdata/fuzz/FuzzReader/mosquitto-" + version)
		if err != nil {
			t.Fatal(err)
		}
		quoted := strings.TrimSuffix(strings.TrimPrefix(strings.Split(string(file), "\n")[1], "[]byte("), ")")
		stream, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(err)
		}
		got, err := heard(t, []byte(stream), func() int { return 50 })
		g, spoke := errors.AsType[*goodbye](err)
		if spoke != (version == "2.1.2") || (spoke && g.code != 0x8E) || (!spoke && !errors.Is(err, io.EOF)) {
			t.Errorf("%s: it ends with %v", version, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q\nwant %q", version, got, want)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(publish(0, "t", nil, []byte("p")), uint64(1))
	f.Add(append(publish(1, "t", identified(2), nil), publish(0, "double", identified(5), nil)...), uint64(7))
	f.Add([]byte{typeSuback, 4, 0, 1, 0, 0, typeDisconnect, 1, 0x8E}, uint64(3))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		whole, err1 := heard(t, bytes.Clone(stream), func() int { return len(stream) })
		random := rand.New(rand.NewPCG(seed, 0))
		split, err2 := heard(t, bytes.Clone(stream), func() int { return 1 + random.IntN(20) })
		if (err1 == nil) != (err2 == nil) || errors.Is(err1, errMalformed) != errors.Is(err2, errMalformed) {
			t.Errorf("whole it is %v, in pieces %v", err1, err2)
		}
		if strings.Join(whole, "\n") != strings.Join(split, "\n") {
			t.Errorf("whole it is %q, in pieces %q", whole, split)
		}
	})
}
