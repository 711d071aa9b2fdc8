package app

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bunkerm/bunkerm/anomaly"
	"github.com/bunkerm/bunkerm/anomaly/incident"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/clientlogs"
)

// quietAfterTakeover is how long our connections have to last before a takeover is over.
const quietAfterTakeover = 10 * time.Minute

// sameMoment is how far what the connection and what the log says of one thing may be apart.
const sameMoment = 10 * time.Second

// takeovers knows when somebody else went on with the client id of a connection of ours. Its ids cannot be guessed, so
// whoever does that has read them. The broker's log says so; mosquitto 2.1 tells the connection, too.
type takeovers struct {
	mu          sync.Mutex
	first, last time.Time // first: since it was quiet before
	id          string    // that was taken; empty where only the connection knows
	stranger    string    // who connected with an id of ours, in words
	connected   time.Time // when
}

// session hears from our control session.
func (t *takeovers) session(e broker.Event) {
	if e.TakenOver {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.note(time.Now())
	}
}

// event hears from the log: that an id of ours was taken, and then who connected with it.
func (t *takeovers) event(e *clientlogs.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case e.Kind == clientlogs.Takeover && isOurs(e):
		t.note(e.Time)
		t.id = e.ClientID
	case e.Kind == clientlogs.Connect && (e.ClientID == t.id || looksLikeOurs(e.ClientID) && !e.Own):
		t.stranger, t.connected = whoTook(e), e.Time
	}
}

// isOurs also tells a connection of ours that is older than what is known of the log, so that its account is not known.
func isOurs(e *clientlogs.Event) bool {
	return e.Own || !e.HasUser && looksLikeOurs(e.ClientID)
}

func looksLikeOurs(clientID string) bool {
	return strings.HasPrefix(clientID, "bunkerm-") && len(clientID) >= shortestOwnID
}

// shortestOwnID is how long our client ids are at least: a word and 128 random bits.
const shortestOwnID = 40

func (t *takeovers) note(at time.Time) {
	if at.Sub(t.last) > quietAfterTakeover {
		t.first = at
	}
	t.last = at
}

func whoTook(e *clientlogs.Event) string {
	who := "a client without an account"
	if e.HasUser {
		who = "the account " + strconv.QuoteToGraphic(e.Username)
	}
	if e.Address != "" {
		who += " from " + e.Address
	}
	return who
}

// condition tells that somebody else has used a client id of ours, until our session has lasted again.
func (t *takeovers) condition(now time.Time, session broker.Status) anomaly.Condition {
	c := anomaly.Condition{Key: "taken_over", Kind: "taken_over", Severity: incident.High}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last.IsZero() || session.State == broker.StateConnected && now.Sub(latest(t.last, session.Since)) >= quietAfterTakeover {
		return c
	}
	c.Wrong, c.Since, c.Title = true, t.first, "Somebody took BunkerM's connection to the broker over"
	by := "another client"
	if t.connected.Sub(t.last).Abs() < sameMoment {
		by = t.stranger
	}
	c.Text = fmt.Sprintf("%s connected with the client id of a connection of BunkerM's, and the broker ended that one. BunkerM connects again "+
		"with another id, and sees nothing in between. The ids cannot be guessed: somebody reads the broker's log. The events say which client "+
		"it was. Change the password of its account, and see who may subscribe to $SYS/broker/log.", upper(by))
	return c
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
