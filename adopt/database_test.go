package adopt

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

func TestADatabaseThatIsNone(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "another file": strings.Repeat("x", 100), "old": magic + "\x00\x00\x00\x00\x00\x00\x00\x01",
		"cut off": magic + "\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x04\x00\x00\x00\x09abc",
	} {
		if c, err := readContents(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func FuzzContents(f *testing.F) {
	f.Add([]byte(magic + "\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x04\x00\x00\x00\x03abc"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := readContents(bufio.NewReader(bytes.NewReader(text)))
		if n := c.Retained + c.Sessions + c.Queued; err == nil && n*8 > len(text) {
			t.Errorf("%d parts in %d bytes", n, len(text))
		}
	})
}
