package clientlogs

import (
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

// FuzzCursor reads anything. What is taken is written again to the same place of the list.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{writeCursor(0), writeCursor(1 << 62), "", "e", "ZQ", "ZS0x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		below, err := readCursor(text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := readCursor(writeCursor(below)); err != nil || again != below || below < 0 {
			t.Errorf("%q is %d, and read again %d, %v", text, below, again, err)
		}
	})
}
