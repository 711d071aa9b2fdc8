package keeper

import (
	"bytes"
	"time"
)

// The names of the files in LogDir. Older broker logs have .1, .2, … appended.
const (
	BrokerLogName = "broker.log"
	keeperLogName = "keeper.log"
)

// stampFormat is the time before each line: always UTC, always 24 bytes.
const stampFormat = "2006-01-02T15:04:05.000Z07:00"

const stampBytes = len("2006-01-02T15:04:05.000Z")

// What stands between the time and the text of a line.
const (
	markBroker = ' '
	markKeeper = '!'
)

// Line is one line of a broker log file.
type Line struct {
	Time time.Time // when the keeper read it from the broker, UTC, in milliseconds
	Own  bool      // the keeper's own line about the broker's process or about lost lines
	Text []byte    // the broker's line byte for byte, or the keeper's sentence; shares memory with what was parsed
}

// ParseLine reads one line of a broker log file, without its newline. It reports false for a line that no keeper
// wrote as a whole, such as one that a full disk has cut.
func ParseLine(line []byte) (Line, bool) {
	if len(line) <= stampBytes {
		return Line{}, false
	}
	t, err := time.Parse(stampFormat, string(line[:stampBytes]))
	if err != nil {
		return Line{}, false
	}
	mark, text := line[stampBytes], line[stampBytes+1:]
	switch mark {
	case markBroker:
		return Line{Time: t, Text: text}, true
	case markKeeper:
		return Line{Time: t, Own: true, Text: bytes.TrimLeft(text, " ")}, true
	}
	return Line{}, false
}

// appendLine writes one line in the format that ParseLine reads.
func appendLine(dst []byte, t time.Time, mark byte, text []byte) []byte {
	dst = t.UTC().AppendFormat(dst, stampFormat)
	dst = append(dst, mark)
	if mark == markKeeper {
		dst = append(dst, ' ')
	}
	dst = append(dst, text...)
	return append(dst, '\n')
}
