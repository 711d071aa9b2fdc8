package clientlogs

import "bytes"

// suspects are the connected clients whose ids begin like one of the broker's own lines. When the log says
// "Client x disconnected.", a client called "Client" may have unsubscribed from "x disconnected.": nothing in the line
// tells. So lines that begin with such an id are Doubtful. Ordinary ids never are among them, which makes the question
// cheap: most brokers have no suspect at all.
type suspects struct {
	ids   map[string]struct{}
	first [256]int // how many begin with this byte
}

// Watch tells the parser that a client is connected. Ids that could begin a line of the broker's are remembered.
func (p *Parser) Watch(id string) {
	if !beginsLikeBroker(id) {
		return
	}
	s := &p.suspects
	if s.ids == nil {
		s.ids = map[string]struct{}{}
	}
	if _, there := s.ids[id]; !there {
		s.ids[id] = struct{}{}
		s.first[id[0]]++
	}
}

// Unwatch tells the parser that a client is not connected any more.
func (p *Parser) Unwatch(id string) {
	s := &p.suspects
	if len(s.ids) == 0 {
		return
	}
	if _, there := s.ids[id]; there {
		delete(s.ids, id)
		s.first[id[0]]--
	}
}

// begin reports whether the line begins with a suspect's id and a space.
func (s *suspects) begin(text []byte) bool {
	if len(s.ids) == 0 || s.first[text[0]] == 0 {
		return false
	}
	for i := 1; i < len(text)-1; i++ {
		if text[i] == ' ' {
			if _, there := s.ids[string(text[:i])]; there {
				return true
			}
		}
	}
	return false
}

// beginsLikeBroker reports whether the first word of an id is the first word of a line of the broker's.
func beginsLikeBroker(id string) bool {
	word := []byte(id)
	if i := bytes.IndexByte(word, ' '); i >= 0 {
		word = word[:i]
	}
	switch string(word) {
	case "New", "No", "Client", "Connection", "Config", "Connecting", "Bad", "Bridge", "Broker:", "Expiring", "Empty",
		"Outgoing", "Opening", "Received", "Rejected", "Reloading", "Reused", "Sending", "Denied", "Dropped", "Dropping",
		"dynsec:", "mosquitto", "Protocol", "Invalid", "Too", "Will", "Warning:", "ACL", "Unable":
		return true
	}
	return false
}
