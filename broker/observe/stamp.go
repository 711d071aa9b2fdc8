package observe

import "bytes"

// stamps takes the time stamps off the lines of one connection.
//
// A published line is `<stamp>: <text>`, or the text alone where the configuration says log_timestamp false; the stamp
// is the epoch in seconds, or what log_timestamp_format makes of the time (both versions). Which of them it is must not
// be told by a line that a client can shape: the text of a subscription begins with the client's id, which may look like
// a stamp. The lines of the other types begin with words of the broker's own, so they can tell. Best of all are the
// lines about our own subscriptions: what stands before our id, which nobody can guess, is the stamp, whatever its
// format.
type stamps struct {
	own     []byte // our client id
	learned bool   // by a line about ourselves; the first one, because later ones may be by somebody who has seen our id
	known   bool   // by any line
	plain   bool   // the stamps are of the kind that looksStamped recognises
	colons  int    // how many times ": " stands in what is to be taken off; 0 is no stamp
}

// separator stands between stamp and text.
const separator = ": "

// cut returns the text of a line of the given level.
func (s *stamps) cut(line []byte, level byte) []byte {
	stamped := looksStamped(line)
	byClient := level == 'S' || level == 'U'
	switch {
	case byClient && !s.learned && len(s.own) > 0:
		if before, _, found := bytes.Cut(line, s.own); found {
			s.learned, s.known, s.plain = true, true, stamped
			s.colons = bytes.Count(before, []byte(separator))
		}
	case byClient:
	case stamped:
		s.known, s.plain, s.colons = true, true, 1
	case !s.known || s.plain: // also when the configuration was changed meanwhile
		s.known, s.plain, s.colons = true, false, 0
	}
	n := s.colons
	if !s.known && stamped {
		n = 1 // one of the first lines of a connection, about somebody else
	}
	text := line
	for range n {
		_, rest, found := bytes.Cut(text, []byte(separator))
		if !found {
			return line
		}
		text = rest
	}
	return text
}

// looksStamped recognises the stamps that can be told from words: nine to eleven digits, and dates that begin with the
// year, as in 2026-11-23T20:46:11.
func looksStamped(line []byte) bool {
	stamp, _, found := bytes.Cut(line, []byte(separator))
	digits := 0
	for digits < len(stamp) && stamp[digits] >= '0' && stamp[digits] <= '9' {
		digits++
	}
	switch {
	case !found:
		return false
	case digits == len(stamp):
		return digits >= 9 && digits <= 11
	default:
		return digits == 4 && len(stamp) >= len("2026-11-23") && stamp[4] == '-' && stamp[7] == '-'
	}
}
