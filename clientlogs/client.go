package clientlogs

import (
	"context"
	"fmt"
	"time"

	"github.com/bunkerm/bunkerm/fault"
	"github.com/bunkerm/bunkerm/store"
)

// Client is what is known of a client as a whole: the head of its timeline.
type Client struct {
	ClientID  string
	FirstSeen time.Time // zero where it is not known any more
	LastSeen  time.Time
	Session   *Session // the present one; nil where there is none, or Known is false
	Known     bool     // whether the client is connected is known
	Sessions  int64    // that ever began
	// Reconnects is how many sessions began within the last hour.
	Reconnects int64
	Addresses  []Seen // from which it came, the last used first, at most 10
	Usernames  []Seen // that it named, the last used first, at most 10
	Refusal    *Refusal
}

// Seen is a text and when it was seen last.
type Seen struct {
	Text string
	At   time.Time
}

// Refusal is the last time when a client was not let in.
type Refusal struct {
	Time    time.Time
	Reason  string
	Address string
}

// mostReconnects is how many of a client's newest events are looked at for its reconnects. Its quota is far below.
const mostReconnects = 5000

const countReconnects = `SELECT coalesce(sum(count), 0) FROM
	(SELECT kind, time, count FROM events WHERE broker = $1 AND client = $2 ORDER BY id DESC LIMIT $3) newest
	WHERE kind = $4 AND time > $5`

// lastPublish and its likes find when a client's first and last stored events were.
const (
	lastPublish = `SELECT coalesce(max(time), 0) FROM
		(SELECT time FROM publishes WHERE broker = $1 AND client = $2 ORDER BY id DESC LIMIT 1) newest`
	firstEvent = `SELECT coalesce(min(time), 0) FROM
		(SELECT time FROM events WHERE broker = $1 AND client = $2 ORDER BY id LIMIT 1) oldest`
	firstPublish = `SELECT coalesce(min(time), 0) FROM
		(SELECT time FROM publishes WHERE broker = $1 AND client = $2 ORDER BY id LIMIT 1) oldest`
	getStored = `SELECT coalesce(max(last_id), 0) FROM event_positions WHERE broker = $1`
)

// Client returns what is known of a client. The error is a fault of kind NotFound when it was never seen, or so long ago
// that nothing is kept of it.
func (s *Service) Client(ctx context.Context, clientID string) (Client, error) {
	c := Client{ClientID: clientID}
	seen := false
	waiting := s.waiting() // before the database is read
	err := s.db.Read(ctx, func(ctx context.Context, q store.Queries) error {
		var err error
		seen, err = s.readClient(ctx, q, &c, waiting)
		return err
	})
	if err != nil {
		return Client{}, err
	}
	c.Known = s.known()
	if session, ok := s.tracker.Session(clientID); ok {
		seen = true
		c.Session = &session
		c.Known = c.Known && !session.Unsure
	}
	if !seen {
		return Client{}, fault.New(fault.NotFound, "no client of this id has been seen").
			Hint("GET /clientlogs lists the events of all clients; events are kept for a limited time")
	}
	return c, nil
}

// readClient fills in what the database and the events that wait for it tell. It reports false where that is nothing.
func (s *Service) readClient(ctx context.Context, q store.Queries, c *Client, w waiting) (bool, error) {
	d, known, err := s.readStored(ctx, q, c)
	if err != nil {
		return false, err
	}
	var stored int64 // some that waited may be stored by now, and must not be counted twice
	if err := q.QueryRow(ctx, getStored, s.db.Broker()).Scan(&stored); err != nil {
		return false, fmt.Errorf("reading how far events are stored: %w", err)
	}
	hourAgo := s.o.Clock().Add(-time.Hour)
	for _, e := range w.of(c.ClientID, stored) {
		ms := e.Time.UnixMilli()
		if !known {
			d, known = device{firstSeen: ms, lastSeen: ms}, true
		}
		d.note(e, ms)
		if e.Kind == Connect && e.Time.After(hourAgo) {
			c.Reconnects += int64(e.Count)
		}
	}
	if !known {
		return false, nil
	}
	c.FirstSeen, c.LastSeen = timeOf(d.firstSeen), timeOf(d.lastSeen)
	c.Sessions = d.sessions
	c.Addresses, c.Usernames = seenOf(d.addresses), seenOf(d.usernames)
	if r := d.refusal; r.at != 0 {
		c.Refusal = &Refusal{Time: timeOf(r.at), Reason: r.reason, Address: r.address}
	}
	return true, nil
}

// readStored reads what the database knows of a client, and counts its reconnects.
func (s *Service) readStored(ctx context.Context, q store.Queries, c *Client) (d device, known bool, err error) {
	broker := s.db.Broker()
	id, err := wordOf(ctx, q, broker, c.ClientID)
	if err != nil || id == 0 {
		return device{}, false, err
	}
	if d, known, err = readDevice(ctx, q, broker, id); err != nil {
		return device{}, false, err
	}
	var published, first, firstPublished int64
	hourAgo := s.o.Clock().Add(-time.Hour).UnixMilli()
	for _, one := range []struct {
		query string
		args  []any
		into  *int64
	}{
		{countReconnects, []any{broker, id, mostReconnects, int64(Connect), hourAgo}, &c.Reconnects},
		{lastPublish, []any{broker, id}, &published},
		{firstEvent, []any{broker, id}, &first},
		{firstPublish, []any{broker, id}, &firstPublished},
	} {
		if err := q.QueryRow(ctx, one.query, one.args...).Scan(one.into); err != nil {
			return device{}, false, fmt.Errorf("reading a client's history: %w", err)
		}
	}
	if !known {
		// Only its publishes are younger than what is kept of clients, or its word is used by another kind of text.
		if first == 0 || firstPublished != 0 && firstPublished < first {
			first = firstPublished
		}
		d.firstSeen, d.lastSeen = first, first
	}
	d.lastSeen = max(d.lastSeen, published)
	return d, known || first != 0, nil
}

func seenOf(list []seen) []Seen {
	shown := make([]Seen, len(list))
	for i, s := range list {
		shown[i] = Seen{Text: s.Text, At: timeOf(s.At)}
	}
	return shown
}
