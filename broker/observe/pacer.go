package observe

import "time"

// pacer lets more come where much is coming in small pieces. Whoever always waits in the read makes the broker wake a
// thread with every packet that it writes, which costs both of them more than the packet does; and the broker, which is
// one thread, is what limits a flood. A message that comes alone is not held up: it has been handed on before the pause.
//
// Over a unix socket there is no pause: Linux lets no more than some 270 small messages wait in one, so the broker would
// stand still or drop messages meanwhile.
type pacer struct {
	off    bool
	window time.Time // when the reads that are counted began
	reads  int
}

// The pause, and how many reads there may be in that time before the next one waits so long.
const (
	pause    = time.Millisecond
	busyFrom = 4
)

// wait is called before each read. full tells that the last one brought all that there was room for.
func (p *pacer) wait(full bool) {
	if p.off || full {
		return
	}
	now := time.Now()
	if now.Sub(p.window) > pause {
		p.window, p.reads = now, 0
	}
	if p.reads++; p.reads > busyFrom {
		time.Sleep(pause) //nolint:forbidigo // it waits for no condition
		p.window, p.reads = time.Now(), busyFrom
	}
}
