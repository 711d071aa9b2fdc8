package doctor

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// answering takes everything and answers what it was told to.
type answering struct {
	io.Reader
	io.Writer
}

// FuzzAnswers has whatever listens at an address answer anything. Each step is well, or says what is wrong.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		"\x20\x03\x00\x00\x00", "\x20\x03\x00\x87\x00", "\x20\x02\x00\x05", "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x", "\x20\xff\xff\xff\x7f",
		"\x20\x03\x00\x00\x00\x90\x04\x00\x01\x00\x00\x40\x02\x00\x01\x30\x0a\x00\x01a\x00hello", "\xe0\x02\x8e\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		e := &examination{o: Options{Host: "h", Port: 1883, Topic: "a"}.withDefaults(), mqtt: answering{bytes.NewReader(sent), io.Discard}}
		for name, step := range map[string]func(context.Context) finding{"login": e.login, "subscribe": e.subscribe, "publish": e.publish} {
			if got := step(t.Context()); got.said == "" {
				t.Errorf("%s: % x leads to %+v", name, sent, got)
			}
		}
	})
}
