package anomaly

import "testing"

// FuzzAlertCursor reads anything. What is taken is written again to the same place of the list.
func FuzzAlertCursor(f *testing.F) {
	for _, seed := range []string{"0.1", "1.9223372036854775807", "2.1", "0.-1", "0.+1", ".", "1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := parseAlertCursor(text)
		if !ok {
			return
		}
		if again, ok := parseAlertCursor(c.String()); !ok || again != c || c.id < 1 {
			t.Errorf("%q is %+v, and read again %+v", text, c, again)
		}
	})
}
