package logtail

import (
	"bytes"
	"time"

	"github.com/bunkerm/bunkerm/broker"
)

// stampFormat reads what mosquitto writes to its own file: `<time stamp>: <text>`, or the text alone.
//
// Whether there are stamps is decided by the first line and changed only after several lines in a row that say
// otherwise, because where there are none a client could choose an id that looks like one.
type stampFormat struct {
	location *time.Location
	style    style
	odd      int // lines in a row that do not fit the style

	last     [48]byte // the stamp of the last line with its colon and space
	lastSize int
	lastTime time.Time
}

type style uint8

const (
	undecided style = iota
	stamped
	bare
)

// oddLines in a row change the style.
const oddLines = 3

func (s *stampFormat) parse(raw []byte, now time.Time, into *broker.LogLine) bool {
	if len(raw) == 0 {
		return false
	}
	at, text, has := s.cut(raw)
	is := bare
	if has {
		is = stamped
	}
	switch {
	case s.style == is:
		s.odd = 0
	case s.style == undecided:
		s.style = is
	default:
		if s.odd++; s.odd >= oddLines {
			s.style, s.odd = is, 0
		}
	}
	switch {
	case s.style == bare:
		at, text = now, raw
	case !has:
		at = now // no line of the broker's: somebody else writes into its file
	}
	*into = broker.LogLine{Time: at, Text: text}
	return true
}

// cut takes the stamp off a line. Lines of the same second have the same one, which is read once.
func (s *stampFormat) cut(raw []byte) (at time.Time, text []byte, ok bool) {
	if s.lastSize > 0 && bytes.HasPrefix(raw, s.last[:s.lastSize]) {
		return s.lastTime, raw[s.lastSize:], true
	}
	at, n := readStamp(raw, s.location)
	if n == 0 || !bytes.HasPrefix(raw[n:], []byte(": ")) {
		return time.Time{}, raw, false
	}
	if n += 2; n <= len(s.last) {
		s.lastSize, s.lastTime = copy(s.last[:], raw[:n]), at
	}
	return at, raw[n:], true
}

// readStamp reads the time at the beginning of a line and returns how long it is, 0 where there is none.
func readStamp(raw []byte, location *time.Location) (time.Time, int) {
	n := 0
	for n < len(raw) && raw[n] >= '0' && raw[n] <= '9' {
		n++
	}
	if n == len("2026") {
		return readDate(raw, location)
	}
	if n < 9 || n > 11 { // epoch seconds of this century and the next ones
		return time.Time{}, 0
	}
	seconds, _ := digits(raw[:n])
	return time.Unix(int64(seconds), 0).UTC(), n
}

// readDate reads 2026-11-23T20:46:11, with a space for the T, a fraction, and Z, +01:00 or +0100.
func readDate(raw []byte, location *time.Location) (time.Time, int) {
	const shape = "0000-00-00T00:00:00"
	if len(raw) < len(shape) || raw[4] != '-' || raw[7] != '-' || raw[10] != 'T' && raw[10] != ' ' || raw[13] != ':' || raw[16] != ':' {
		return time.Time{}, 0
	}
	var part [6]int
	for i, at := range [...][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}} {
		var ok bool
		if part[i], ok = digits(raw[at[0]:at[1]]); !ok {
			return time.Time{}, 0
		}
	}
	if part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 || part[3] > 23 || part[4] > 59 || part[5] > 60 {
		return time.Time{}, 0
	}
	n := len(shape)
	nanos, size := readFraction(raw[n:])
	n += size
	east, size, zoned := readZone(raw[n:])
	n += size
	if zoned {
		location = time.UTC
	}
	at := time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], nanos, location)
	return at.Add(-east).UTC(), n
}

// readFraction reads the fraction of a second in nanoseconds, and how long it is with its dot or comma.
func readFraction(raw []byte) (nanos, size int) {
	if len(raw) == 0 || raw[0] != '.' && raw[0] != ',' {
		return 0, 0
	}
	scale := int(time.Second)
	for size = 1; size < len(raw) && size <= 9 && raw[size] >= '0' && raw[size] <= '9'; size++ {
		scale /= 10
		nanos += int(raw[size]-'0') * scale
	}
	if size == 1 {
		return 0, 0
	}
	return nanos, size
}

// readZone reads how far east of Greenwich a time is, and how long that was written.
func readZone(raw []byte) (east time.Duration, size int, ok bool) {
	if len(raw) == 0 {
		return 0, 0, false
	}
	if raw[0] == 'Z' {
		return 0, 1, true
	}
	if raw[0] != '+' && raw[0] != '-' || len(raw) < len("+0100") {
		return 0, 0, false
	}
	minutesAt := 3
	if raw[3] == ':' {
		minutesAt = 4
	}
	if len(raw) < minutesAt+2 {
		return 0, 0, false
	}
	hours, okHours := digits(raw[1:3])
	minutes, okMinutes := digits(raw[minutesAt : minutesAt+2])
	if !okHours || !okMinutes || hours > 14 || minutes > 59 {
		return 0, 0, false
	}
	east = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if raw[0] == '-' {
		east = -east
	}
	return east, minutesAt + 2, true
}
