package logtail

import (
	"strconv"
	"strings"
	"time"
)

// positionVersion is the first field of a position. A position of another version cannot be found.
const positionVersion = "1"

// position is a place in a log, between two lines.
type position struct {
	id     fileID
	offset int64
	mark   uint64    // window.mark there
	last   time.Time // of the line before it, in milliseconds
	inside bool      // in the middle of a line that was cut: what follows up to its end is not a line
}

// String is what LogBatch.Position says: six numbers and a flag, well below 100 bytes, of letters, digits and "-".
func (p position) String() string {
	flag := "-0"
	if p.inside {
		flag = "-1"
	}
	b := make([]byte, 0, 96)
	b = append(b, positionVersion...)
	for _, n := range [...]uint64{p.id.dev, p.id.ino, uint64(p.offset), p.mark, uint64(p.last.UnixMilli())} {
		b = append(b, '-')
		b = strconv.AppendUint(b, n, 36)
	}
	return string(append(b, flag...))
}

// parsePosition reads what String wrote.
func parsePosition(text string) (position, bool) {
	fields := strings.Split(text, "-")
	if len(fields) != 7 || fields[0] != positionVersion {
		return position{}, false
	}
	var n [6]uint64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseUint(fields[i+1], 36, 64); err != nil {
			return position{}, false
		}
	}
	p := position{
		id: fileID{n[0], n[1]}, offset: int64(n[2]), mark: n[3],
		last: time.UnixMilli(int64(n[4])).UTC(), inside: n[5] == 1,
	}
	return p, p.offset >= 0 && n[5] <= 1
}
