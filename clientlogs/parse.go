package clientlogs

import "bytes"

// cutBytes is the length from which on a line may have been cut. Both versions print into a buffer of 1000 bytes that
// ends with a zero and begins with the time stamp (src/logging.c), which the source of the lines has taken away.
const cutBytes = 950

// mostBytes is the longest line that is read. The broker's have less than 1000; looking for where an id ends in one that
// is far longer would take long.
const mostBytes = 4096

// Parser reads lines of a broker's log in both dialects. It remembers which dialect the broker speaks and which of the
// connected clients have ids that look like the beginning of a line of the broker's own. One goroutine uses it.
//
// The broker escapes nothing, so ids, users and topics may contain anything that can stand in a line. What the broker
// itself printed is anchored at both ends of the line, and of several readings the one with the longest id is taken,
// except where Known tells the id.
type Parser struct {
	// Known tells whether a client of this id is connected now; nil where nobody knows.
	Known func(id []byte) bool

	dialect  dialect
	suspects suspects
}

// dialect is which of two ways of speaking a broker has.
type dialect uint8

const (
	dialectUnknown dialect = iota
	dialect20              // all of 2.0
	dialect21              // 2.1 and later
)

// Parse tells what a line says. The level is that of LogLine, 0 where unknown. r is overwritten and shares memory with
// text, whose bytes it keeps even where they are not UTF-8. Parse allocates nothing.
func (p *Parser) Parse(text []byte, level byte, r *Record) {
	*r = Record{Level: level}
	if len(text) == 0 || len(text) > mostBytes {
		r.conclude('I')
		return
	}
	switch level {
	case 'S', 'U':
		p.Subscription(text, level, r)
		return
	case 0:
		r.Doubtful = p.suspects.begin(text)
	}
	matched := p.broker(text, r)
	switch {
	case level != 0:
		r.conclude('I')
	case !matched || r.Doubtful && r.Kind == NothingKnown:
		p.Subscription(text, 0, r)
	}
}

// broker reads what only the broker's own words begin, and reports false when nothing does.
func (p *Parser) broker(text []byte, r *Record) bool {
	switch text[0] {
	case '\t':
		r.continuation(text)
		return true
	case 'R':
		return p.beginsR(text, r)
	case 'S':
		return p.beginsS(text, r)
	case 'D':
		return p.beginsD(text, r)
	case 'C':
		return p.beginsC(text, r)
	case 'N':
		return p.beginsN(text, r)
	case 'B':
		return p.beginsB(text, r)
	case 'm':
		return p.version(text, r)
	case 'd':
		return p.control(text, "dynsec: ", r)
	}
	return p.rare(text, r)
}

// beginsR reads Received, Rejected, Reloading, Reused.
func (p *Parser) beginsR(text []byte, r *Record) bool {
	if rest, ok := after(text, "Received "); ok {
		if rest, ok := after(rest, "PUBLISH from "); ok {
			return p.publish(rest, PublishReceived, r)
		}
		if id, ok := after(rest, "SUBSCRIBE from "); ok {
			r.Kind, r.ClientID, r.IDCut = Subscribing, id, len(text) >= cutBytes
		} else if id, ok := after(rest, "UNSUBSCRIBE from "); ok {
			r.Kind, r.ClientID, r.IDCut = Unsubscribing, id, len(text) >= cutBytes
		}
		r.conclude('D')
		return r.Kind != NothingKnown || capital(rest)
	}
	if rest, ok := after(text, "Rejected PUBLISH "); ok {
		return p.overQuota(rest, r)
	}
	if string(text) == "Reloading config." {
		r.Kind = BrokerReloading
		r.conclude('I')
		return true
	}
	if hasPrefix(text, "Reused message ID ") {
		r.conclude('W')
		return true
	}
	return false
}

// beginsS reads Sending.
func (p *Parser) beginsS(text []byte, r *Record) bool {
	rest, ok := after(text, "Sending ")
	if !ok {
		return false
	}
	if rest, ok := after(rest, "PUBLISH to "); ok {
		return p.publish(rest, PublishSent, r)
	}
	if rest, ok := after(rest, "CONNACK to "); ok {
		return p.connack(rest, r)
	}
	r.conclude('D')
	return capital(rest)
}

// noWill follows the line of a connect, unless WillSpecified does.
const noWill = "No will message specified."

// beginsN reads New and No.
func (p *Parser) beginsN(text []byte, r *Record) bool {
	if rest, ok := after(text, "New client connected from "); ok {
		return p.connected(rest, r)
	}
	if rest, ok := after(text, "New connection from "); ok {
		return r.newConnection(rest)
	}
	if rest, ok := after(text, "New bridge connected from "); ok {
		r.Bridge = true
		return p.connected(rest, r)
	}
	if string(text) == noWill {
		r.conclude('D')
		return true
	}
	return false
}

// conclude sets the level that a line of this form has, where the source does not tell it.
func (r *Record) conclude(level byte) {
	if r.Level == 0 {
		r.Level = level
	}
}

// capital reports whether the text begins with a packet's name, which is written in capitals.
func capital(text []byte) bool {
	return len(text) > 2 && 'A' <= text[0] && text[0] <= 'Z' && 'A' <= text[1] && text[1] <= 'Z'
}

// after returns what stands behind a beginning.
func after(text []byte, beginning string) ([]byte, bool) {
	if !hasPrefix(text, beginning) {
		return nil, false
	}
	return text[len(beginning):], true
}

// before returns what stands in front of an ending.
func before(text []byte, ending string) ([]byte, bool) {
	if len(text) < len(ending) || string(text[len(text)-len(ending):]) != ending {
		return nil, false
	}
	return text[:len(text)-len(ending)], true
}

func hasPrefix(text []byte, beginning string) bool {
	return len(text) >= len(beginning) && string(text[:len(beginning)]) == beginning
}

// known asks Known, and says no where nobody knows.
func (p *Parser) known(id []byte) bool { return p.Known != nil && p.Known(id) }

// address splits host:port at the last colon, as IPv6 addresses stand without brackets. A unix socket has port 0.
func address(text []byte) (host []byte, port int, ok bool) {
	i := bytes.LastIndexByte(text, ':')
	if i <= 0 {
		return nil, 0, false
	}
	port, ok = number(text[i+1:])
	return plain(text[:i]), port, ok && port <= 65535
}

// mappedPrefix makes an address of IPv6 of one of IPv4 (RFC 4291, 2.5.5.2). 2.0's websockets print all of them so.
const mappedPrefix = "::ffff:"

// plain is an address as everybody else writes it: a client that comes over websockets and without would have two.
func plain(host []byte) []byte {
	if v4, mapped := after(host, mappedPrefix); mapped && bytes.Count(v4, []byte(".")) == 3 && bytes.IndexByte(v4, ':') < 0 {
		return v4
	}
	return host
}

// number reads a decimal of at most eighteen digits that fills the whole text.
func number(text []byte) (int, bool) {
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// leadingNumber reads the digits at the beginning and returns what follows.
func leadingNumber(text []byte) (n int, rest []byte, ok bool) {
	i := 0
	for i < len(text) && i < 18 && text[i] >= '0' && text[i] <= '9' {
		n = n*10 + int(text[i]-'0')
		i++
	}
	return n, text[i:], i > 0
}
