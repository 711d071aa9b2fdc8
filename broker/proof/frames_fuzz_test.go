package proof

import (
	"bufio"
	"bytes"
	"io"
	"testing"
)

// FuzzFrames reads what a listener for websockets may send, which is never more than was sent.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{"\x82\x04\x20\x02\x00\x00", "\x82\x00\x82\x01x", "\x88\x00", "\x82\x7e\x01\x00", "\x82\xff", "\x82\x05x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		read, _ := io.ReadAll(&frames{r: bufio.NewReader(bytes.NewReader(sent)), w: io.Discard})
		if len(read) > len(sent) {
			t.Errorf("of %d bytes %d are read", len(sent), len(read))
		}
	})
}
