package keeper

import (
	"testing"
	"time"
)

// printing plays a broker that prints a piece of so many bytes every so often, and a keeper that reads at its pace for
// ten seconds. It returns how often it read, how much lay in the pipe at most, and how long a piece lay there at most.
func printing(piece int, every time.Duration) (reads, most int, longest time.Duration) {
	var p pace
	begin := time.Unix(1_700_000_000, 0)
	now, printed, read := begin, 0, 0
	for now.Sub(begin) < 10*time.Second {
		due := int(now.Sub(begin)/every) + 1
		if due == printed && read == printed*piece { // the read waits for the next piece
			now = begin.Add(time.Duration(printed) * every)
			due++
		}
		oldest := begin.Add(time.Duration(read/piece) * every)
		printed = due
		most, longest = max(most, printed*piece-read), max(longest, now.Sub(oldest))
		n := min(64<<10, printed*piece-read)
		read, reads = read+n, reads+1
		now = now.Add(20 * time.Microsecond) // what reading takes
		if rest := p.rest(now, n); n < 64<<10 {
			now = now.Add(rest)
		}
	}
	return reads, most, longest
}

func TestPace(t *testing.T) {
	for name, c := range map[string]struct {
		piece       int
		every       time.Duration
		least, most int // reads in ten seconds
		longest     time.Duration
	}{
		"lines that come alone":   {100, time.Second, 10, 11, 0},
		"a few messages a second": {300, 100 * time.Millisecond, 100, 101, 0},
		"many small messages":     {300, time.Millisecond, 450, 520, 25 * time.Millisecond},
		"ten thousand a second":   {300, 100 * time.Microsecond, 450, 520, 25 * time.Millisecond},
		"a flood":                 {300, 10 * time.Microsecond, 10_000, 1_000_000, 25 * time.Millisecond},
		"a flood of long lines":   {3000, 25 * time.Microsecond, 10_000, 1_000_000, 25 * time.Millisecond},
	} {
		reads, most, longest := printing(c.piece, c.every)
		if reads < c.least || reads > c.most || longest > c.longest {
			t.Errorf("%s: %d reads, a line waits for up to %v", name, reads, longest)
		}
		if name == "a flood" && most > roomyPipe {
			t.Errorf("%s: %d bytes would be in the pipe", name, most)
		}
	}
}
