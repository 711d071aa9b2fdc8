package clientlogs

import "bytes"

// continuation reads a line that begins with a tab: "\tFILTER (QoS 1)", "\tFILTER (denied)" of 2.1, or the topic of a
// will, or a filter that is given up.
func (r *Record) continuation(text []byte) {
	r.Kind = ContinuationLine
	r.conclude('D')
	r.Topic = text[1:]
	if topic, ok := before(r.Topic, " (denied)"); ok {
		r.Topic, r.DeniedFilter = topic, true
		return
	}
	if body, ok := before(r.Topic, ")"); ok {
		if n := len(body); n > len(" (QoS 0") && hasPrefix(body[n-len(" (QoS 0"):], " (QoS ") && body[n-1] >= '0' && body[n-1] <= '2' {
			r.Topic, r.QoS, r.HasQoS = body[:n-len(" (QoS 0")], body[n-1]-'0', true
			return
		}
	}
	r.TopicCut = len(text) >= cutBytes
}

// Subscription reads a line as one of log_type subscribe, "ID QOS FILTER", or of log_type unsubscribe, "ID FILTER".
// These have no words of the broker's own, so that they can look like anything: the level decides between the two where
// it is known, Known tells where the id ends, and where that leaves two readings the record is Doubtful. Without a
// level, only ids that are connected and lines of three words are read.
func (p *Parser) Subscription(text []byte, level byte, r *Record) {
	*r = Record{Level: level}
	if level != 'U' && p.subscribed(text, level == 0, r) {
		r.conclude('S')
		return
	}
	if level != 'S' && p.unsubscribed(text, level == 0, r) {
		r.conclude('U')
		return
	}
	r.conclude(levelOf(text))
}

// subscribed reads "ID QOS FILTER".
func (p *Parser) subscribed(text []byte, anyLevel bool, r *Record) bool {
	at, places, sure := -1, 0, 0
	for i := 1; i+3 < len(text); i++ {
		if text[i] != ' ' || text[i+2] != ' ' || text[i+1] < '0' || text[i+1] > '2' {
			continue
		}
		places++
		if p.known(text[:i]) {
			sure++
			at = i
		} else if sure == 0 {
			at = i
		}
	}
	if places == 0 || sure == 0 && anyLevel && bytes.Count(text, []byte(" ")) != 2 {
		return false
	}
	r.Kind, r.ClientID, r.GrantedQoS, r.Topic = Subscribed, text[:at], text[at+1]-'0', text[at+3:]
	r.TopicCut = len(text) >= cutBytes
	r.Doubtful = sure != 1 && places > 1 || sure == 0 && anyLevel
	return true
}

// unsubscribed reads "ID FILTER".
func (p *Parser) unsubscribed(text []byte, anyLevel bool, r *Record) bool {
	at, places, sure := -1, 0, 0
	for i := 1; i+1 < len(text); i++ {
		if text[i] != ' ' {
			continue
		}
		places++
		if p.known(text[:i]) {
			sure++
			at = i
		} else if sure == 0 {
			at = i
		}
	}
	if places == 0 || sure == 0 && anyLevel {
		return false
	}
	r.Kind, r.ClientID, r.Topic = Unsubscribed, text[:at], text[at+1:]
	r.TopicCut = len(text) >= cutBytes
	r.Doubtful = sure != 1 && places > 1
	return true
}

// levelOf guesses the level of a line that tells nothing about clients.
func levelOf(text []byte) byte {
	switch {
	case hasPrefix(text, "Error"):
		return 'E'
	case hasPrefix(text, "Warning"):
		return 'W'
	}
	return 'I'
}
