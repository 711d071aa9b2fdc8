package clientlogs

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// client is what is known of one client id.
type client struct {
	key     string // the id byte for byte as the log has it
	idCut   bool   // the log cut it, so that several clients may share the key
	session Session
	live    bool
	away    bool // not connected, but the broker keeps its session
	gone    bool // not remembered any more
	told    bool // a line that may be somebody else's said that it left, and an event has passed that on

	filters filters
	maybe   filters // what a session of version 5 has if the broker has kept it, until CONNACK says so

	counting  []*queued[aggregate] // its publishes that are being counted
	events    bucket
	publish   bucket
	source    *source
	echoUntil time.Time // until when a word about its old session may come; see isEcho
	dirty     bool      // changed since the last Settle

	leftAt time.Time
	rest   *queued[*client] // its place among those that are not connected
	text   int64            // bytes of its texts
}

// clients are all that are remembered: those that are connected, persistent sessions that are away, and others that
// were there a moment ago, whose quota must not begin anew with every connection.
type clients struct {
	limits  Limits
	byKey   map[string]*client
	live    int
	filters int
	text    int64
	away    queue[*client]
	passing queue[*client]
	cut     map[string]*client // connected with an id that the log cut

	evicted int64
	removed func(*client) // called when a persistent session is forgotten
}

// connected returns a connected client.
func (s *clients) connected(id []byte) *client {
	if c := s.byKey[string(id)]; c != nil && c.live {
		return c
	}
	return nil
}

// obtain returns the client of this id, making one that is not connected where there is none.
func (s *clients) obtain(id []byte, now time.Time) *client {
	if c := s.byKey[string(id)]; c != nil {
		return c
	}
	c := &client{key: string(id), leftAt: now}
	c.session.ClientID = printable(id)
	c.session.Subscriptions = -1
	c.text = int64(len(c.key))
	s.text += c.text
	s.byKey[c.key] = c
	c.rest = s.passing.push(c)
	s.bound(c)
	return c
}

// connect moves a client to those that are connected. It reports false when there are too many: then the client is
// not remembered at all.
func (s *clients) connect(c *client, texts int) bool {
	if c.gone {
		return false
	}
	s.unrest(c)
	s.text += int64(len(c.key)+texts) - c.text
	c.text = int64(len(c.key) + texts)
	s.bound(c)
	if s.live >= s.limits.Clients || s.text > s.limits.TextBytes {
		s.evicted++
		s.forget(c)
		return false
	}
	c.live = true
	s.live++
	if c.idCut {
		s.cut[c.key] = c
	}
	return true
}

// disconnect moves a client to those that are not connected.
func (s *clients) disconnect(c *client, persistent bool, now time.Time) {
	if !c.live {
		return
	}
	c.live, c.leftAt = false, now
	s.live--
	if c.idCut {
		delete(s.cut, c.key)
	}
	if c.away = persistent; persistent {
		c.rest = s.away.push(c)
	} else {
		s.filters += c.filters.forget()
		c.rest = s.passing.push(c)
	}
	s.bound(nil)
}

// unrest takes a client out of the queue of those that are not connected.
func (s *clients) unrest(c *client) {
	if c.rest == nil {
		return
	}
	if c.away {
		s.away.remove(c.rest)
	} else {
		s.passing.remove(c.rest)
	}
	c.rest, c.away = nil, false
}

// bound forgets those that have been gone the longest, but not the one that is just coming.
func (s *clients) bound(coming *client) {
	for s.passing.n > s.limits.Passing || s.text > s.limits.TextBytes {
		oldest := s.passing.oldest
		if oldest != nil && oldest.value == coming {
			oldest = oldest.newer
		}
		if oldest == nil {
			break
		}
		s.evicted++
		s.forget(oldest.value)
	}
	for s.away.n > s.limits.Away || s.text > s.limits.TextBytes && s.away.n > 0 {
		s.evicted++
		s.forget(s.away.oldest.value)
	}
}

// forget removes a client that is not connected.
func (s *clients) forget(c *client) {
	away := c.away
	s.unrest(c)
	c.gone = true
	s.filters += c.filters.forget()
	s.text -= c.text
	delete(s.byKey, c.key)
	if away {
		s.removed(c)
	}
}

// subscribe counts a filter in, within the bound of all clients together.
func (s *clients) subscribe(c *client, topic []byte) {
	limit := s.limits.Filters
	if s.filters >= 40*limit {
		limit = 0
	}
	before := c.filters.known
	s.filters += c.filters.add(topic, limit)
	if before && !c.filters.known {
		s.evicted++
	}
	c.session.Subscriptions = c.filters.count()
}

// inOrder returns clients in the order in which they connected, so that the same lines give the same events every time
// they are read.
func (s *clients) inOrder(which func(*client) bool) []*client {
	var some []*client
	for _, c := range s.byKey {
		if which(c) {
			some = append(some, c)
		}
	}
	slices.SortFunc(some, func(a, b *client) int {
		return cmp.Or(a.session.ConnectedAt.Compare(b.session.ConnectedAt), strings.Compare(a.key, b.key))
	})
	return some
}

// printable is a text of the log for people and programs: what is not UTF-8, such as a character that the broker cut in
// the middle or a name in Latin-1, is replaced by U+FFFD.
func printable(text []byte) string {
	if utf8.Valid(text) {
		return string(text)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

// same is printable without a new string where the text is the one we had.
func same(had string, text []byte) string {
	if had == string(text) {
		return had
	}
	return printable(text)
}
