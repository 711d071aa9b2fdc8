package logtail

import (
	"bytes"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// seekBlock is how near a place is found by time; the rest of the way lines are looked at one by one.
const seekBlock = 64 << 10

// timeAt is the time of the first line that begins behind offset, or at it where it is 0, and where that line begins.
// It reports false when there is none with a time of its own nearby.
func timeAt(s *segment, f format, offset int64) (at time.Time, begins int64, ok bool, err error) {
	buf := make([]byte, seekBlock)
	n, err := s.readAt(buf, offset)
	if err != nil {
		return time.Time{}, 0, false, err
	}
	rest, begins := buf[:n], offset
	next := func() bool {
		i := bytes.IndexByte(rest, '\n')
		rest, begins = rest[i+1:], begins+int64(i)+1
		return i >= 0
	}
	if offset > 0 && !next() {
		return time.Time{}, 0, false, nil
	}
	for {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			return time.Time{}, 0, false, nil
		}
		var line broker.LogLine
		if f.parse(bytes.TrimLeft(rest[:end], "\x00"), time.Time{}, &line) && !line.Time.IsZero() {
			return line.Time, begins, true, nil
		}
		next()
	}
}

// bracket narrows down where in a file lines become later than t: those that begin before low are not, those that
// begin at high or behind it are, as far as the clock went forward. Where lines have no times it is the whole file.
func bracket(s *segment, f format, size int64, t time.Time) (low, high int64, err error) {
	high = size
	if _, _, ok, err := timeAt(s, f, 0); err != nil || !ok {
		return low, high, err
	}
	for high-low > seekBlock {
		middle := low + (high-low)/2
		at, begins, ok, err := timeAt(s, f, middle)
		switch {
		case err != nil:
			return 0, 0, err
		case !ok || begins >= high:
			return low, high, nil // nothing there tells the time: the rest is looked at line by line
		case at.After(t):
			high = begins
		default:
			low = begins
		}
	}
	return low, high, nil
}

// Oldest is the time of the oldest line there is, zero where there is none or it has no time.
func (f *Files) Oldest() (time.Time, error) {
	chain, _, err := f.plain()
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range chain {
		s, err := openSegment(e.path)
		if err != nil {
			continue // it was removed or is not readable
		}
		at, _, ok, err := timeAt(s, f.newFormat(), 0)
		s.close()
		if ok && err == nil {
			return at, nil
		}
	}
	return time.Time{}, nil
}
