package clientlogs

// SessionChange is one thing to save.
type SessionChange struct {
	Removed bool // forget what was saved under this key
	Saved   SavedSession
}

// SavedSession is a session as Restore wants it back.
type SavedSession struct {
	Key       []byte // names it: the client id byte for byte as the log has it
	Connected bool   // false for a persistent session whose client is away
	Session   Session
	Filters   []byte // the subscriptions in a compact form; nil where they are unknown
}

// saved is what a client's session is saved as.
func saved(c *client) SavedSession {
	return SavedSession{Key: []byte(c.key), Connected: c.live, Session: c.session, Filters: c.filters.compact()}
}

// touch notes that a session has changed in something that can wait for the next Settle.
func (t *Tracker) touch(c *client) {
	if !c.dirty && (c.live || c.away) {
		c.dirty = true
		t.dirty = append(t.dirty, c)
	}
}

// Settle reports every session that has changed since the last call. Call it before each transaction that saves the
// place in the log.
func (t *Tracker) Settle() {
	t.mu.Lock()
	for i, c := range t.dirty {
		if c.dirty = false; c.live || c.away {
			t.change(SessionChange{Saved: saved(c)})
		}
		t.dirty[i] = nil
	}
	t.dirty = t.dirty[:0]
	t.mu.Unlock()
	t.deliver()
}

// Held returns the events that have been read and not been emitted yet, because more of the same may follow. Save them
// with the place in the log, and emit them as they are when the program was killed before they were.
func (t *Tracker) Held() []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	held := make([]Event, 0, t.counting.order.n+t.folds.order.n)
	for e := t.counting.order.oldest; e != nil; e = e.newer {
		held = append(held, e.value.event)
	}
	for e := t.folds.order.oldest; e != nil; e = e.newer {
		held = append(held, e.value)
	}
	return held
}

// Restore brings back what was saved, before the first Line, which must be the one behind the place in the log that was
// saved with it. Where that place cannot be found again, call Gap next.
func (t *Tracker) Restore(saved []SavedSession) {
	t.mu.Lock()
	for _, s := range saved {
		now := s.Session.ConnectedAt
		c := t.clients.obtain(s.Key, now)
		c.session, c.filters = s.Session, filtersOf(s.Filters)
		c.session.ClientID = printable(s.Key)
		c.session.Subscriptions = c.filters.count()
		if !t.clients.connect(c, len(s.Session.Username)+len(s.Session.Address)) {
			continue
		}
		t.clients.filters += len(c.filters.hashes)
		t.parser.Watch(c.key)
		if s.Session.TLS != "" {
			t.tls[s.Session.ListenerPort] = true
		}
		if !s.Connected {
			t.parser.Unwatch(c.key)
			t.clients.disconnect(c, true, now)
		}
	}
	t.changes = t.changes[:0] // nothing of this is news
	t.mu.Unlock()
}
