package clientlogs

// held is what a Tracker has read and not made events of yet: publishes and events beyond a quota that are being
// counted together. It is stored with the place in the log, so that nothing of it is lost or counted twice when we are
// killed.
type held struct {
	Counting []Event `json:"counting,omitempty"`
	Folds    []Event `json:"folds,omitempty"`
	// Memory is where t stands between two lines.
	Memory Memory `json:"memory"`
}

// hold returns what t holds.
func (t *Tracker) hold() held {
	all, memory := t.Held(), t.Remember()
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.counting.order.n // Held begins with them, and only our goroutine changes them
	return held{Counting: all[:n], Folds: all[n:], Memory: memory}
}

// holding is how many events t holds.
func (t *Tracker) holding() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counting.order.n + t.folds.order.n
}

// resume has t go on counting where it was. To emit the events at once would count as well, but then the events behind
// them would not get the ids again that they had before, and whoever has seen those would get them twice or never.
func (t *Tracker) resume(h held) {
	t.Recall(h.Memory)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range h.Counting {
		c := t.clients.obtain([]byte(e.ClientID), e.Time)
		key := countingKey{c, e.Topic}
		a := t.counting.order.push(aggregate{key: key, event: e, place: len(c.counting)})
		t.counting.byKey[key] = a
		c.counting = append(c.counting, a)
	}
	for _, e := range h.Folds {
		key := foldKey{client: e.ClientID, kind: e.Kind, reason: e.Reason}
		if e.ClientID == "" {
			key.address = e.Address
		}
		t.folds.add(key, e)
	}
}
