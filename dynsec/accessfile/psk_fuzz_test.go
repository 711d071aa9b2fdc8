package accessfile

import (
	"strings"
	"testing"
)

// FuzzReadPSK reads a psk_file. What is said about it never has a key in it.
func FuzzReadPSK(f *testing.F) {
	for _, seed := range []string{"", "sensor:0123456789abcdef", "# c\na:b:c\n:x\n", "\ufeffx:y\r\n", "no colon"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const key = "f00dfacef00dface"
		lines := strings.Count(text, "\n") + 3
		for _, finding := range ReadPSK(text + "\nlast:" + key + "\n") {
			if finding.Line < 1 || finding.Line > lines || finding.Message == "" {
				t.Errorf("%+v, of %d lines", finding, lines)
			}
			if strings.Contains(finding.Subject+finding.Message, key) {
				t.Errorf("the key is told: %+v", finding)
			}
		}
	})
}
