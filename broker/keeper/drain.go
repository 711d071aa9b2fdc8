package keeper

import (
	"os"
	"time"
)

// The broker writes each line by itself. To wake up for each costs the keeper several times what it costs the broker
// (BenchmarkDebugLog in package broker), so lines that follow each other closely are read together. The broker must
// not wait for that: it is done only where the pipe is large, and while an eighth of it would do.
const (
	readEvery = 20 * time.Millisecond
	roomyPipe = 1 << 20
	calmBytes = roomyPipe / 8 // printed in readEvery
)

// pace decides how long to leave the pipe alone after a read.
type pace struct {
	last        time.Time // of the read before
	began       time.Time // of the present interval
	now, before int       // bytes in the present interval and in the one before
}

// rest takes the time of a read and its bytes. A line that comes alone is never kept waiting, nor is the one after it.
func (p *pace) rest(t time.Time, n int) time.Duration {
	soon := t.Sub(p.last) < 2*readEvery
	p.last = t
	switch passed := t.Sub(p.began); {
	case passed >= 2*readEvery:
		p.began, p.before, p.now = t, 0, 0
	case passed >= readEvery:
		p.began, p.before, p.now = t, p.now, 0
	}
	p.now += n
	if !soon || max(p.now, p.before) >= calmBytes {
		return 0
	}
	return readEvery
}

// drain hears everything that comes through the pipe.
func (p *process) drain(r *os.File) {
	buf := make([]byte, 64<<10)
	var pace pace
	for {
		n, err := r.Read(buf)
		p.voice.hear(buf[:n])
		if err != nil {
			p.voice.end()
		}
		p.said()
		if err != nil {
			return
		}
		if rest := pace.rest(time.Now(), n); rest > 0 && p.roomy && n < len(buf) {
			<-time.After(rest)
		}
	}
}
