package gateway

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// readFrames reads a stream in pieces of the given size.
func readFrames(text string, size int) []string {
	var f frames
	var got []string
	for data := []byte(text); len(data) > 0; {
		n := min(size, len(data))
		f.take(bytes.Clone(data[:n]), func(e frame) { got = append(got, fmt.Sprintf("%s|%s|%s", e.event, e.id, e.data)) })
		data = data[n:]
	}
	return got
}

func TestFramesAreTheSameHoweverTheyAreCut(t *testing.T) {
	text := ": connected\n\nid: 1\nevent: stats\ndata: {\"a\":1}\n\n:\n\nevent: none\n\ndata:no space\ndata:  two\n\nretry: 10\ndata\n\nid: 2\r\ndata: x\r\n\r\ndata: not ended"
	want := []string{`stats|1|{"a":1}`, "||no space\n two", "||", "|2|x"}
	for size := 1; size <= len(text); size++ {
		if got := readFrames(text, size); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("in pieces of %d: %q", size, got)
		}
	}
}

func TestAFrameIsBounded(t *testing.T) {
	var f frames
	piece := []byte("data: " + strings.Repeat("x", 1<<20) + "\n")
	for range 40 {
		if !f.take(piece, func(frame) { t.Fatal("an event that has not ended") }) {
			return
		}
	}
	t.Error("40 MiB of one event were kept")
}

func FuzzFrames(f *testing.F) {
	f.Add("id: 1\nevent: stats\ndata: {}\n\n", 3)
	f.Add("data: a\r\ndata:b\n\n:\n\n\n", 1)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = 1 + int(uint(size)%64)
		if one, pieces := readFrames(text, len(text)+1), readFrames(text, size); fmt.Sprint(one) != fmt.Sprint(pieces) {
			t.Errorf("whole %q, in pieces of %d %q", one, size, pieces)
		}
	})
}
