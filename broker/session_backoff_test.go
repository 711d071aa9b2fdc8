package broker

import (
	"testing"
	"time"
)

func TestDelaysGrowAndStopGrowing(t *testing.T) {
	var b Backoff
	total := time.Duration(0)
	previous := time.Duration(0)
	for i := range 40 {
		wait := b.next()
		total += wait
		switch {
		case wait < firstDelay*7/8 || wait > lastDelay*9/8:
			t.Errorf("delay %d is %v", i, wait)
		case i == 4 && total > 800*time.Millisecond:
			t.Errorf("a broker that restarts within a second waits %v for us", total)
		case i > 20 && wait < lastDelay*7/8:
			t.Errorf("delay %d is still %v", i, wait)
		case wait < previous*3/4:
			t.Errorf("delay %d shrinks from %v to %v", i, previous, wait)
		}
		previous = wait
	}
	b.reset()
	if wait := b.next(); wait > firstDelay*9/8 {
		t.Errorf("after a reset the first delay is %v", wait)
	}
}
