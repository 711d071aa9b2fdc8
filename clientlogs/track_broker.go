package clientlogs

import (
	"bytes"
	"time"
)

// keeperSays reads a line of the keeper's own, which nobody else can write.
func (t *Tracker) keeperSays(text []byte) {
	switch {
	case hasPrefix(text, "the broker was started as process "):
		t.managed = true
		t.brokerStarted()
	case hasPrefix(text, "the broker's process ") && bytes.Contains(text, []byte(" has ended: ")):
		t.managed = true
		t.brokerEnded()
	case bytes.Contains(text, []byte(" lines of the broker's log are missing here: ")):
		t.gap(string(text))
	}
}

// brokerSays reads the broker's own words about its start and its end, where there is no keeper who knows better.
func (t *Tracker) brokerSays(r *Record) {
	if t.managed {
		return
	}
	if r.Kind == BrokerStarting {
		t.brokerStarted()
	} else {
		t.brokerEnded()
	}
}

// brokerStarted begins anew: nobody is connected, and everything that follows will be seen.
func (t *Tracker) brokerStarted() {
	t.brokerEnded()
	t.whole = true
	t.debug, t.granted = false, false
	// Whether the broker has kept the persistent sessions, and all of them, depends on how it ended.
	for e := t.clients.away.oldest; e != nil; e = e.newer {
		t.clients.filters += e.value.filters.forget()
		t.touch(e.value)
	}
}

// brokerEnded ends every session.
func (t *Tracker) brokerEnded() {
	t.asking.kind, t.refused = NothingKnown, refusedLogin{}
	t.arrivals.forget()
	if t.clients.live == 0 {
		return
	}
	for _, c := range t.clients.inOrder(func(c *client) bool { return c.live }) {
		t.end(c, BrokerStopped, Certain)
	}
}

// Gap says that lines are missing before the next one, and why: every session becomes Unsure, and a Recording event
// tells of it.
func (t *Tracker) Gap(text string, at time.Time) {
	t.mu.Lock()
	t.at(at)
	t.gap(text)
	t.mu.Unlock()
	t.deliver()
}

func (t *Tracker) gap(text string) {
	t.unsure()
	t.emit(Event{Time: t.now, Kind: Recording, Reason: RecordingGap, Topic: printable([]byte(text)), Count: 1})
}

// unsure marks every session: it may have ended, and another of the same id may have begun.
func (t *Tracker) unsure() {
	t.whole, t.debug = false, false
	t.asking.kind, t.refused = NothingKnown, refusedLogin{}
	t.arrivals.forget()
	for _, c := range t.clients.byKey {
		if !c.live && !c.away || c.session.Unsure == c.live && !c.filters.known && !c.maybe.known {
			continue
		}
		t.clients.filters += c.filters.forget()
		c.maybe = filters{}
		c.session.Subscriptions = -1
		c.session.Unsure = c.live
		t.touch(c)
	}
}

// unsureEvery is how often somebody who makes up the broker's end can make us look at every session.
const unsureEvery = time.Second

// mayHaveEnded is for a line about the broker that a suspect may have made up.
func (t *Tracker) mayHaveEnded() {
	if passed := t.now.Sub(t.doubtedEnd); t.managed || passed >= 0 && passed < unsureEvery {
		return
	}
	t.doubtedEnd = t.now
	t.unsure()
}

// Confirm asks about every Unsure session whether its client is still connected. One that is, is sure again; one that
// is not has ended, nobody knows how and exactly when.
func (t *Tracker) Confirm(live func(Session) (alive, known bool), at time.Time) {
	t.mu.Lock()
	t.at(at)
	for _, c := range t.clients.inOrder(func(c *client) bool { return c.live && c.session.Unsure }) {
		alive, known := live(c.session)
		switch {
		case known && alive:
			c.session.Unsure, c.told = false, false
			t.touch(c)
		case known:
			t.end(c, UnknownReason, Paired)
		}
	}
	t.mu.Unlock()
	t.deliver()
}
