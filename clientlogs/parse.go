package clientlogs

// Parser reads lines of a broker's log in both dialects. It remembers which dialect the broker speaks and which of the
// connected clients have ids that look like the beginning of a line of the broker's own; one goroutine uses it.
type Parser struct {
	// Known tells whether a client of this id is connected now; nil where nobody knows. It settles what the text of a
	// line leaves open, because ids, users and topics may contain anything.
	Known func(id []byte) bool
}

// Parse tells what a line says. The level is that of LogLine, 0 where unknown. r is overwritten and shares memory with
// text. It does not allocate.
func (p *Parser) Parse(text []byte, level byte, r *Record) {
	*r = Record{Level: level}
}
