package observe

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestOnlyAFloodIsHeldUp plays reads that bring so many bytes each, with so much time between them, and adds up the
// pauses.
func TestOnlyAFloodIsHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pacer
		pauses := func(reads, bytes int, between time.Duration) (n int) {
			for range reads {
				time.Sleep(between) //nolint:forbidigo // the bubble's clock
				began := time.Now()
				p.wait(bytes)
				if time.Since(began) > 0 {
					n++
				}
			}
			return n
		}
		for _, step := range []struct {
			what         string
			reads, bytes int
			between      time.Duration
			least, most  int
		}{
			{"a message now and then", 1000, 40, 10 * time.Millisecond, 0, 0},
			{"three thousand a second", 1000, 40, 300 * time.Microsecond, 0, 0},
			{"a flood", 1000, 4000, 10 * time.Microsecond, 980, 1000},
			{"three thousand a second after it", 1000, 40, 300 * time.Microsecond, 0, 1},
			{"large messages", 1000, 100_000, 10 * time.Microsecond, 0, 0},
			{"single ones at forty thousand a second", 1000, 40, 25 * time.Microsecond, 50, 100},
		} {
			if n := pauses(step.reads, step.bytes, step.between); n < step.least || n > step.most {
				t.Errorf("%s: %d pauses", step.what, n)
			}
		}
		p = pacer{off: true}
		if n := pauses(1000, 4000, 0); n != 0 {
			t.Errorf("where there are none there are %d pauses", n)
		}
	})
}
